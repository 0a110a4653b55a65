package ably_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"madang"
	"madang/dialect/ably"
	"madang/dialect/ably/protocol"
	"madang/internal/memnet"
	"madang/internal/ws"
)

// stall makes the client stop reading.
func (p *peer) stall() { p.nc.(*memnet.Conn).Stall(true) }

// What clients get wrong is answered with the code they know, and goes no further than it must.
func TestRefusals(t *testing.T) {
	long := strings.Repeat("x", 70_000)
	in(t, nil, func(t *testing.T, n *node) {
		p := n.dial(t, "clientId=kim")
		p.attach("room")
		for _, c := range []struct {
			name, text   string
			action, code int
		}{
			{"too large", `{"action":15,"channel":"room","msgSerial":0,"messages":[{"data":"` + long + `"}]}`, 2, 40009},
			{"too large together", `{"action":15,"channel":"room","msgSerial":1,"messages":[{"data":"` + long[:40_000] + `"},{"data":"` + long[:40_000] + `"}]}`, 2, 40009},
			{"nothing to publish", `{"action":15,"channel":"room","msgSerial":2}`, 2, 40000},
			{"on behalf of somebody", `{"action":15,"channel":"room","msgSerial":3,"messages":[{"clientId":"lee"}]}`, 2, 40012},
			{"no channel", `{"action":15,"msgSerial":4,"messages":[{}]}`, 2, 40010},
			{"a channel of the server", `{"action":15,"channel":"$all","msgSerial":5,"messages":[{}]}`, 2, 40010},
			{"extras that are no object", `{"action":15,"channel":"room","msgSerial":6,"messages":[{"extras":[1]}]}`, 2, 40000},
			{"an update", `{"action":15,"channel":"room","msgSerial":7,"messages":[{"action":1,"serial":"x"}]}`, 2, 40003},
			{"an annotation", `{"action":21,"channel":"room","msgSerial":8,"annotations":[{}]}`, 2, 40000},
			{"an object", `{"action":19,"channel":"room","msgSerial":13,"state":[{"operation":{"action":4}}]}`, 2, 40024},
			{"attach for objects", `{"action":10,"channel":"r2","flags":16777216}`, 9, 40024},
			{"attach for objects and more", `{"action":10,"channel":"r2","params":{"modes":"publish,object_publish"}}`, 9, 40024},
			{"presence of somebody else", `{"action":14,"channel":"room","msgSerial":9,"presence":[{"action":2,"clientId":"lee"}]}`, 2, 40012},
			{"presence without attaching", `{"action":14,"channel":"other","msgSerial":10,"presence":[{"action":2}]}`, 2, 91000},
			{"no such presence action", `{"action":14,"channel":"room","msgSerial":11,"presence":[{"action":9}]}`, 2, 40000},
			{"presence too large", `{"action":14,"channel":"room","msgSerial":12,"presence":[{"action":2,"data":"` + long + `"}]}`, 2, 40009},
			{"attach to nothing", `{"action":10,"channel":""}`, 9, 40010},
			{"an unknown qualifier", `{"action":10,"channel":"[meta]room"}`, 9, 40010},
			{"a filter that is not base64", `{"action":10,"channel":"[filter=x]room"}`, 9, 40010},
			{"a filter that is no expression", `{"action":10,"channel":"[filter=bmFtZSA9?rewind=1]room"}`, 9, 40010},
			{"a filter that is too much", `{"action":10,"channel":"[filter=W0AsQF18W0AsQF0=]room"}`, 9, 40010},
			{"a rewind of nonsense", `{"action":10,"channel":"r2","params":{"rewind":"yes"}}`, 9, 40000},
			{"a mode of nonsense", `{"action":10,"channel":"r2","params":{"modes":"all"}}`, 9, 40000},
		} {
			f := p.one(c.action, c.text)
			e := frame(f["error"].(map[string]any))
			if f.code() != c.code || e.str("message") == "" || e.num("statusCode") < 400 {
				t.Errorf("%s: %v", c.name, f)
			}
			if _, of := f["channel"]; c.action == 9 && !of {
				t.Errorf("%s: an error about the connection: %v", c.name, f)
			}
			if c.action == 2 && (f.num("count") != 1 || f["msgSerial"] == nil) {
				t.Errorf("%s: a NACK without count or serial: %v", c.name, f)
			}
		}
		for _, unknown := range []string{`{"action":99}`, `{"action":20,"channel":"room"}`, `{"action":18}`} {
			if got := p.say(unknown); len(got) != 0 {
				t.Errorf("%s is answered with %v", unknown, got)
			}
		}
		if f := p.one(0, `{"action":0,"id":"abc"}`); f.str("id") != "abc" {
			t.Errorf("the heartbeat: %v", f)
		}
		got := p.say(`{"action":"x"}`)
		if len(got) != 2 || got[0].num("action") != 9 || got[0].code() != 40000 || got[0]["channel"] != nil || got[1]["end"] == nil {
			t.Errorf("what is no message: %v", got)
		}
	})
}

