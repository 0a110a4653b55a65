package pusher_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"madang"
	"madang/dialect/pusher"
)

func refusal(code int, text string) []string {
	return []string{fmt.Sprintf(`{"event":"pusher:error","data":{"code":%d,"message":%q}}`, code, text), fmt.Sprintf("end %d", code)}
}

func TestWhoIsTurnedAway(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		for target, want := range map[string][]string{
			"/app/main-key":                     refusal(4008, "No protocol version supplied"),
			"/app/main-key?protocol=":           refusal(4008, "No protocol version supplied"),
			"/app/main-key?protocol=seven":      refusal(4006, "Invalid version string format"),
			"/app/main-key?protocol=3":          refusal(4007, "Unsupported protocol version; there are 4 to 7"),
			"/app/main-key?protocol=8":          refusal(4007, "Unsupported protocol version; there are 4 to 7"),
			"/app/nobody?protocol=7":            refusal(4001, "There is no app with this key"),
			"/app/main-secret?protocol=7":       refusal(4001, "There is no app with this key"),
			"/app/main?protocol=7":              refusal(4001, "There is no app with this key"),
			"/app/main-key?protocol=8&client=x": refusal(4007, "Unsupported protocol version; there are 4 to 7"),
		} {
			p, got := n.open(t, target)
			if strings.Join(got, "\n") != strings.Join(want, "\n") {
				t.Errorf("%s: %q", target, got)
			}
			_ = p.Close()
		}
		for _, version := range []string{"4", "5", "6", "7"} {
			if _, got := n.open(t, "/app/main-key?protocol="+version); len(got) != 1 || !strings.Contains(got[0], "connection_established") {
				t.Errorf("protocol %s: %q", version, got)
			}
		}
		synctest.Wait()
		want(t, "lines", []string{fmt.Sprint(n.hub.Lines())}, "4")
	})
}

// A client that is told goodbye and does not go is not kept.
func TestWhoIsTurnedAwayAndStays(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		nc, err := n.l.Dial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(nc, "GET /app/nobody?protocol=7 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
		time.Sleep(6 * time.Second)
		if _, err := nc.Write([]byte("x")); err == nil {
			t.Error("the connection is still there")
		}
	})
	in(t, nil, func(t *testing.T, n *node) { // the same for one that was here
		p := n.dial(t, "main")
		p.stall(true)
		if err := n.hub.Disconnect(t.Context(), madang.Audience{Conns: []madang.ConnID{madang.ConnID(p.id)}}, madang.CloseDenied); err != nil {
			t.Fatal(err)
		}
		time.Sleep(6 * time.Second)
		if _, err := p.nc.Write([]byte("x")); err == nil {
			t.Error("the connection is still there")
		}
	})
}

func TestConnectionsOfAnApp(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		for range 3 { // each time the place is free again
			first := n.dial(t, "one")
			_, got := n.open(t, "/app/one-key?protocol=7")
			want(t, "the second", got, refusal(4100, "The app has as many connections as it may")...)
			n.dial(t, "main")
			_ = first.Close()
			synctest.Wait()
		}
	})
	in(t, func(s *setting) { s.hub.Limits.MaxLines = 1 }, func(t *testing.T, n *node) {
		for range 2 {
			a := n.dial(t, "main")
			_, got := n.open(t, "/app/one-key?protocol=7")
			want(t, "a node that is full", got, refusal(4100, "The server takes no more connections now")...)
			_ = a.Close()
			synctest.Wait()
			b := n.dial(t, "one") // it was not counted
			_ = b.Close()
			synctest.Wait()
		}
	})
}

func TestOrigins(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		for origin, code := range map[string]int{
			"https://home.example": http.StatusSwitchingProtocols, "https://HOME.example": http.StatusSwitchingProtocols,
			"https://home.example.evil": 0, "http://home.example": 0, "null": 0, "": http.StatusSwitchingProtocols,
		} {
			header := "Origin: " + origin
			if origin == "" {
				header = ""
			}
			_, got := n.open(t, "/app/home-key?protocol=7", header)
			if code == 0 {
				want(t, origin, got, refusal(4009, "The app does not allow connections from this origin")...)
			} else if len(got) != 1 || !strings.Contains(got[0], "connection_established") {
				t.Errorf("%s: %q", origin, got)
			}
		}
	})
}

