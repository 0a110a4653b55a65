package madangtest

import (
	"context"
	"reflect"
	"testing"
	"time"

	"madang"
)

// samples returns events with every field that a broker must carry set to something.
func samples(c madang.Channel) []*madang.Event {
	at := time.UnixMilli(1_700_000_000_123)
	full := &madang.Message{
		ID: "id-1", Name: "né", Channel: c, Data: []byte("[1,{\"_placeholder\":true,\"num\":0}]"), Type: madang.Args,
		Encoding: "utf-8/cipher", Attachments: [][]byte{{0, 1, 255}, {}}, Extras: []byte(`{"a": 1.0}`),
		Sender: madang.Sender{Conn: "1.2", User: "u"}, Time: at, Volatile: true, Skip: "3.4",
	}
	binary := &madang.Message{Channel: c, Name: "b", Data: []byte{0, 0xff, '\n', '\r', 0}, Type: madang.Binary, Time: at}
	member := &madang.Member{User: "u", Conn: "1.2", Node: "1", Data: []byte(`{"x":"y"}`), Type: madang.JSON}
	control := &madang.Control{
		Op: madang.OpAsk, From: "17", ID: 1<<63 + 1, Message: full, Channels: []madang.Channel{c, {App: "b", Name: "x"}},
		Audience: madang.Audience{In: []madang.Channel{c}, Conns: []madang.ConnID{"1.2"}, Except: []madang.Channel{{Name: "e"}}},
		Reason:   madang.CloseDenied, Wait: 1500 * time.Millisecond, Count: 7,
		Answer: madang.Answer{Conn: "5.6", Data: []byte("[]"), Attachments: [][]byte{{9}}},
	}
	return []*madang.Event{
		{Kind: madang.MessageEvent, Channel: c, Message: full},
		{Kind: madang.MessageEvent, Channel: c, Message: binary},
		{Kind: madang.MessageEvent, Channel: c, Message: &madang.Message{Channel: c}},
		{Kind: madang.EnterEvent, Channel: c, Member: member, First: true},
		{Kind: madang.UpdateEvent, Channel: c, Member: member},
		{Kind: madang.LeaveEvent, Channel: c, Member: member, Last: true},
		{Kind: madang.LeaveEvent + 1, Channel: c, Control: control}, // between hubs
	}
}

// testFaithful checks that nothing of an event is lost on its way.
func testFaithful(t *testing.T, newNode func() *node) {
	a, b, c := newNode(), newNode(), channel("faithful")
	b.subscribe(c)
	sent, want := samples(c), samples(c) // the broker owns what it was given
	ps, err := a.Publish(context.Background(), sent, madang.Retention{Count: 100, Presence: true})
	if err != nil {
		t.Fatal(err)
	}
	got := b.await(c, len(want))
	page, err := b.History(context.Background(), c, madang.HistoryQuery{Mask: madang.Everything})
	if err != nil || len(page.Events) != len(want)-1 { // what hubs say among themselves is not kept
		t.Fatalf("history has %d of %d events, %v", len(page.Events), len(want), err)
	}
	page.Events = append(page.Events, got[len(want)-1])
	for i, w := range want {
		w.Pos = ps[i]
		if w.Message != nil {
			w.Message.Pos = ps[i]
		}
		for _, g := range []*madang.Event{got[i], page.Events[i]} {
			if !sameEvent(w, g) {
				t.Errorf("event %d has become\n%+v %+v %+v %+v\ninstead of\n%+v %+v %+v %+v",
					i, g, g.Message, g.Member, g.Control, w, w.Message, w.Member, w.Control)
			}
		}
	}
}

// sameEvent compares events; of a time the milliseconds count, and nil is as good as empty.
func sameEvent(a, b *madang.Event) bool { return reflect.DeepEqual(plainEvent(*a), plainEvent(*b)) }

func plainEvent(e madang.Event) madang.Event {
	e.Stamp, e.Ask = 0, 0 // of the node that encodes
	e.Message = plainMessage(e.Message)
	if e.Member != nil {
		m := *e.Member
		m.Data = append([]byte{}, m.Data...)
		e.Member = &m
	}
	if e.Control != nil {
		c := *e.Control
		c.Message = plainMessage(c.Message)
		if c.Message != nil {
			c.Message.Pos = madang.Position{} // a message on its way to an audience has no place in a stream
		}
		e.Control = &c
	}
	return e
}

func plainMessage(m *madang.Message) *madang.Message {
	if m == nil {
		return nil
	}
	p := *m
	p.Time = time.UnixMilli(m.Time.UnixMilli()).UTC()
	p.Data, p.Extras = append([]byte{}, m.Data...), append([]byte{}, m.Extras...)
	p.Attachments = nil
	for _, a := range m.Attachments {
		p.Attachments = append(p.Attachments, append([]byte{}, a...))
	}
	return &p
}

func testUnsubscribe(t *testing.T, newNode func() *node) {
	a, b, c := newNode(), newNode(), channel("unsubscribe")
	a.subscribe(c)
	b.subscribe(c)
	a.publish(c, "1", madang.Retention{})
	b.await(c, 1)
	if err := b.Unsubscribe(context.Background(), c, channel("never subscribed")); err != nil {
		t.Fatal(err)
	}
	// A delivery may have been under way; but they must end, and the other node's go on.
	quiet, sent := 0, 1
	eventually(t, "deliveries end", func() bool {
		before := len(b.events(c))
		a.publish(c, "more", madang.Retention{})
		sent++
		a.await(c, sent)
		time.Sleep(5 * time.Millisecond)
		if quiet++; len(b.events(c)) != before {
			quiet = 0
		}
		return quiet == 5
	})
	before := len(b.events(c))
	b.subscribe(c)
	a.publish(c, "again", madang.Retention{})
	got := b.await(c, before+1)
	if text := string(got[before].Message.Data); text != "again" {
		t.Errorf("after subscribing again it delivered %q", text)
	}
	grows(t, positions(a.events(c)))
}

func testClose(t *testing.T, newNode func() *node) {
	a, b, c := newNode(), newNode(), channel("close")
	a.subscribe(c)
	b.subscribe(c)
	a.publish(c, "1", madang.Retention{})
	b.await(c, 1)
	if err := b.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
	at := len(b.events(c))
	for range 5 {
		a.publish(c, "2", madang.Retention{})
	}
	a.await(c, 6)
	time.Sleep(20 * time.Millisecond)
	if n := len(b.events(c)); n != at {
		t.Errorf("%d deliveries after Close", n-at)
	}
	if err := b.Close(); err != nil {
		t.Errorf("close again: %v", err)
	}
}