// Whatever is wrong with a handshake is told in a frame.
func TestHandshake(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		for _, c := range []struct {
			query        string
			action, code int
		}{
			{"", 9, 40101}, {"key=main.root:wrong", 9, 40101}, {"key=nobody.root:x", 9, 40101}, {"key=x", 9, 40101}, {"access_token=x", 9, 40101},
			{"key=" + rootKey + "&access_token=x", 9, 40101},
			{"key=" + rootKey + "&resume=nonsense", 4, 80018}, {"key=" + rootKey + "&recover=1.2-x", 4, 80008}, {"key=" + rootKey, 4, 0},
			{"accessToken=x&format=json", 9, 40101},
		} {
			_, got := n.open(t, c.query)
			if len(got) == 0 || got[0].num("action") != c.action || got[0].code() != c.code || (c.action == 9) != (len(got) == 2 && got[1]["end"] != nil) {
				t.Errorf("%s: %v", c.query, got)
			}
		}
	})
}

// A page of an origin that the app does not know is told so; who has no origin is no page.
func TestOrigins(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		for origin, action := range map[string]int{"https://home.example": 4, "https://evil.example": 9, "": 4} {
			if _, got := n.open(t, "key=home.home-root:home-secret", origin); got[0].num("action") != action {
				t.Errorf("%q: %v", origin, got)
			}
		}
	})
}

// Who asks for it is told how many are there, on all nodes, and when that changes.
func TestOccupancy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nodes, _ := start(t, 2, nil)
		p := nodes[0].dial(t)
		count := func(what string, want ...float64) {
			t.Helper()
			var last map[string]any
			for _, f := range p.heard() {
				for _, m := range f.list("messages") {
					var data struct{ Metrics map[string]any }
					if m.str("name") != "[meta]occupancy" || json.Unmarshal([]byte(m.str("data")), &data) != nil {
						t.Fatalf("%s: %v", what, m)
					}
					last = data.Metrics
				}
			}
			if last["connections"] != want[0] || last["presenceMembers"] != want[1] {
				t.Fatalf("%s: %v", what, last)
			}
		}
		p.attach("room", `,"params":{"occupancy":"metrics"}`)
		time.Sleep(second)
		w := nodes[1].dial(t, "clientId=kim")
		w.attach("room")
		time.Sleep(6 * second)
		count("somebody elsewhere", 2, 0)
		w.say(`{"action":14,"channel":"room","msgSerial":0,"presence":[{"action":2}]}`)
		p.heard()
		time.Sleep(6 * second)
		count("a member", 2, 1)
		w.say(`{"action":7}`)
		p.heard()
		time.Sleep(6 * second)
		count("gone", 1, 0)
		p.heard()
		time.Sleep(time.Minute)
		for _, f := range p.heard() {
			if len(f.list("messages")) > 0 {
				t.Errorf("nothing has changed: %v", f)
			}
		}
		if f := p.one(9, `{"action":10,"channel":"x","params":{"occupancy":"all"}}`); f.code() != 40000 {
			t.Errorf("%v", f)
		}
	})
}

// What a backend may do for a connection, it may by its key.
func TestConnection(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		p := n.dial(t, "clientId=kim&echo=false")
		c, ok := n.server.Connection(p.key)
		if !ok || c.Details.ClientID != "kim" || c.Echo || n.hub.Conn(c.ID) == nil {
			t.Errorf("%+v, %v", c, ok)
		}
		for _, key := range []string{"", "x", p.id, p.id + "-", p.key + "x"} {
			if _, ok := n.server.Connection(key); ok {
				t.Errorf("%q is taken for a key", key)
			}
		}
	})
}

// A client that says nothing is shown that the server is there; one that does not even answer pings is gone.
func TestHeartbeats(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		p, pings := n.dial(t, "heartbeats=true"), 0
		for range 4 {
			time.Sleep(14 * second)
			for _, f := range p.heard() {
				if f.num("action") == 0 && f["end"] == nil {
					pings++
				}
			}
		}
		if pings < 3 {
			t.Errorf("%d heartbeats in 56 s", pings)
		}
		p.stall()
		time.Sleep(60*second + 2*time.Minute)
		if n.hub.Lines() != 0 {
			t.Error("a client that does not answer is still here")
		}
	})
}