func TestNoWebSocket(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		for target, status := range map[string]int{"/app/main-key?protocol=7": http.StatusUpgradeRequired, "/app": http.StatusNotFound} {
			w := httptest.NewRecorder()
			n.http.Handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, target, nil))
			if w.Code != status {
				t.Errorf("%s: %d", target, w.Code)
			}
		}
	})
}

func TestPrefix(t *testing.T) {
	in(t, func(s *setting) { s.pusher.Path = "/realtime" }, func(t *testing.T, n *node) {
		if _, got := n.open(t, "/realtime/app/main-key?protocol=7"); len(got) != 1 || !strings.Contains(got[0], "connection_established") {
			t.Errorf("below the prefix: %q", got)
		}
	})
}

func TestWithoutAMux(t *testing.T) {
	in(t, func(s *setting) { s.bare = true }, func(t *testing.T, n *node) { n.dial(t, "main") })
}

// Code that panics on behalf of a client takes nobody else along.
func TestPanics(t *testing.T) {
	panics := madang.PolicyFunc(func(context.Context, madang.AccessRequest) (*madang.Grant, error) { panic("a mistake") })
	in(t, func(s *setting) { s.hub.Policies = append(s.hub.Policies, panics) }, func(t *testing.T, n *node) {
		p, q := n.dial(t, "main"), n.dial(t, "main")
		want(t, "the one", p.say(subscription("private-x", "", "")), "end 4100")
		want(t, "the other", q.say(`{"event":"pusher:ping"}`), `{"event":"pusher:pong","data":{}}`)
	})
}

func TestHeartbeats(t *testing.T) {
	const ping, pong = `{"event":"pusher:ping","data":{}}`, `{"event":"pusher:pong","data":{}}`
	in(t, nil, func(t *testing.T, n *node) {
		p := n.dial(t, "main")
		want(t, "a client asks", p.say(ping), pong)
		want(t, "without data", p.say(`{"event":"pusher:ping"}`), pong)
		want(t, "a frame that asks", p.sendFrame(0x89, "hello"))
		time.Sleep(59 * time.Second)
		want(t, "a minute is not over", p.heard())
		time.Sleep(2 * time.Second)
		want(t, "the server asks", p.heard(), ping)
		want(t, "the client answers", p.say(pong))
		time.Sleep(59 * time.Second)
		want(t, "it was heard", p.heard())
		time.Sleep(2 * time.Second)
		want(t, "the server asks again", p.heard(), ping)
		want(t, "a frame answers too", p.sendFrame(0x8a, ""))
		time.Sleep(29500 * time.Millisecond) // just after its turn, so that half of a minute is over at the next
		want(t, "a word", p.say(ping), pong)
		time.Sleep(59 * time.Second)
		want(t, "counts as one", p.heard())
		time.Sleep(2 * time.Second)
		want(t, "for a minute", p.heard(), ping)
		p.say(pong)
		for range 20 { // whoever talks is not asked
			time.Sleep(50 * time.Second)
			want(t, "talk", p.say(ping), pong)
		}
		time.Sleep(61 * time.Second)
		want(t, "silence", p.heard(), ping)
		time.Sleep(28 * time.Second)
		want(t, "almost half a minute", p.heard())
		time.Sleep(2 * time.Second)
		want(t, "is enough", p.heard(), "end 4201")
		synctest.Wait()
		want(t, "lines", []string{fmt.Sprint(n.hub.Lines())}, "0")
	})
}

// Many clients keep one clock, and each its own time.
func TestHeartbeatsOfMany(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		var all []*peer
		for range 50 {
			all = append(all, n.dial(t, "main"))
			time.Sleep(time.Second)
		}
		for i, p := range all[:49] {
			if i%3 == 0 {
				_ = p.Close()
			}
		}
		synctest.Wait()
		want(t, "those that wait", []string{fmt.Sprint(n.server.Waiting())}, "33")
		time.Sleep(10*time.Second + time.Millisecond) // a minute after the first one came
		asked := 0
		for i, p := range all {
			if got := p.heard(); len(got) == 1 && strings.Contains(got[0], "ping") {
				asked++
				if i%3 == 0 || i > 0 && i > 10 {
					t.Errorf("client %d was asked", i)
				}
			}
		}
		time.Sleep(3 * time.Minute)
		synctest.Wait()
		if asked == 0 && n.hub.Lines() != 0 {
			t.Errorf("asked %d, %d lines are left", asked, n.hub.Lines())
		}
		want(t, "lines", []string{fmt.Sprint(n.hub.Lines())}, "0")
	})
}

