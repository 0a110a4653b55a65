package pusher_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"madang"
)

func rejected(text string) string {
	return `{"event":"pusher:error","data":{"code":4301,"message":"The client event was rejected: ` + text + `"}}`
}

const notAllowed = "the app must allow client events, and the connection must subscribe to the channel, which must be a private or presence channel that is not encrypted"

func TestClientEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		nodes := start(t, 2, nil)
		a, b := nodes[0].dial(t, "main"), nodes[1].dial(t, "main")
		for _, channel := range []string{"private-x", "private-encrypted-x", "public"} {
			a.subscribe(channel, "")
			b.subscribe(channel, "")
		}
		for _, data := range []string{`{"b":1,"a":12345678901234567890}`, `"text"`, `null`, `[1, 2.50]`, `"{\"a\":1}"`, `""`} {
			want(t, "the sender hears nothing", a.say(`{"event":"client-x","channel":"private-x","data":`+data+`}`))
			want(t, data, b.heard(), `{"event":"client-x","channel":"private-x","data":`+data+`}`)
		}
		a.say(`{"event":"client-x","channel":"private-x"}`)
		want(t, "without data", b.heard(), `{"event":"client-x","channel":"private-x"}`)

		want(t, "public", a.say(`{"event":"client-x","channel":"public","data":1}`), rejected(notAllowed))
		want(t, "encrypted", a.say(`{"event":"client-x","channel":"private-encrypted-x","data":1}`), rejected(notAllowed))
		want(t, "not subscribed", a.say(`{"event":"client-x","channel":"private-y","data":1}`), rejected(notAllowed))
		want(t, "a user's channel", a.say(`{"event":"client-x","channel":"#server-to-user-1","data":1}`), rejected(notAllowed))
		want(t, "a reserved name", a.say(`{"event":"client-x","channel":"$user/1","data":1}`), rejected("its channel has no valid name"))
		want(t, "no channel", a.say(`{"event":"client-x","data":1}`), rejected("its channel has no valid name"))
		want(t, "a long name", a.say(`{"event":"client-`+strings.Repeat("x", 200)+`","channel":"private-x"}`), rejected("its name has more than 200 bytes"))
		a.say(unsubscription("private-x"))
		want(t, "not any more", a.say(`{"event":"client-x","channel":"private-x","data":1}`), rejected(notAllowed))
		want(t, "nothing was heard of all that", b.heard())

		q := nodes[0].dial(t, "quiet")
		q.subscribe("private-x", "")
		want(t, "an app without them", q.say(`{"event":"client-x","channel":"private-x","data":1}`), rejected(notAllowed))
	})
}

func TestClientEventsOfMembers(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		a, b := n.dial(t, "main"), n.dial(t, "main")
		a.subscribe("presence-x", `{"user_id":7}`)
		b.subscribe("presence-x", `{"user_id":"b\"ob"}`)
		a.heard()
		b.say(`{"event":"client-x","channel":"presence-x","data":1}`)
		want(t, "a string", a.heard(), `{"event":"client-x","channel":"presence-x","data":1,"user_id":"b\"ob"}`)
		a.say(`{"event":"client-x","channel":"presence-x","data":1}`)
		want(t, "a number", b.heard(), `{"event":"client-x","channel":"presence-x","data":1,"user_id":7}`)
	})
}

// An event of 10 kB, which is as much as Pusher itself takes, fits into a message however it is written.
func TestTheLargestClientEventFits(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		a, b := n.dial(t, "main"), n.dial(t, "main")
		a.subscribe("private-x", "")
		b.subscribe("private-x", "")
		event := `{"event":"client-x","channel":"private-x","data":"` + strings.Repeat(`\u0041`, 10_000) + `"}`
		want(t, "taken", a.say(event))
		want(t, "heard", b.heard(), event)
	})
}

func TestClientEventsHaveLimits(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		a, b := n.dial(t, "small"), n.dial(t, "small")
		a.subscribe("private-x", "")
		b.subscribe("private-x", "")
		event := `{"event":"client-x","channel":"private-x","data":1}`
		want(t, "large data", a.say(`{"event":"client-x","channel":"private-x","data":"`+strings.Repeat("x", 20)+`"}`), rejected("its data has more than 20 bytes"))
		time.Sleep(time.Second)
		want(t, "the fourth in a second", a.say(event, event, event, event), rejected("a connection may send 3 per second"))
		want(t, "three arrive", b.heard(), event, event, event)
		want(t, "another connection's allowance is its own", b.say(event))
		want(t, "one arrives", a.heard(), event)
		time.Sleep(time.Second)
		want(t, "the next second", a.say(event))
		want(t, "one more", b.heard(), event)
	})
}

