package carrier_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"madang/dialect/socketio/carrier"
	"madang/dialect/socketio/internal/siotest"
	"madang/internal/ws"
)

// probed is a polling session and the WebSocket to which it is about to move.
func probed(t testing.TB, s *server) (*siotest.Polling, *siotest.Socket) {
	p := s.Poll(t, at, nil)
	c := s.Dial(t, at+"&sid="+p.SID, nil)
	c.Send("2probe")
	want(t, "the probe", c.Next(t), "3probe")
	return p, c
}

func TestAMoveKeepsTheOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, nil)
		p, c := probed(t, s)
		want(t, "a poll meanwhile", p.Get(t).Body, "6")
		p.Post(t, "4one\x1e4two")
		want(t, "until the end by polling", p.Get(t).Body, "4one\x1e4two")
		p.Post(t, "4three")
		c.Send("5", "4four")
		want(t, "what was not polled", c.Next(t), "4three")
		want(t, "and behind it", c.Next(t), "4four")
		want(t, "polling is over", p.Get(t).Body, `{"code":3,"message":"Bad request"}`)
		want(t, "posting as well", p.Post(t, "4x").Status, 400)
		c.Send("4still")
		want(t, "the session goes on", c.Next(t), "4still")
	})
}

func TestAPollThatWaitsIsReleasedByTheProbe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, nil)
		p := s.Poll(t, at, nil)
		waiting := p.GetLater(t.Context())
		synctest.Wait()
		c := s.Dial(t, at+"&sid="+p.SID, nil)
		c.Send("2probe")
		want(t, "the probe", c.Next(t), "3probe")
		want(t, "the poll", (<-waiting).Body, "6")
	})
}

func TestAMoveThatIsNotMade(t *testing.T) {
	for name, spoil := range map[string]func(*testing.T, *siotest.Socket){
		"in time":            func(*testing.T, *siotest.Socket) { time.Sleep(time.Minute) },
		"by the rules":       func(_ *testing.T, c *siotest.Socket) { c.Send("4too early") },
		"because it is lost": func(_ *testing.T, c *siotest.Socket) { c.Drop() },
		"in words":           func(_ *testing.T, c *siotest.Socket) { c.SendBinary([]byte{1}) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := start(t, func(c *carrier.Config) { c.PingInterval = time.Hour })
				p, c := probed(t, s)
				spoil(t, c)
				if err := c.Ended(t); err == nil {
					t.Fatal("still open")
				}
				synctest.Wait()
				p.Post(t, "4by polling")
				want(t, "the session", p.Packets(t)[0], "4by polling")
				again := s.Dial(t, at+"&sid="+p.SID, nil) // it may try once more
				again.Send("2probe")
				want(t, "the next probe", again.Next(t), "3probe")
				again.Send("5", "4moved")
				want(t, "moved", again.Next(t), "4moved")
			})
		})
	}
}

func TestOneMoveAtATime(t *testing.T) {
	s := start(t, nil)
	p, c := probed(t, s)
	second := s.Dial(t, at+"&sid="+p.SID, nil)
	second.Ended(t)
	c.Send("5", "4first")
	want(t, "the first", c.Next(t), "4first")
	s.Dial(t, at+"&sid="+p.SID, nil).Ended(t)
	c.Send("4still")
	want(t, "the first", c.Next(t), "4still")
}

// A session that began by polling may be given compressed frames before it is known what its WebSocket agrees to.
func TestCompressedFramesMoveToAnyConnection(t *testing.T) {
	long := strings.Repeat("마당 yard ", 500)
	s := start(t, func(c *carrier.Config) { c.PerMessageDeflate = true })
	compress := header("Sec-Websocket-Extensions", "permessage-deflate; client_no_context_takeover; server_no_context_takeover")
	unit := s.Deflater().AppendDeflated(nil, ws.Text, []byte("4"+long))
	for name, h := range map[string]struct{ extensions, sent bool }{"agrees": {true, true}, "declines": {false, false}} {
		t.Run(name, func(t *testing.T) {
			offer := header()
			if h.extensions {
				offer = compress
			}
			read := func(c *siotest.Socket) {
				t.Helper()
				f, err := c.Frame()
				if err != nil || string(f.Payload) != "4"+long || f.Compressed != h.sent {
					t.Fatalf("%d bytes, compressed %v, %v", len(f.Payload), f.Compressed, err)
				}
			}
			// By polling, and on the WebSocket that the session moves to.
			p := s.Poll(t, at, nil)
			line := s.Session(t, at, offer)
			s.SendAll(t, unit)
			want(t, "polled", strings.Join(p.Packets(t), ""), "4"+long)
			if h.extensions {
				read(line)
			}
			c := s.Dial(t, at+"&sid="+p.SID, offer)
			c.Send("2probe")
			want(t, "the probe", c.Next(t), "3probe")
			c.Send("5", "4moved")
			want(t, "moved", c.Next(t), "4moved")
			s.SendAll(t, unit)
			read(c)
		})
	}
}
