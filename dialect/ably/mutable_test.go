package ably_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"madang"
	"madang/dialect/ably"
)

// room is where most tests happen.
func room() madang.Channel { return madang.Channel{App: "main", Name: "room"} }

// serialOf returns the serial in an ACK.
func serialOf(t *testing.T, f frame) string {
	t.Helper()
	res := f.list("res")
	if len(res) != 1 {
		t.Fatalf("an answer without a serial: %v", f)
	}
	all, _ := res[0]["serials"].([]any)
	if len(all) != 1 {
		t.Fatalf("an answer without a serial: %v", f)
	}
	return all[0].(string)
}

// A writer publishes and changes messages in the room.
type writer struct {
	*peer
	next int
}

// send sends messages or annotations and returns all that comes then.
func (w *writer) send(action int, list, body string) []frame {
	w.t.Helper()
	w.next++
	return w.say(fmt.Sprintf(`{"action":%d,"channel":"room","msgSerial":%d,%q:[%s]}`, action, w.next-1, list, body))
}

// answer returns the ACK or NACK among frames.
func answer(t *testing.T, all []frame) frame {
	t.Helper()
	i := slices.IndexFunc(all, func(f frame) bool { return f.num("action") == 1 || f.num("action") == 2 })
	if i < 0 {
		t.Fatalf("no answer: %v", all)
	}
	return all[i]
}

// publish publishes a message and returns its serial.
func (w *writer) publish(body string) string {
	w.t.Helper()
	return serialOf(w.t, answer(w.t, w.send(15, "messages", body)))
}

// note annotates a message, and must be allowed to.
func (w *writer) note(serial, rest string) {
	w.t.Helper()
	f := answer(w.t, w.send(21, "annotations", fmt.Sprintf(`{"messageSerial":%q,%s}`, serial, rest)))
	if f.num("action") != 1 {
		w.t.Fatalf("%s: %v", rest, f)
	}
}

// said returns what frames say of messages: action, data and what their annotations come to.
func said(frames []frame) (all []string) {
	for _, f := range frames {
		for _, m := range f.list("messages") {
			text := fmt.Sprint(m.num("action"), " ", m.str("data"))
			if a, ok := m["annotations"].(map[string]any); ok {
				text += fmt.Sprint(" ", a["summary"])
			}
			all = append(all, text)
		}
		for _, m := range f.list("annotations") {
			all = append(all, fmt.Sprint("note ", m.num("action"), " ", m.str("type"), " ", m.str("name")))
		}
	}
	return all
}

func wantSaid(t *testing.T, what string, got []frame, want ...string) {
	t.Helper()
	if !slices.Equal(said(got), want) {
		t.Errorf("%s: %q, want %q", what, said(got), want)
	}
}

