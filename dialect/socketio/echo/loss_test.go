package echo_test

import (
	"testing"
	"testing/synctest"
	"time"
)

// Who may have missed that somebody came or went is told anew who is there, and nobody is cut off.
func TestLossInPresenceChannels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, o := range []options{{}, {change: recovering}} {
			nodes := startAll(t, 2, o)
			kim := nodes[0].connect(t, v4, "kim").joined(t, "presence-a").joined(t, "news")
			time.Sleep(time.Second)
			nodes[0].cluster.Cut(0)
			lee := nodes[1].connect(t, v4, "lee").joined(t, "presence-a")
			nodes[1].publish(t, "news", "lost", "1")
			time.Sleep(time.Second)
			nodes[0].cluster.Mend(0)
			want(t, kim, here("presence-a", member("lee", lee.id), member("kim", kim.id)))
			time.Sleep(10 * time.Second)
			quiet(t, kim)
			nodes[1].publish(t, "news", "live", "2")
			kim.Until(t, `42["live","news",2`)
		}
	})
}