// Whatever is wrong is answered with an error, and nothing else happens.
func TestMalformedMessages(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		bystander := n.dial(t, "main")
		bystander.subscribe("presence-x", `{"user_id":"b"}`)
		p := n.dial(t, "main")
		long := strings.Repeat("x", 64<<10-100)
		for _, x := range []struct{ line, fault string }{
			{``, "the message is no JSON object"},
			{`hello`, "the message is no JSON object"},
			{`null`, "the message is no JSON object"},
			{`[{"event":"pusher:ping"}]`, "the message is no JSON object"},
			{strings.Repeat("[", 60_000), "the message is no JSON object"},
			{`{}`, "event must be a string that is not empty"},
			{`{"event":7}`, "event must be a string that is not empty"},
			{`{"event":{"a":1},"data":{}}`, "event must be a string that is not empty"},
			{`{"event":"pusher:subscribe"}`, "data must be a JSON object with the fields that this event needs"},
			{`{"event":"pusher:subscribe","data":null}`, "data must be a JSON object with the fields that this event needs"},
			{`{"event":"pusher:subscribe","data":[]}`, "data must be a JSON object with the fields that this event needs"},
			{`{"event":"pusher:subscribe","data":{"channel":5}}`, "data must be a JSON object with the fields that this event needs"},
			{`{"event":"pusher:subscribe","data":{}}`, "channel must be a string"},
			{`{"event":"pusher:subscribe","data":{"channel":"presence-x","auth":7}}`, "data must be a JSON object with the fields that this event needs"},
			{`{"event":"pusher:unsubscribe"}`, "data must be a JSON object with the fields that this event needs"},
			{`{"event":"pusher:signin"}`, "data must be a JSON object with the fields that this event needs"},
			{`{"event":"pusher:signin","data":{"auth":"x"}}`, "data must be a JSON object with the fields that this event needs"},
			{`{"event":"pusher:nonsense"}`, "unknown event; the names of events that clients publish begin with client-"},
			{`{"event":"pusher_internal:member_added","channel":"presence-x","data":"{\"user_id\":1}"}`, "unknown event; the names of events that clients publish begin with client-"},
			{`{"event":"` + long + `"}`, "unknown event; the names of events that clients publish begin with client-"},
			{`{"event":"client-x","channel":[]}`, "channel must be a string"},
		} {
			want(t, fmt.Sprintf("%.80s", x.line), p.say(x.line), `{"event":"pusher:error","data":{"code":null,"message":"`+x.fault+`"}}`)
		}
		want(t, "a long name of a client event", p.say(`{"event":"client-`+long[:64<<10-200]+`","channel":"private-x"}`), rejected("its name has more than 200 bytes"))
		want(t, "bytes", p.say("binary 00ff"), `{"event":"pusher:error","data":{"code":null,"message":"the message is no JSON object"}}`)
		want(t, "never joined", p.say(unsubscription("presence-never"), unsubscription("presence-x"), unsubscription("#server-to-user-1"), unsubscription("$all")))
		want(t, "it still works", p.subscribe("news", ""), succeeded("news"))
		want(t, "nobody else has heard of it", bystander.heard())
		all, err := n.hub.Occupancy(t.Context(), "main", "")
		if err != nil || len(all) != 2 {
			t.Errorf("occupied: %v, %v", all, err)
		}
		_ = p.Send(`{"event":"` + strings.Repeat("x", 64<<10) + `"}`) // it is cut off while it sends
		want(t, "a message beyond the limit", p.heard(), "end 1009")
		want(t, "the others stay", bystander.say(`{"event":"pusher:ping"}`), `{"event":"pusher:pong","data":{}}`)
	})
}

func TestBrokenFrames(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		p := n.dial(t, "main")
		p.subscribe("presence-x", `{"user_id":"p"}`)
		want(t, "a reserved bit", p.sendFrame(0xf1, "x"), "end 1002")
		q := n.dial(t, "main")
		want(t, "no UTF-8", q.sendFrame(0x81, "\xff"), "end 1007")
		all, err := n.hub.Members(t.Context(), madang.Channel{App: "main", Name: "presence-x"})
		if len(all) > 0 || err != nil {
			t.Errorf("members %v, %v", all, err)
		}
	})
}

// A client that asks for more than the node allows is slowed down, and loses nothing.
func TestNodesAllowance(t *testing.T) {
	in(t, func(s *setting) { s.hub.Limits.MessageRate, s.hub.Limits.MessageBurst = 10, 10 }, func(t *testing.T, n *node) {
		p := n.dial(t, "main")
		for range 40 {
			if err := p.Send(`{"event":"pusher:ping"}`); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if got := p.heard(); len(got) != 10 {
			t.Errorf("at once %d", len(got))
		}
		time.Sleep(3*time.Second + 100*time.Millisecond)
		if got := p.heard(); len(got) != 30 {
			t.Errorf("later %d", len(got))
		}
	})
}