// What is refused of changes and annotations, and with which code.
func TestChangesRefused(t *testing.T) {
	in(t, func(c *ably.Config, _ *madang.Config) { c.Mutable = []string{"room", "other:*"} }, func(t *testing.T, n *node) {
		w := &writer{peer: n.dial(t)}
		serial := w.publish(`{"data":"text","clientId":"kim"}`)
		object := w.publish(`{"data":{"a":1}}`)
		gone := w.publish(`{"data":"x","extras":{"ephemeral":true}}`)
		long := strings.Repeat("x", 40_000)
		for _, c := range []struct {
			name, list, body string
			code             int
		}{
			{"no serial", "messages", `{"action":1,"data":"x"}`, 40003},
			{"nonsense for a serial", "messages", `{"action":1,"serial":"x"}`, 40003},
			{"a serial of a channel", "messages", `{"action":1,"serial":"` + strings.TrimSuffix(serial, ":0") + `"}`, 40003},
			{"an unknown message", "messages", `{"action":1,"serial":"1z` + serial[2:] + `"}`, 40400},
			{"another epoch", "messages", `{"action":1,"serial":"11@other:0"}`, 40400},
			{"an ephemeral message", "messages", `{"action":1,"serial":"` + gone + `","data":"y"}`, 40400},
			{"to make it ephemeral", "messages", `{"action":1,"serial":"` + serial + `","extras":{"ephemeral":true}}`, 40000},
			{"a summary", "messages", `{"action":4,"serial":"` + serial + `"}`, 40000},
			{"no such action", "messages", `{"action":9,"serial":"` + serial + `"}`, 40000},
			{"two at once", "messages", `{"action":1,"serial":"` + serial + `"},{"data":"x"}`, 40000},
			{"extras that are no object", "messages", `{"action":1,"serial":"` + serial + `","extras":[1]}`, 40000},
			{"metadata that are no object", "messages", `{"action":1,"serial":"` + serial + `","version":{"metadata":"x"}}`, 40000},
			{"as everybody", "messages", `{"action":1,"serial":"` + serial + `","version":{"clientId":"*"}}`, 40012},
			{"an object to a text", "messages", `{"action":5,"serial":"` + serial + `","data":{"a":1}}`, 40013},
			{"bytes to a text", "messages", `{"action":5,"serial":"` + serial + `","data":"AA==","encoding":"base64"}`, 40013},
			{"a text to an object", "messages", `{"action":5,"serial":"` + object + `","data":"x"}`, 40013},
			{"too large", "messages", `{"action":1,"serial":"` + serial + `","data":"` + long + `","name":"` + long + `"}`, 40009},
			{"no annotation", "annotations", ``, 40000},
			{"no type", "annotations", `{"messageSerial":"` + serial + `"}`, 40000},
			{"a type without a version", "annotations", `{"messageSerial":"` + serial + `","type":"a:total"}`, 40000},
			{"no name", "annotations", `{"messageSerial":"` + serial + `","type":"a:multiple.v1"}`, 40000},
			{"a name that is too long", "annotations", `{"messageSerial":"` + serial + `","type":"a:multiple.v1","name":"` + long + `"}`, 40000},
			{"a negative count", "annotations", `{"messageSerial":"` + serial + `","type":"a:multiple.v1","name":"n","count":-1}`, 40000},
			{"nobody's flag", "annotations", `{"messageSerial":"` + serial + `","type":"a:flag.v1"}`, 40161},
			{"nobody takes back", "annotations", `{"action":1,"messageSerial":"` + serial + `","type":"a:multiple.v1","name":"n"}`, 40161},
			{"no such action", "annotations", `{"action":2,"messageSerial":"` + serial + `","type":"a:total.v1"}`, 40000},
			{"an unknown message", "annotations", `{"messageSerial":"11@other:0","type":"a:total.v1"}`, 40400},
			{"no message", "annotations", `{"type":"a:total.v1"}`, 40003},
		} {
			action := map[string]int{"messages": 15, "annotations": 21}[c.list]
			if f := answer(t, w.send(action, c.list, c.body)); f.num("action") != 2 || f.code() != c.code {
				t.Errorf("%s: %.300s, want %d", c.name, fmt.Sprint(f), c.code)
			}
		}
		whole := w.publish(`{"data":"` + long + `"}`)
		if f := answer(t, w.send(15, "messages", `{"action":5,"serial":"`+whole+`","data":"`+long+`"}`)); f.code() != 40009 {
			t.Errorf("grown too large: %.300s", fmt.Sprint(f))
		}
		// Channels that are not in the list of those where messages can change.
		for _, text := range []string{
			`{"action":15,"channel":"fixed","msgSerial":100,"messages":[{"action":1,"serial":"11@x:0"}]}`,
			`{"action":21,"channel":"fixed","msgSerial":101,"annotations":[{"messageSerial":"11@x:0","type":"a:total.v1"}]}`,
		} {
			if f := w.one(2, text); f.code() != 93002 {
				t.Errorf("%s: %v", text, f)
			}
		}
		if f := w.one(9, `{"action":10,"channel":"fixed","params":{"modes":"subscribe,annotation_subscribe"}}`); f.code() != 93002 {
			t.Errorf("attached for annotations: %v", f)
		}
		w.attach("fixed")
	})
}