// CLOSE is answered, and ends everything at once.
func TestClose(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		p, w := n.dial(t, "clientId=kim"), n.dial(t)
		w.attach("room")
		p.attach("room")
		p.say(`{"action":14,"channel":"room","msgSerial":0,"presence":[{"action":2}]}`)
		w.heard()
		got := p.say(`{"action":7}`)
		if n := len(got); n < 2 || got[n-2].num("action") != 8 || got[n-1]["end"] == nil { // its own leaving may come before
			t.Errorf("closing: %v", got)
		}
		if left := presences(w.heard()); len(left) != 1 || left[0].num("action") != 3 {
			t.Errorf("the leaving: %v", left)
		}
		time.Sleep(10 * second)
		if n.hub.Lines() != 1 {
			t.Errorf("%d lines", n.hub.Lines())
		}
	})
}

// A node that goes away tells its clients to come back, those that are away included.
func TestDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nodes, _ := start(t, 1, nil)
		n := nodes[0]
		p, away := n.dial(t), n.dial(t)
		away.abort()
		if err := n.hub.Drain(t.Context(), second); err != nil {
			t.Fatal(err)
		}
		got := p.heard()
		if len(got) != 2 || got[0].num("action") != 6 || got[0].code() != 80003 || got[1]["end"] == nil {
			t.Errorf("drained with %v", got)
		}
		if _, got := n.open(t, "key="+rootKey); got[0].num("action") != 6 || frame(got[0]["error"].(map[string]any)).num("statusCode") != 503 {
			t.Errorf("too late: %v", got)
		}
	})
}

// What is no WebSocket ends the carrier, once, and not the session: that may be resumed.
func TestBrokenFrames(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		for _, broken := range []string{"\x83\x80\x00\x00\x00\x00", "\x81\x00", "\x88\x80\x00\x00\x00\x00"} {
			p := n.dial(t)
			for range 2 {
				if _, err := p.nc.Write([]byte(broken)); err != nil {
					break
				}
			}
			time.Sleep(10 * second)
			if got := p.heard(); len(got) != 1 || got[0]["end"] == nil {
				t.Errorf("%q: %v", broken, got)
			}
			if _, got := n.open(t, "key="+rootKey+"&resume="+p.key); got[0].code() != 0 || got[0].str("connectionId") != p.id {
				t.Errorf("%q: resumed with %v", broken, got)
			}
		}
	})
}

// An app's rules hold: connections, members.
func TestRules(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		const key = "key=small.small-root:small-secret"
		a, _ := n.open(t, key)
		b, _ := n.open(t, key)
		if _, got := n.open(t, key); frame(got[0]["error"].(map[string]any)).num("statusCode") != 429 {
			t.Errorf("a third connection: %v", got)
		}
		a.attach("room")
		b.attach("room")
		enter := func(p *peer, serial, client string) frame {
			return last(p.say(`{"action":14,"channel":"room","msgSerial":` + serial + `,"presence":[{"action":2,"clientId":"` + client + `"}]}`))
		}
		enter(a, "0", "kim")
		if f := enter(b, "0", "lee"); f.code() != 91003 {
			t.Errorf("one too many: %v", f)
		}
		if f := enter(b, "1", "kim"); f.code() != 0 {
			t.Errorf("the same user: %v", f)
		}
		a.say(`{"action":7}`)
		if _, got := n.open(t, key); got[0].num("action") != 4 {
			t.Errorf("there is room again: %v", got)
		}
	})
}

func last(frames []frame) frame { return frames[len(frames)-1] }

// Members of other dialects are seen, under an alias; their connections' names may be secrets. Ably's members are users there.
func TestOtherDialects(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		room := madang.Channel{App: "main", Name: "presence-room"}
		line, err := n.hub.Open(nobody{})
		if err != nil {
			t.Fatal(err)
		}
		defer line.Drop(madang.CloseGone)
		other, err := line.Connect(t.Context(), madang.ConnRequest{Principal: &madang.Principal{App: "main", User: "7"}})
		if err != nil {
			t.Fatal(err)
		}
		if err := n.hub.Enter(t.Context(), other, room, []byte(`{"name":"lee"}`), madang.JSON); err != nil {
			t.Fatal(err)
		}
		p := n.dial(t, "clientId=kim")
		got := p.say(`{"action":10,"channel":"presence-room"}`)
		if len(got) != 2 || got[0].num("flags")&hasPresence == 0 || got[1].num("action") != 16 {
			t.Fatalf("attached with %v", got)
		}
		m := got[1].list("presence")[0]
		if m.str("clientId") != "7" || m.str("data") != `{"name":"lee"}` || m.str("encoding") != "json" || m.str("connectionId") == "" ||
			strings.Contains(m.str("connectionId"), string(other.ID())) {
			t.Errorf("the other's member: %v", m)
		}
		p.say(`{"action":14,"channel":"presence-room","msgSerial":0,"presence":[{"action":2,"data":"{\"a\":1}","encoding":"json"}]}`)
		all, err := n.hub.Members(t.Context(), room)
		if err != nil || len(all) != 2 {
			t.Fatal(all, err)
		}
		for _, x := range all {
			if x.User == "kim" && (string(x.Data) != `{"a":1}` || x.Type != madang.JSON) {
				t.Errorf("Ably's member: %+v", x)
			}
		}
		if _, err := n.hub.Publish(t.Context(), &madang.Message{Channel: room, Name: "e", Data: []byte("1"), Sender: madang.Sender{User: "7", Conn: other.ID()}}); err != nil {
			t.Fatal(err)
		}
		for _, f := range p.heard() {
			for _, m := range f.list("messages") {
				if m.str("clientId") != "7" || m.str("connectionId") != "" {
					t.Errorf("the other's message: %v", m)
				}
			}
		}
	})
}

