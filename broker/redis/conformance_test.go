package redis

import (
	"fmt"
	"strings"
	"testing"

	"madang"
	"madang/internal/redistest"
	"madang/madangtest"
)

func TestStandalone(t *testing.T) {
	url := standalone(t).URL()
	conforms(t, func() Config { return quick(url) })
}

// conforms runs the suites of brokers and presences, and those of what is remembered together.
func conforms(t *testing.T, config func() Config) {
	t.Run("Broker", func(t *testing.T) {
		madangtest.TestBroker(t, func(t *testing.T) func() madang.Broker {
			c := config()
			return func() madang.Broker { return open(t, c) }
		})
	})
	t.Run("Presence", func(t *testing.T) {
		madangtest.TestPresence(t, func(t *testing.T) func() madang.Presence {
			c := config()
			return func() madang.Presence { return open(t, c) }
		})
	})
	remembers(t, config)
}

// guarded is a Redis that wants all that it can: TLS with certificates on both ends, and a user, who may do no more than the
// documentation says is enough. The function makes a configuration one that it lets in.
func guarded(t *testing.T, rights string) (redistest.Guard, func(url string) Config) {
	t.Helper()
	cert, key := certificate(t)
	g := redistest.Guard{
		Password: "others", Users: []string{"madang on >pw ~madang:* &madang:* +@all -@admin -@dangerous " + rights},
		CA: cert, Cert: cert, Key: key,
	}
	return g, func(url string) Config {
		c := quick(url)
		c.Username, c.Password, c.Prefix = "madang", "pw", "madang:"+c.Prefix
		c.TLS = TLS{CA: cert, Cert: cert, Key: key}
		return c
	}
}

// The suites, and then the master dies. The Sentinels want TLS and a user of their own.
//
//nolint:tparallel // in this order
func TestSentinels(t *testing.T) {
	t.Parallel()
	servers, let := guarded(t, "+info +role")
	sentinels := servers
	sentinels.Password = "elsewhere"
	sentinels.Users = []string{"watcher on >word &* -@all +hello +auth +ping +subscribe " +
		"+sentinel|sentinels +sentinel|get-master-addr-by-name"}
	s := redistest.StartGuardedSentinels(t, servers, sentinels)
	config := func() Config {
		c := let("rediss+sentinel://" + strings.Join(s.Addrs(), ",") + "/" + redistest.MasterName)
		c.SentinelUsername, c.SentinelPassword, c.TLS.Sentinels = "watcher", "word", true
		return c
	}
	mistakes(t, config, s.Master.TLSPort)
	conforms(t, config)
	if t.Failed() {
		return
	}
	t.Run("Failover", func(t *testing.T) { forgetful(t, s, config()) })
}

// mistakes are those of a configuration: who reads the error learns where it went wrong and what to do. A wrong word says
// whether the Sentinels refuse it or the master, by the port.
func mistakes(t *testing.T, config func() Config, master int) {
	t.Helper()
	at := fmt.Sprintf("at 127.0.0.1:%d: ", master)
	for want, change := range map[string]func(*Config){
		at + "WRONGPASS":                        func(c *Config) { c.Password = "wrong" },
		"WRONGPASS":                             func(c *Config) { c.SentinelUsername = "nobody" },
		at + "NOAUTH":                           func(c *Config) { c.Username, c.Password = "", "" },
		"authority's certificate in tls.ca":     func(c *Config) { c.TLS.CA = "" },
		"set tls.server_name":                   func(c *Config) { c.TLS.ServerName = "elsewhere.example" },
		"tls.sentinels says the same":           func(c *Config) { c.TLS.Sentinels = false },
		"compare the end of url with SENTINEL ": func(c *Config) { c.URL += "x" },
	} {
		c := config()
		change(&c)
		b, err := Open(t.Context(), c, Options{})
		if err == nil {
			_ = b.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), at) != strings.HasPrefix(want, at) {
			t.Errorf("%v; want something about %q", err, want)
		}
	}
}

// The suites, and then a master dies.
//
//nolint:tparallel // in this order
func TestCluster(t *testing.T) {
	t.Parallel()
	g, let := guarded(t, "+info +cluster|slots +cluster|shards")
	c := redistest.StartGuardedCluster(t, 3, g)
	config := func() Config { return let("rediss+cluster://" + strings.Join(c.Addrs(), ",")) }
	diagnosed(t, config, c)
	conforms(t, config)
	if t.Failed() {
		return
	}
	t.Run("Slots", func(t *testing.T) { hashes(t, c) })
	t.Run("Failover", func(t *testing.T) { takeover(t, c, config()) })
}

// diagnosed asks for a diagnosis of what works, and of a user who may not do all that is needed.
func diagnosed(t *testing.T, config func() Config, c *redistest.Cluster) {
	t.Helper()
	if found, err := Diagnose(t.Context(), config()); err != nil || !strings.Contains(found, "is a Cluster, reached over TLS") {
		t.Errorf("%q, %v", found, err)
	}
	for _, s := range c.Nodes {
		s.Do("ACL", "SETUSER", "reader", "on", ">pw", "~*", "&*", "-@all", "+@read", "+@connection", "+cluster|slots", "+cluster|shards")
	}
	weak := config()
	weak.Username = "reader"
	if _, err := Diagnose(t.Context(), weak); err == nil || !strings.Contains(err.Error(), "what it takes stands at redis.username") {
		t.Errorf("of one who may only read: %v", err)
	}
}