// What each capability allows.
func TestRightsToChange(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		root := &writer{peer: n.dial(t)}
		own, other, nobody := root.publish(`{"clientId":"kim","data":"x"}`), root.publish(`{"clientId":"lee","data":"x"}`), root.publish(`{"data":"x"}`)
		const update, deletion, extend = 1, 2, 5
		for _, c := range []struct {
			ops     string
			allowed map[int]string // by action, the messages
		}{
			{`["publish","subscribe"]`, nil},
			{`["message-update-own"]`, map[int]string{update: "o", extend: "o"}},
			{`["message-update-any"]`, map[int]string{update: "oxn", extend: "oxn"}},
			{`["message-delete-own"]`, map[int]string{deletion: "o"}},
			{`["message-delete-any"]`, map[int]string{deletion: "oxn"}},
			{`["*"]`, map[int]string{update: "oxn", extend: "oxn", deletion: "oxn"}},
		} {
			p, got := n.open(t, "v=6&access_token="+n.issue(t, `{"room":`+c.ops+`}`))
			if got[0].num("action") != 4 {
				t.Fatal(got)
			}
			kim := &writer{peer: p}
			for _, action := range []int{update, deletion, extend} {
				for short, serial := range map[string]string{"o": own, "x": other, "n": nobody} {
					f := answer(t, kim.send(15, "messages", fmt.Sprintf(`{"action":%d,"serial":%q,"data":"y"}`, action, serial)))
					if allowed := strings.Contains(c.allowed[action], short); allowed != (f.num("action") == 1) || !allowed && f.code() != 40160 {
						t.Errorf("%s, action %d, message %s: %v", c.ops, action, short, f)
					}
				}
			}
			f := answer(t, kim.send(21, "annotations", fmt.Sprintf(`{"messageSerial":%q,"type":"a:flag.v1"}`, other)))
			if allowed := c.ops == `["*"]`; allowed != (f.num("action") == 1) || !allowed && f.code() != 40160 {
				t.Errorf("%s, an annotation: %v", c.ops, f)
			}
			synctest.Wait()
		}
	})
}

// The policies of the hub are asked besides the capability, and messages that are kept elsewhere are left alone.
func TestOthersRules(t *testing.T) {
	in(t, func(_ *ably.Config, h *madang.Config) {
		own := h.Policies[0]
		h.Policies = []madang.Policy{closed{own}}
	}, func(t *testing.T, n *node) {
		w := &writer{peer: n.dial(t)}
		serial := w.publish(`{"data":"x"}`)
		for list, body := range map[string]string{
			"messages": `{"action":1,"serial":"` + serial + `","data":"y"}`, "annotations": `{"messageSerial":"` + serial + `","type":"a:total.v1"}`,
		} {
			if f := answer(t, w.send(map[string]int{"messages": 15, "annotations": 21}[list], list, body)); f.code() != 40160 {
				t.Errorf("%s: %v", list, f)
			}
		}
	})
}

// A closed policy lets nobody change anything.
type closed struct{ madang.Policy }

func (p closed) Authorize(ctx context.Context, r madang.AccessRequest) (*madang.Grant, error) {
	if r.Action == madang.ActChange {
		return nil, fmt.Errorf("nobody: %w", madang.ErrForbidden)
	}
	return p.Policy.Authorize(ctx, r)
}