// nobody is a link that takes everything.
type nobody struct{}

func (nobody) Flush(b *madang.Batch) (int, error) { return b.Len(), nil }
func (nobody) Farewell(madang.CloseReason) []byte { return nil }
func (nobody) Close(madang.CloseReason)           {}

// FuzzConnection lets a client say anything, in both forms. Others hear nothing of it, and it is forgotten when it has gone.
func FuzzConnection(f *testing.F) {
	for _, text := range []string{
		"", "{}", `{"action":10,"channel":"a"}`, `{"action":10,"channel":"[?rewind=2]a","params":{"modes":"publish"}}` + "\n" + `{"action":12,"channel":"[?rewind=2]a"}`,
		`{"action":10,"channel":"a","channelSerial":"11@x"}` + "\n" + `{"action":14,"channel":"a","presence":[{"action":2,"clientId":"x"},{"action":3,"clientId":"x"}]}`,
		`{"action":15,"channel":"a","msgSerial":-1,"messages":[{"id":"x","extras":{"ephemeral":true}}]}`, `{"action":16,"channel":"a"}`, `{"action":17}`,
		`{"action":17,"auth":{"accessToken":"x"}}`, `{"action":5}`, `{"action":7}`,
	} {
		f.Add([]byte(text), false)
	}
	f.Add(protocol.Append(nil, &protocol.Frame{Action: protocol.Attach, Channel: "a"}, true), true)
	f.Fuzz(func(t *testing.T, b []byte, binary bool) {
		synctest.Test(t, func(t *testing.T) {
			nodes, _ := start(t, 1, func(c *ably.Config, _ *madang.Config) { c.StateTTL, c.PresenceTTL = second, second })
			n := nodes[0]
			w, p := n.dial(t), n.dial(t)
			w.attach("other")
			if binary {
				_ = p.nc.SetDeadline(time.Time{})
				p.sendFrame(ws.Binary, b)
			} else {
				for line := range strings.SplitSeq(string(b), "\n") {
					if !strings.HasPrefix(line, "binary ") {
						_ = p.Send(strings.ToValidUTF8(line, "?"))
					}
				}
			}
			for _, frame := range p.heard() {
				if _, ok := frame["action"]; !ok && frame["end"] == nil {
					t.Errorf("a frame without action: %v", frame)
				}
			}
			w.one(0, `{"action":0,"id":"x"}`)
			p.abort()
			time.Sleep(20 * second)
			if n.hub.Lines() != 1 {
				t.Errorf("%d lines", n.hub.Lines())
			}
		})
	})
}

// What a client has asked for is answered before it is told to go, although it is told while the answer is being worked on.
func TestDrainAnswersFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nodes, _ := start(t, 1, nil)
		n := nodes[0]
		p := n.dial(t)
		p.attach("room")
		var published atomic.Int64
		app, _, _ := strings.Cut(rootKey, ".")
		if _, err := n.hub.Listen(t.Context(), madang.Channel{App: app, Name: "room"}, func(e *madang.Event) {
			if e.Kind == madang.MessageEvent {
				published.Add(1)
			}
		}); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		for i := range 20 {
			if err := p.Send(fmt.Sprintf(`{"action":15,"channel":"room","msgSerial":%d,"messages":[{"data":"x"}]}`, i)); err != nil {
				t.Fatal(err)
			}
		}
		go func() { done <- n.hub.Drain(t.Context(), 0) }()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		answered := 0
		for _, f := range p.heard() {
			if f.num("action") == 1 {
				answered += max(1, f.num("count"))
			}
		}
		if n := int(published.Load()); n != answered {
			t.Errorf("%d messages were published, %d answered", n, answered)
		}
	})
}
