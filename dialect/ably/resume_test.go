package ably_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"madang"
	"madang/dialect/ably"
)

const resumed, backlog, hasPresence = 4, 2, 1

// A client that was cut off finds its connection again, and gets what it has missed, once, in order.
func TestResume(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		p := n.dial(t, "clientId=kim")
		p.attach("room")
		p.say(`{"action":14,"channel":"room","msgSerial":0,"presence":[{"action":2}]}`)
		n.publish(t, "1")
		got := p.heard()
		wantTexts(t, "live", got, "1")
		at := got[len(got)-1].str("channelSerial")
		p.abort()
		n.publish(t, "2", "3")
		time.Sleep(10 * second)
		again, first := n.open(t, "v=6&key="+rootKey+"&clientId=kim&resume="+p.key)
		if first[0].num("action") != 4 || first[0].str("connectionId") != p.id || first[0].code() != 0 || len(first) != 1 {
			t.Fatalf("resumed with %v", first)
		}
		got = again.say(fmt.Sprintf(`{"action":10,"channel":"room","channelSerial":%q}`, at))
		if got[0].num("action") != 11 || got[0].num("flags")&(resumed|backlog|hasPresence) != resumed|backlog|hasPresence {
			t.Fatalf("attached with %v", got[0])
		}
		// Cut off before the replay has come, it must be able to ask for it again.
		if got[0].str("channelSerial") != at {
			t.Errorf("the serial has gone from %s to %s before the replay", at, got[0].str("channelSerial"))
		}
		wantTexts(t, "missed", got, "2", "3")
		n.publish(t, "4")
		wantTexts(t, "live again", again.heard(), "4")

		// The old key is no good any more.
		if _, first := n.open(t, "v=6&key="+rootKey+"&resume="+p.key); first[0].code() != 80008 || first[0].str("connectionId") == p.id {
			t.Errorf("the old key: %v", first)
		}
	})
}

// What was sent for a carrier that is gone never reaches the next: that begins with CONNECTED.
func TestResumeWhileTheOldOneStalls(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		p := n.dial(t)
		at := p.attach("room").str("channelSerial")
		p.stall()
		for range 20 {
			n.publish(t, string(make([]byte, 8<<10)))
		}
		again, first := n.open(t, "v=6&key="+rootKey+"&resume="+p.key)
		if len(first) != 1 || first[0].num("action") != 4 || first[0].str("connectionId") != p.id {
			t.Fatalf("resumed with %.300v", first)
		}
		got := again.say(fmt.Sprintf(`{"action":10,"channel":"room","channelSerial":%q}`, at))
		if got[0].num("flags")&resumed == 0 || len(texts(got)) != 20 {
			t.Fatalf("%d messages after %.300v", len(texts(got)), got[0])
		}
	})
}

// A connection that nobody comes back to is forgotten; the client leaves its presence sets before that, and others are told.
func TestForgotten(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		w := n.dial(t)
		w.attach("room")
		p := n.dial(t, "clientId=kim")
		p.attach("room")
		p.say(`{"action":14,"channel":"room","msgSerial":0,"presence":[{"action":2,"data":"here"}]}`)
		w.heard()
		p.abort()
		time.Sleep(14 * second)
		if got := presences(w.heard()); len(got) != 0 {
			t.Fatalf("left too early: %v", got)
		}
		time.Sleep(2 * second)
		got := presences(w.heard())
		if len(got) != 1 || got[0].num("action") != 3 || got[0].str("clientId") != "kim" || got[0].str("id") != "" || got[0].str("data") != "here" {
			t.Fatalf("the leaving: %v", got)
		}
		again, first := n.open(t, "v=6&key="+rootKey+"&clientId=kim&resume="+p.key)
		if first[0].str("connectionId") != p.id {
			t.Fatalf("within the time: %v", first)
		}
		again.abort()
		time.Sleep(121 * second)
		if n.hub.Lines() != 1 {
			t.Errorf("%d lines", n.hub.Lines())
		}
	})
}

func presences(frames []frame) (all []frame) {
	for _, f := range frames {
		if f.num("action") == 14 {
			all = append(all, f.list("presence")...)
		}
	}
	return all
}

