package madangtest

import (
	"bytes"
	"fmt"
	"reflect"
	"sync"
	"testing"

	"madang"
)

// TestDialect checks what the comments of [madang.Dialect] promise, and that no event, however odd, makes it panic. It
// also asks that the bytes depend on the event alone, so that whichever link comes first makes no difference.
// newDialect returns the value under test, as it would be for two links of the same kind: they must be ==.
func TestDialect(t *testing.T, newDialect func(t *testing.T) madang.Dialect) {
	t.Run("Comparable", func(t *testing.T) {
		a, b := newDialect(t), newDialect(t)
		if !reflect.ValueOf(a).Comparable() || a != b {
			t.Fatalf("%T: two values for links of the same kind are not ==", a)
		}
	})
	t.Run("Appends", func(t *testing.T) { testAppends(t, newDialect(t)) })
	t.Run("KeepsNothing", func(t *testing.T) { testKeepsNothing(t, newDialect(t)) })
	t.Run("LeavesEventsAlone", func(t *testing.T) { testLeavesEventsAlone(t, newDialect(t)) })
	t.Run("AtOnce", func(t *testing.T) { testAtOnce(t, newDialect(t)) })
	t.Run("OddEvents", func(t *testing.T) { testOddEvents(t, newDialect(t)) })
}

// encode holds the lock of a Sequenced dialect, as the hub does.
func encode(d madang.Dialect, dst []byte, e *madang.Event) ([]byte, error) {
	if s, ok := d.(madang.Sequenced); ok {
		s.Lock()
		defer s.Unlock()
	}
	return d.Encode(dst, e)
}

// eventsToEncode returns one event of each sort that a hub may hand to a dialect.
func eventsToEncode() []*madang.Event {
	c := madang.Channel{App: "app", Name: "presence-room"}
	pos := madang.Position{Epoch: "e", Offset: 7}
	var es []*madang.Event
	add := func(e madang.Event) {
		e.Channel, e.Pos, e.Stamp = c, pos, uint64(len(es)+1)
		if e.Message != nil {
			e.Message.Channel, e.Message.Pos = c, pos
		}
		es = append(es, &e)
	}
	for _, m := range []madang.Message{
		{Type: madang.JSON, Data: []byte(`{"b": 1, "a": 12345678901234567890, "s": "\u00e9\"\\"}`)},
		{Type: madang.JSON, Data: []byte(`null`)},
		{Type: madang.Text, Data: []byte("text with \"quotes\", é, \x1e and \u2028")},
		{Type: madang.Text},
		{Type: madang.Binary, Data: []byte{0, 1, 0xff, '\n'}},
		{Type: madang.Args, Data: []byte(`["a",{"n":1}]`)},
		{Type: madang.Args, Data: []byte(`[]`)},
		{Type: madang.Args, Data: []byte(`[{"_placeholder":true,"num":0}]`), Attachments: [][]byte{{1, 2, 3}}},
		{Type: madang.Text, Data: []byte("x"), Encoding: "cipher", Extras: []byte(`{"k":1}`), ID: "id", Volatile: true,
			Sender: madang.Sender{Conn: "1.2", User: "u"}, Skip: "1.2"},
	} {
		m.Name = "event"
		add(madang.Event{Kind: madang.MessageEvent, Message: &m})
		asked := m
		add(madang.Event{Kind: madang.MessageEvent, Message: &asked, Ask: 42})
		emitted := m
		a := madang.Audience{In: []madang.Channel{c, {App: "app", Name: "x"}}, Except: []madang.Channel{{App: "app", Name: "y"}}}
		add(madang.Event{Kind: madang.MessageEvent, Message: &emitted, Audience: &a})
	}
	for _, k := range []madang.Kind{madang.EnterEvent, madang.UpdateEvent, madang.LeaveEvent} {
		for _, edge := range []bool{false, true} {
			m := madang.Member{User: "u", Conn: "1.2", Node: "1", Data: []byte(`{"name":"n"}`)}
			add(madang.Event{Kind: k, Member: &m, First: edge, Last: edge})
		}
	}
	return es
}

