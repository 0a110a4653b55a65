package redis

import (
	"strings"
	"testing"

	"madang"
	"madang/internal/redistest"
	"madang/madangtest"
)

func TestStandalone(t *testing.T) { conforms(t, standalone(t).URL()) }

// conforms runs the suites of brokers and presences, and those of what is remembered together.
func conforms(t *testing.T, url string) {
	t.Run("Broker", func(t *testing.T) {
		madangtest.TestBroker(t, func(t *testing.T) func() madang.Broker {
			c := quick(url)
			return func() madang.Broker { return open(t, c) }
		})
	})
	t.Run("Presence", func(t *testing.T) {
		madangtest.TestPresence(t, func(t *testing.T) func() madang.Presence {
			c := quick(url)
			return func() madang.Presence { return open(t, c) }
		})
	})
	remembers(t, url)
}

// The suites, and then the master dies.
//
//nolint:tparallel // in this order
func TestSentinels(t *testing.T) {
	t.Parallel()
	s := redistest.StartSentinels(t, "secret", "")
	url := "redis+sentinel://:secret@" + strings.Join(s.Addrs(), ",") + "/" + redistest.MasterName
	conforms(t, url)
	if t.Failed() {
		return
	}
	t.Run("Failover", func(t *testing.T) { forgetful(t, s, url) })
}

// The suites, and then a master dies.
//
//nolint:tparallel // in this order
func TestCluster(t *testing.T) {
	t.Parallel()
	c := redistest.StartReplicatedCluster(t, 3)
	url := "redis+cluster://" + strings.Join(c.Addrs(), ",")
	conforms(t, url)
	if t.Failed() {
		return
	}
	t.Run("Slots", func(t *testing.T) { hashes(t, c) })
	t.Run("Failover", func(t *testing.T) { takeover(t, c, url) })
}