// A client whose gap is not kept is told so. A quiet channel of a client that is away is not forgotten.
func TestGaps(t *testing.T) {
	in(t, func(c *ably.Config, _ *madang.Config) { c.HistoryCount = 3 }, func(t *testing.T, n *node) {
		p := n.dial(t)
		at, quiet := p.attach("room").str("channelSerial"), p.attach("quiet").str("channelSerial")
		p.abort()
		n.publish(t, "1", "2", "3", "4")
		again, _ := n.open(t, "v=6&key="+rootKey+"&resume="+p.key)
		f := again.attach("room", fmt.Sprintf(`,"channelSerial":%q`, at))
		if f.num("flags")&resumed != 0 || f.code() != 90005 {
			t.Errorf("after a gap: %v", f)
		}
		if f := again.attach("quiet", fmt.Sprintf(`,"channelSerial":%q`, quiet)); f.num("flags")&resumed == 0 || f.code() != 0 {
			t.Errorf("nothing was missed: %v", f)
		}
		if f := again.attach("other", `,"channelSerial":"nonsense"`); f.num("flags")&resumed != 0 || f.code() != 90005 {
			t.Errorf("a serial that is none: %v", f)
		}
	})
}

// Whoever changes an attachment is told no serial, and so goes on behind what it has heard: the channel may be further than
// what has been sent.
func TestChangedAttachment(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		p := n.dial(t)
		p.attach("room")
		n.publish(t, "1")
		heard := p.heard()
		f := p.attach("room", `,"flags":262144`)
		if f.num("flags")&resumed == 0 || f.str("channelSerial") != "" {
			t.Fatalf("attached again with %v", f)
		}
		n.publish(t, "2")
		p.abort()
		again, _ := n.open(t, "v=6&key="+rootKey+"&resume="+p.key)
		got := again.say(fmt.Sprintf(`{"action":10,"channel":"room","channelSerial":%q}`, heard[len(heard)-1].str("channelSerial")))
		wantTexts(t, "behind what it has heard", got, "2")
	})
}

// More than a client could take at once is not replayed: it is told so, instead of being cut off again and again.
func TestGapTooLarge(t *testing.T) {
	in(t, func(_ *ably.Config, c *madang.Config) { c.Limits.HardLag = 1 << 20 }, func(t *testing.T, n *node) {
		p := n.dial(t)
		at := p.attach("room").str("channelSerial")
		p.abort()
		for range 10 {
			n.publish(t, string(make([]byte, 60<<10)))
		}
		again, _ := n.open(t, "v=6&key="+rootKey+"&resume="+p.key)
		if f := again.attach("room", fmt.Sprintf(`,"channelSerial":%q`, at)); f.num("flags")&resumed != 0 || f.code() != 90005 {
			t.Errorf("after a large gap: %v", f)
		}
		rewound := again.say(`{"action":10,"channel":"[?rewind=10]room"}`)
		if got := len(texts(rewound)); got == 0 || got > 4 {
			t.Errorf("%d messages rewound", got)
		}
	})
}

// What a client sends again because it did not hear the answer is answered again, and not done again.
func TestRepeated(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		p := n.dial(t)
		p.attach("room")
		say := `{"action":15,"channel":"room","msgSerial":0,"messages":[{"name":"n","data":"once"}]}`
		first := p.say(say)
		wantTexts(t, "published", first, "once")
		p.abort()
		again, _ := n.open(t, "v=6&key="+rootKey+"&resume="+p.key)
		again.attach("room")
		second := again.say(say)
		if len(second) != 1 || second[0].num("action") != 1 || fmt.Sprint(second[0]["res"]) != fmt.Sprint(ack(first)["res"]) {
			t.Fatalf("%v, at first %v", second, first)
		}
		// An id that the client has chosen holds on any connection.
		chosen := `{"action":15,"channel":"room","msgSerial":1,"messages":[{"id":"x:0","data":"idempotent"}]}`
		wantTexts(t, "first", again.say(chosen), "idempotent")
		other := n.dial(t)
		if got := other.say(chosen); len(got) != 1 || got[0].num("action") != 1 {
			t.Fatalf("again: %v", got)
		}
		wantTexts(t, "again", again.heard())
	})
}