// A message that is appended to stays as long as that goes on, however much it is and however long it takes.
func TestAppendedForLong(t *testing.T) {
	in(t, func(c *ably.Config, _ *madang.Config) { c.HistoryCount, c.History = 40, time.Minute }, func(t *testing.T, n *node) {
		w, listener := &writer{peer: n.dial(t)}, n.dial(t)
		listener.attach("room")
		serial, want, heard := w.publish(`{"data":"0"}`), "0", ""
		for i := 1; i <= 200; i++ {
			want += fmt.Sprint(" ", i)
			f := answer(t, w.send(15, "messages", fmt.Sprintf(`{"action":5,"serial":%q,"data":" %d"}`, serial, i)))
			if f.num("action") != 1 {
				t.Fatalf("after %d: %v", i, f)
			}
			if i%20 == 0 {
				time.Sleep(25 * second)
			}
		}
		fragments := 0
		for _, f := range listener.heard() {
			for _, m := range f.list("messages") {
				if m.num("action") == 5 {
					heard += m.str("data")
					fragments++
				} else {
					heard = m.str("data")
				}
			}
		}
		if heard != want || fragments < 150 {
			t.Errorf("a listener has %q, of %d fragments", heard, fragments)
		}
		late := n.dial(t)
		if got := late.say(`{"action":10,"channel":"room","params":{"rewind":"1"}}`); !slices.Equal(said(got), []string{"1 " + want}) {
			t.Errorf("rewound: %q", said(got))
		}
		time.Sleep(2 * time.Minute)
		if f := answer(t, w.send(15, "messages", fmt.Sprintf(`{"action":5,"serial":%q,"data":"x"}`, serial))); f.code() != 40400 {
			t.Errorf("when it is no longer kept: %v", f)
		}
	})
}

// Whoever was away hears what happened, in its order, and then what the annotations come to; whoever begins with the last
// messages gets them as they are, and no change twice.
func TestMissedChanges(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		w := &writer{peer: n.dial(t, "clientId=kim")}
		a, b := w.publish(`{"data":"a"}`), w.publish(`{"data":"b"}`)
		plain, curious := n.dial(t), n.dial(t)
		at := plain.attach("room").str("channelSerial")
		curious.attach("room", `,"params":{"modes":"subscribe,annotation_subscribe"}`)
		for _, p := range []*peer{plain, curious} {
			p.abort()
		}
		w.note(a, `"type":"r:distinct.v1","name":"x"`)
		w.send(15, "messages", `{"action":1,"serial":"`+b+`","data":"b2"}`)
		w.note(a, `"type":"r:distinct.v1","name":"y"`)
		w.send(15, "messages", `{"action":5,"serial":"`+b+`","data":"+"}`)
		w.send(15, "messages", `{"action":2,"serial":"`+a+`","data":""}`)
		const sum = "map[r:distinct.v1:map[x:map[clientIds:[kim] clipped:false total:1] y:map[clientIds:[kim] clipped:false total:1]]]"
		back, _ := n.open(t, "v=6&key="+rootKey+"&resume="+plain.key)
		wantSaid(t, "resumed", back.say(`{"action":10,"channel":"room","channelSerial":"`+at+`"}`), "1 b2", "5 +", "2 ", "4  "+sum)
		again, _ := n.open(t, "v=6&key="+rootKey+"&resume="+curious.key)
		wantSaid(t, "resumed with annotations", again.say(`{"action":10,"channel":"room","channelSerial":"`+at+`","params":{"modes":"subscribe,annotation_subscribe"}}`),
			"note 0 r:distinct.v1 x", "1 b2", "note 0 r:distinct.v1 y", "5 +", "2 ", "4  "+sum)

		late := n.dial(t)
		got := late.say(`{"action":10,"channel":"room","params":{"rewind":"10"}}`)
		wantSaid(t, "rewound", got, "2  "+sum, "1 b2+")
		last := got[len(got)-1].str("channelSerial")
		late.abort()
		again, _ = n.open(t, "v=6&key="+rootKey+"&resume="+late.key)
		wantSaid(t, "rewound, cut off and resumed", again.say(`{"action":10,"channel":"room","channelSerial":"`+last+`"}`))
	})
}