// How connections end decides whether clients come back.
func TestEndings(t *testing.T) {
	for reason, end := range map[madang.CloseReason]string{
		madang.CloseDrain: "end 4200", madang.CloseDenied: "end 4009", madang.CloseNormal: "end 4009", madang.CloseExpired: "end 4009",
		madang.CloseTimeout: "end 4201", madang.CloseError: "end 4100", madang.CloseProtocol: "end 4100", madang.CloseGone: "end",
	} {
		in(t, nil, func(t *testing.T, n *node) {
			p, q := n.dial(t, "main"), n.dial(t, "main")
			p.subscribe("presence-x", `{"user_id":"p"}`)
			q.subscribe("presence-x", `{"user_id":"q"}`)
			p.heard()
			if err := n.hub.Disconnect(t.Context(), madang.Audience{Conns: []madang.ConnID{madang.ConnID(q.id)}}, reason); err != nil {
				t.Fatal(err)
			}
			want(t, reason.String(), q.heard(), end)
			want(t, reason.String(), p.heard(), removed("presence-x", `{"user_id":"q"}`))
			want(t, "the others stay", p.say(`{"event":"pusher:ping"}`), `{"event":"pusher:pong","data":{}}`)
		})
	}
}

func TestDrain(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		var all []*peer
		for range 10 {
			p := n.dial(t, "main")
			p.subscribe("news", "")
			all = append(all, p)
		}
		done := make(chan error, 1)
		go func() { done <- n.hub.Drain(t.Context(), 10*time.Second) }()
		time.Sleep(5*time.Second + time.Millisecond)
		gone := 0
		for _, p := range all {
			if got := p.heard(); len(got) > 0 {
				want(t, "the end", got, "end 4200")
				gone++
			}
		}
		if gone != 6 {
			t.Errorf("after half of the time %d of 10 were sent away", gone)
		}
		_, got := n.open(t, "/app/main-key?protocol=7")
		want(t, "who comes now", got, refusal(4100, "The server takes no more connections now")...)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	})
}

// Who does not read is cut off, and the others go on.
func TestSlowReaders(t *testing.T) {
	in(t, func(s *setting) { s.hub.Limits.MaxLag, s.hub.Limits.HardLag = 100_000, 300_000 }, func(t *testing.T, n *node) {
		slow, good := n.dial(t, "main"), n.dial(t, "main")
		slow.subscribe("news", "")
		good.subscribe("news", "")
		slow.stall(true)
		for range 200 {
			n.publish(t, "main", "news", "e", strings.Repeat("x", 10_000))
			synctest.Wait()
		}
		time.Sleep(3 * time.Second)
		if got := good.heard(); len(got) != 200 {
			t.Errorf("the other one got %d of 200", len(got))
		}
		if _, err := slow.nc.Write([]byte("x")); err == nil {
			t.Error("the slow one was not reset")
		}
		slow.stall(false)
		got := slow.heard()
		if len(got) == 0 || got[len(got)-1] != "end" {
			t.Errorf("%d messages, and no end", len(got))
		}
		want(t, "lines", []string{fmt.Sprint(n.hub.Lines())}, "1")
	})
}

func TestConfigurationsThatCannotWork(t *testing.T) {
	for name, change := range map[string]func(*pusher.Config){
		"a path without a slash": func(c *pusher.Config) { c.Path = "x" }, "a path with one at its end": func(c *pusher.Config) { c.Path = "/x/" },
		"a pattern as path": func(c *pusher.Config) { c.Path = "/{x}" }, "half a second": func(c *pusher.Config) { c.ActivityTimeout = time.Second / 2 },
		"no ping": func(c *pusher.Config) { c.PingInterval = 0 }, "no pong": func(c *pusher.Config) { c.PongTimeout = -1 },
		"no cache": func(c *pusher.Config) { c.CacheAge = 0 }, "no interval": func(c *pusher.Config) { c.CountInterval = 0 },
		"tiny frames": func(c *pusher.Config) { c.MaxFrame = 10 }, "a negative watchlist": func(c *pusher.Config) { c.MaxWatchlist = -1 },
	} {
		c := pusher.Defaults()
		change(&c)
		if _, err := pusher.New(madang.New(madang.Config{}), c, pusher.Options{Apps: apps()}); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := pusher.New(madang.New(madang.Config{}), pusher.Defaults(), pusher.Options{}); err == nil {
		t.Error("no apps: accepted")
	}
}