// A client may come back in the other form: it polls now, which is JSON only, and has spoken MessagePack before.
func TestResumeInAnotherForm(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		w := n.dial(t)
		w.attach("room")
		p := n.dial(t, "clientId=kim")
		id, key := p.id, p.key
		at := p.attach("room").str("channelSerial")
		say := `{"action":15,"channel":"room","msgSerial":1,"messages":[{"data":"once"}]}`
		p.say(`{"action":14,"channel":"room","msgSerial":0,"presence":[{"action":2}]}`)
		first := p.say(say)
		wantTexts(t, "published", first, "once")
		for i, c := range []struct {
			query string
			form  func(string) string
		}{{"&format=msgpack", packed}, {"", strings.Clone}} {
			p.abort()
			text := fmt.Sprintf("missed %d", i)
			n.publish(t, text)
			var got []frame
			p, got = n.open(t, "v=6&clientId=kim&key="+rootKey+"&resume="+key+c.query)
			if len(got) != 1 || got[0].num("action") != 4 || got[0].code() != 0 || got[0].str("connectionId") != id {
				t.Fatalf("%q: %v", c.query, got)
			}
			key = frame(got[0]["connectionDetails"].(map[string]any)).str("connectionKey")
			got = p.say(c.form(fmt.Sprintf(`{"action":10,"channel":"room","channelSerial":%q}`, at)))
			if missed := texts(got); got[0].num("flags")&resumed == 0 || missed[len(missed)-1] != text {
				t.Fatalf("%q: %v", c.query, got)
			}
			if second := p.say(c.form(say)); len(second) != 1 || fmt.Sprint(second[0]["res"]) != fmt.Sprint(ack(first)["res"]) {
				t.Fatalf("%q: %v, at first %v", c.query, second, first)
			}
			n.publish(t, "live")
			wantTexts(t, c.query, p.heard(), "live")
		}
		if got := w.heard(); len(got) == 0 || slices.ContainsFunc(got, func(f frame) bool { return f.num("action") == 14 && f.list("presence")[0].num("action") == 3 }) {
			t.Errorf("it has left meanwhile: %v", got)
		}
	})
}

func ack(frames []frame) frame {
	i := slices.IndexFunc(frames, func(f frame) bool { return f.num("action") == 1 })
	return frames[i]
}

// Another node does not know the connection, but continues its channels.
func TestResumeElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nodes, kill := start(t, 2, nil)
		p := nodes[0].dial(t, "clientId=kim")
		p.attach("room")
		w := nodes[1].dial(t)
		w.attach("room")
		p.say(`{"action":14,"channel":"room","msgSerial":0,"presence":[{"action":2}]}`)
		w.say(`{"action":15,"channel":"room","msgSerial":0,"messages":[{"data":"1"}]}`)
		got := p.heard()
		wantTexts(t, "from the other node", got, "1")
		at := got[len(got)-1].str("channelSerial")
		kill(0)
		p.abort()
		w.say(`{"action":15,"channel":"room","msgSerial":1,"messages":[{"data":"2"},{"data":"3"}]}`)
		time.Sleep(30 * second) // until the dead node's members are swept up
		left := presences(w.heard())
		if len(left) == 0 || left[len(left)-1].num("action") != 3 || left[len(left)-1].str("connectionId") != p.id {
			t.Errorf("who was on the dead node: %v", left)
		}
		again, first := nodes[1].open(t, "v=6&key="+rootKey+"&clientId=kim&resume="+p.key)
		if first[0].code() != 80008 || first[0].str("connectionId") == p.id {
			t.Fatalf("connected with %v", first)
		}
		got = again.say(fmt.Sprintf(`{"action":10,"channel":"room","channelSerial":%q}`, at))
		if got[0].num("flags")&resumed == 0 {
			t.Fatalf("attached with %v", got[0])
		}
		wantTexts(t, "missed", got, "2", "3")
	})
}

// Who came and went is kept beside the messages, and is neither a message of a rewind nor part of what is replayed.
func TestPresenceBesideMessages(t *testing.T) {
	in(t, func(c *ably.Config, _ *madang.Config) { c.HistoryCount = 2 }, func(t *testing.T, n *node) {
		p := n.dial(t)
		at := p.attach("room").str("channelSerial")
		p.abort()
		n.publish(t, "1", "2")
		busy := n.dial(t, "clientId=kim")
		busy.attach("room")
		for i := range 6 {
			busy.say(fmt.Sprintf(`{"action":14,"channel":"room","msgSerial":%d,"presence":[{"action":%d}]}`, i, 2+i%2))
		}
		again, _ := n.open(t, "v=6&key="+rootKey+"&resume="+p.key)
		got := again.say(fmt.Sprintf(`{"action":10,"channel":"room","channelSerial":%q}`, at))
		if got[0].num("flags")&resumed == 0 || len(presences(got)) != 0 {
			t.Errorf("resumed with %v", got)
		}
		wantTexts(t, "missed", got, "1", "2")
		wantTexts(t, "rewound", n.dial(t).say(`{"action":10,"channel":"[?rewind=2]room"}`), "1", "2")
	})
}
