package ably_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"madang"
	"madang/dialect/ably"
)

// TestLimits asks for more than a client may have of what the hub does not count.
func TestLimits(t *testing.T) {
	const most = 5
	few := func(_ *ably.Config, hub *madang.Config) { hub.Limits.MaxSubscriptions = most }
	in(t, few, func(t *testing.T, n *node) {
		p := n.dial(t)
		for i := range most {
			p.attach(fmt.Sprint("silent", i), `,"params":{"modes":"publish"}`)
		}
		if f := p.one(9, `{"action":10,"channel":"more","params":{"modes":"publish"}}`); f.code() != 42911 || f.str("channel") != "more" {
			t.Errorf("attaching once more: %v", f)
		}
		p.attach("silent0") // changes what there is

		p = n.dial(t)
		p.attach("room", `,"params":{"modes":"presence"}`)
		for i := range most + 1 {
			want := 1
			if i == most {
				want = 2
			}
			f := p.one(want, fmt.Sprintf(`{"action":14,"channel":"room","msgSerial":%d,"presence":[{"action":2,"clientId":"c%d"}]}`, i, i))
			if i == most && f.code() != 42911 {
				t.Errorf("entering once more: %v", f)
			}
		}
		p.attach("all")
		for action, key := range map[int]string{15: "messages", 14: "presence"} {
			many := strings.TrimSuffix(strings.Repeat(`{"action":0},`, 1001), ",")
			if f := p.one(2, fmt.Sprintf(`{"action":%d,"channel":"all","msgSerial":%d,%q:[%s]}`, action, 10+action, key, many)); f.code() != 40000 {
				t.Errorf("too many %s: %v", key, f)
			}
		}
	})
}

// TestLongFields fills every field of what a client may send that is remembered, or sent on to others.
func TestLongFields(t *testing.T) {
	long := strings.Repeat("x", 100<<10)
	in(t, nil, func(t *testing.T, n *node) {
		p := n.dial(t, "clientId=kim")
		if f := p.one(9, `{"action":10,"channel":"[?rewind=1&x=`+long+`]room"}`); f.code() != 40010 {
			t.Errorf("a long qualifier: %.200v", f)
		}
		if f := p.one(9, `{"action":10,"channel":"room","params":{"rewind":"`+strings.Repeat("0", 1000)+`1"}}`); f.code() != 40000 {
			t.Errorf("a long parameter: %.200v", f)
		}
		p.attach("room", `,"params":{"unknown":"`+long+`"}`)
		var serial any
		for _, f := range p.say(`{"action":15,"channel":"room","msgSerial":0,"messages":[{"data":"a"}]}`) { // the message comes back too, in any order
			if res := f.list("res"); len(res) > 0 {
				serial = res[0]["serials"].([]any)[0]
			}
		}
		if serial == nil {
			t.Fatal("the message was not acknowledged")
		}
		for i, text := range []string{
			`{"action":15,"messages":[{"data":"a","encoding":"` + long + `"}]`,
			`{"action":14,"presence":[{"action":2,"data":"a","encoding":"` + long + `"}]`,
			fmt.Sprintf(`{"action":15,"messages":[{"action":1,"serial":%q,"data":"a","encoding":%q}]`, serial, long),
			fmt.Sprintf(`{"action":21,"annotations":[{"messageSerial":%q,"type":"r:total.v1","data":"a","encoding":%q}]`, serial, long),
		} {
			if f := p.one(2, text+fmt.Sprintf(`,"channel":"room","msgSerial":%d}`, i+1)); f.code() != 40009 {
				t.Errorf("%.60s…: %.200v", text, f)
			}
		}
		got := p.say(`{"action":14,"channel":"room","msgSerial":5,"presence":[{"action":2,"id":"` + p.id + `:` + long + `"}]}`)
		for _, f := range got {
			for _, m := range f.list("presence") {
				if len(m.str("id"))+len(f.str("id")) > 256 {
					t.Errorf("an id of %d bytes is sent on", len(m.str("id"))+len(f.str("id")))
				}
			}
		}
		if len(got) < 2 {
			t.Errorf("entering with a long id: %.200v", got)
		}
	})
}

// TestRate sends many things in one frame, which count as many.
func TestRate(t *testing.T) {
	slow := func(_ *ably.Config, hub *madang.Config) { hub.Limits.MessageRate, hub.Limits.MessageBurst = 10, 10 }
	for action, key := range map[int]string{15: "messages", 14: "presence"} {
		in(t, slow, func(t *testing.T, n *node) {
			p := n.dial(t, "clientId=kim")
			p.attach("room", `,"params":{"modes":"publish,presence"}`)
			time.Sleep(2 * second)
			many := strings.TrimSuffix(strings.Repeat(`{"action":0},`, 50), ",")
			if action == 14 {
				many = strings.ReplaceAll(many, "0", "2")
			}
			got := p.say(fmt.Sprintf(`{"action":%d,"channel":"room","msgSerial":0,%q:[%s]}`, action, key, many))
			if len(got) > 0 {
				t.Fatalf("%s: at once %v", key, got)
			}
			if time.Sleep(3 * second); len(p.heard()) > 0 {
				t.Errorf("%s: 50 within 3 s where 10 a second are allowed", key)
			}
			if time.Sleep(2 * second); len(p.heard()) != 1 {
				t.Errorf("%s: not done after 5 s", key)
			}
		})
	}
}