// oddEvents are what a careless publisher may hand in.
func oddEvents() []*madang.Event {
	c := madang.Channel{App: "app", Name: "room"}
	es := []*madang.Event{
		{Kind: madang.MessageEvent, Channel: c, Message: &madang.Message{}},
		{Kind: madang.EnterEvent, Channel: c, Member: &madang.Member{}},
		{Kind: madang.LeaveEvent, Channel: c, Member: &madang.Member{Data: []byte("{"), Type: madang.JSON}},
		{Kind: 200, Channel: c},
	}
	for _, t := range []madang.DataType{madang.JSON, madang.Text, madang.Binary, madang.Args, 200} {
		for _, data := range []string{"", "{", "[", "[1,", "]", `"`, "\xff\xfe", "\x00", `[{"_placeholder":true,"num":9}]`, `{"_placeholder":true,"num":-1}`} {
			es = append(es, &madang.Event{Kind: madang.MessageEvent, Channel: c,
				Message: &madang.Message{Channel: c, Name: "\"\x00\xff", Type: t, Data: []byte(data), Extras: []byte("{"), Encoding: "/"}})
		}
	}
	return es
}

// testAppends looks for bytes of dst that were changed, lost or counted upon.
func testAppends(t *testing.T, d madang.Dialect) {
	words := 0
	for _, e := range eventsToEncode() {
		alone, err := encode(d, nil, e)
		if err != nil {
			t.Errorf("%s: %v", describe(e), err)
			continue
		}
		if len(alone) > 0 {
			words++
		}
		for _, room := range []int{0, 1, len(alone) / 2, len(alone), len(alone) + 1, 4096} {
			dst := append(make([]byte, 0, 5+room), "front"...)
			got, err := encode(d, dst, e)
			if err != nil || !bytes.Equal(got, append([]byte("front"), alone...)) {
				t.Errorf("%s behind %q with room for %d: %q, %v; alone %q", describe(e), dst, room, got, err, alone)
			}
			if string(dst) != "front" {
				t.Errorf("%s: what was there before is now %q", describe(e), dst)
			}
		}
	}
	if words == 0 {
		t.Error("it has no word for anything")
	}
}

// testKeepsNothing overwrites what was handed out: a dialect that kept it would repeat the rubbish.
func testKeepsNothing(t *testing.T, d madang.Dialect) {
	buf := make([]byte, 0, 1<<16)
	for _, e := range eventsToEncode() {
		first, err := encode(d, buf[:0], e)
		if err != nil {
			continue // reported by testAppends
		}
		want := bytes.Clone(first)
		for i := range first {
			first[i] = '#'
		}
		clear(buf[:cap(buf)])
		if again, err := encode(d, nil, e); err != nil || !bytes.Equal(again, want) {
			t.Errorf("%s: first %q, then %q, %v", describe(e), want, again, err)
		}
	}
}

func testLeavesEventsAlone(t *testing.T, d madang.Dialect) {
	for i, e := range eventsToEncode() {
		if _, err := encode(d, nil, e); err == nil && !reflect.DeepEqual(e, eventsToEncode()[i]) {
			t.Errorf("%s was changed: all subscribers and the history share it", describe(e))
		}
	}
}

// testAtOnce is for the race detector: channels are served at once, and share the dialect.
func testAtOnce(t *testing.T, d madang.Dialect) {
	es := eventsToEncode()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for _, e := range es {
				if _, err := encode(d, nil, e); err != nil {
					t.Errorf("%s: %v", describe(e), err)
				}
			}
		})
	}
	wg.Wait()
}

func testOddEvents(t *testing.T, d madang.Dialect) {
	for _, e := range oddEvents() {
		func() {
			defer func() {
				if v := recover(); v != nil {
					t.Errorf("%s: panic: %v", describe(e), v)
				}
			}()
			dst := append(make([]byte, 0, 256), "front"...)
			if got, err := encode(d, dst, e); err == nil && !bytes.HasPrefix(got, dst) {
				t.Errorf("%s: %q lost what was there before", describe(e), got)
			}
		}()
	}
}

func describe(e *madang.Event) string {
	switch {
	case e.Message != nil:
		return fmt.Sprintf("kind %d, type %d, data %.40q, ask %d, emitted %v",
			e.Kind, e.Message.Type, e.Message.Data, e.Ask, e.Audience != nil)
	case e.Member != nil:
		return fmt.Sprintf("kind %d, member data %.40q, first %v, last %v", e.Kind, e.Member.Data, e.First, e.Last)
	}
	return fmt.Sprintf("kind %d", e.Kind)
}