// Annotations that are published through several nodes at once come to the same everywhere, and the last summary has all.
func TestSummariesConverge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nodes, _ := start(t, 3, nil)
		w := &writer{peer: nodes[0].dial(t)}
		serial := w.publish(`{"data":"m"}`)
		var hear, speak []*peer
		for i, n := range nodes {
			hear = append(hear, n.dial(t))
			hear[i].attach("room")
			for k := range 3 {
				speak = append(speak, n.dial(t, fmt.Sprintf("clientId=c%d-%d", i, k)))
			}
		}
		const each = 5
		for i := range each {
			for _, p := range speak {
				const text = `{"action":21,"channel":"room","msgSerial":%d,"annotations":[{"messageSerial":%q,"type":"r:multiple.v1","name":"n"},{"messageSerial":%q,"type":"a:flag.v1"}]}`
				if err := p.Send(fmt.Sprintf(text, i, serial, serial)); err != nil {
					t.Fatal(err)
				}
			}
			if i%7 == 0 {
				time.Sleep(time.Millisecond)
			}
		}
		for i, p := range hear {
			all := p.heard()
			var last frame
			for _, f := range all {
				for _, m := range f.list("messages") {
					if m.num("action") == 4 && m.str("serial") == serial {
						last = frame(m["annotations"].(map[string]any)["summary"].(map[string]any))
					}
				}
			}
			if last == nil {
				t.Fatalf("node %d: no summary among %d frames", i, len(all))
			}
			multiple := frame(frame(last["r:multiple.v1"].(map[string]any))["n"].(map[string]any))
			flag := frame(last["a:flag.v1"].(map[string]any))
			if multiple.num("total") != each*len(speak) || multiple.num("totalClientIds") != len(speak) || flag.num("total") != len(speak) {
				t.Errorf("node %d: the last summary is %v", i, last)
			}
			if len(all) > 2*each*len(speak) { // how many come together depends on who is how fast
				t.Errorf("node %d: %d summaries of %d annotations", i, len(all), 2*each*len(speak))
			}
		}
	})
}

// Who speaks another dialect hears updates and what is appended as messages, and nothing of deletions and annotations.
func TestWhatOthersHear(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		var heard []string
		l, err := n.hub.Listen(t.Context(), room(), func(e *madang.Event) {
			if e.Kind == madang.MessageEvent {
				heard = append(heard, e.Message.Name+" "+string(e.Message.Data))
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		w := &writer{peer: n.dial(t, "clientId=kim")}
		serial := w.publish(`{"name":"n","data":"a"}`)
		w.send(15, "messages", `{"action":1,"serial":"`+serial+`","data":"b"}`)
		w.send(15, "messages", `{"action":5,"serial":"`+serial+`","data":"+"}`)
		w.note(serial, `"type":"r:flag.v1"`)
		w.send(15, "messages", `{"action":2,"serial":"`+serial+`"}`)
		synctest.Wait()
		if want := []string{"n a", "n b", "n +"}; !slices.Equal(heard, want) {
			t.Errorf("heard %q, want %q", heard, want)
		}
		page, err := n.hub.History(t.Context(), room(), madang.HistoryQuery{})
		if err != nil || len(page.Events) != 3 {
			t.Errorf("their history has %d messages, %v", len(page.Events), err)
		}
	})
}

// Who was away has missed nothing of what was of interest only then.
func TestEphemeralIsNotMissed(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		w, p := &writer{peer: n.dial(t)}, n.dial(t)
		at := p.attach("room").str("channelSerial")
		if got := w.send(15, "messages", `{"data":"heard","extras":{"ephemeral":true}}`); answer(t, got).num("action") != 1 {
			t.Fatal(got)
		}
		wantTexts(t, "live", p.heard(), "heard")
		p.abort()
		w.publish(`{"data":"1"}`)
		w.send(15, "messages", `{"data":"typing","extras":{"ephemeral":true}}`)
		w.publish(`{"data":"2"}`)
		back, _ := n.open(t, "v=6&key="+rootKey+"&resume="+p.key)
		got := back.say(`{"action":10,"channel":"room","channelSerial":"` + at + `"}`)
		wantTexts(t, "missed", got, "1", "2")
		if got[0].num("flags")&4 == 0 || got[0].code() != 0 {
			t.Errorf("not resumed: %v", got[0])
		}
	})
}
