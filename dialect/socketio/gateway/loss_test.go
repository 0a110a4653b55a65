package gateway_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"madang"
	"madang/dialect/socketio"
	"madang/dialect/socketio/gateway"
	"madang/dialect/socketio/internal/siotest"
	"madang/madangtest"
)

// Who may have missed something is told by the event sync, or has to connect anew if it could be recovered.
func TestMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, recovery := range []time.Duration{0, time.Minute} {
			cluster := madangtest.StartCluster(t, 2, madang.Config{}, nil)
			cfg := socketio.Defaults()
			cfg.Recovery.MaxDisconnectionDuration = recovery
			io, err := socketio.New(cluster.Hubs[0], cfg, socketio.Options{})
			if err != nil {
				t.Fatal(err)
			}
			ns := io.Of("/chat")
			err = gateway.Bind(ns, cluster.Hubs[0], gateway.Options{Missed: func(in []madang.Channel) any { return len(in) }})
			if err != nil {
				t.Fatal(err)
			}
			c := siotest.Serve(t, io).Session(t, "/socket.io/?EIO=4&transport=websocket", nil)
			c.Join(t, "/chat", "")
			cluster.Cut(0)
			if _, err := cluster.Hubs[1].Publish(t.Context(), &madang.Message{Channel: ns.Channel(), Name: "lost"}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
			cluster.Mend(0)
			if recovery > 0 {
				if c.Ended(t) == nil {
					t.Error("it goes on")
				}
			} else if got := c.Next(t); !strings.HasPrefix(got, `42/chat,["sync",1]`) {
				t.Error(got)
			}
		}
	})
}
