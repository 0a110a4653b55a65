package edits_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"madang"
	"madang/dialect/ably/protocol"
	"madang/dialect/ably/shape"
)

// The fold of a log comes to what a client knows that has heard all of it, at every step, and has every version that was.
func TestLatestIsWhatWasHeard(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := anyHistory(t)
		versions := map[string][]known{}
		for i := range h.events {
			l := fold(h.events[:i+1])
			for s, want := range h.heard[i] {
				if got := knownOf(l.Message(s).Latest()); got != want {
					t.Fatalf("after %d entries %s is %+v, a client knows %+v", i+1, s, got, want)
				}
				if was := versions[s]; len(was) == 0 || about(h.events[i], s) {
					versions[s] = append(was, want)
				}
			}
		}
		l, last := fold(h.events), uint64(0)
		for _, m := range l.Messages() {
			if m.Place().Offset <= last {
				t.Fatalf("%s is not in its place", m.Serial())
			}
			last = m.Place().Offset
			all := m.Versions()
			if len(all) != len(versions[m.Serial()]) {
				t.Fatalf("%s has %d versions, not %d", m.Serial(), len(all), len(versions[m.Serial()]))
			}
			for i, v := range all {
				if got := knownOf(v); got != versions[m.Serial()][i] {
					t.Fatalf("version %d of %s is %+v, was %+v", i, m.Serial(), got, versions[m.Serial()][i])
				}
			}
			if m.Owner() != "author" {
				t.Fatalf("%s is %s's", m.Serial(), m.Owner())
			}
		}
		if len(l.Messages()) != len(h.heard[len(h.heard)-1]) {
			t.Fatal("messages are missing")
		}
	})
}

func about(e *madang.Event, serial string) bool {
	x := shape.ReadExtras(e.Message.Extras)
	return x.Edit != nil && x.Edit.Serial == serial
}

// Whatever has been forgotten of the beginning of a log, a message is what it is, or is not known: from its last entry on that
// stands for itself.
func TestForgottenBeginnings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := anyHistory(t)
		whole := fold(h.events)
		from := rapid.IntRange(0, len(h.events)).Draw(t, "from")
		rest := fold(h.events[from:])
		for _, m := range whole.Messages() {
			kept := m.Base().Pos.Offset > uint64(from)
			got := rest.Message(m.Serial())
			switch {
			case got == nil && kept:
				t.Fatalf("%s is not known from entry %d on, though it stands for itself at %d", m.Serial(), from+1, m.Base().Pos.Offset)
			case got != nil && knownOf(got.Latest()) != knownOf(m.Latest()):
				t.Fatalf("%s has become %+v, was %+v", m.Serial(), knownOf(got.Latest()), knownOf(m.Latest()))
			}
		}
	})
}

// A change that was made without knowing of another one keeps only what it gives.
func TestConcurrentChanges(t *testing.T) {
	first := event(1, madang.MessageEvent, madang.Message{Name: "n", Data: []byte("a"), Type: madang.Text}, shape.Extras{})
	edit := func(n, action int, given shape.Fields, m madang.Message, x shape.Edit) *madang.Event {
		x.Action, x.Given, x.Serial = action, given, serial(1)
		m.Type = madang.Text
		return event(n, madang.MessageEvent, m, shape.Extras{Edit: &x})
	}
	for _, c := range []struct {
		name   string
		events []*madang.Event
		want   known
	}{
		{"name and data", []*madang.Event{
			edit(2, protocol.MessageUpdate, shape.NameField, madang.Message{Name: "other", Data: []byte("a")}, shape.Edit{}),
			edit(3, protocol.MessageUpdate, shape.DataField, madang.Message{Name: "n", Data: []byte("b")}, shape.Edit{}),
		}, known{"other", "b", "", 1}},
		{"two fragments, one with the whole", []*madang.Event{
			edit(2, protocol.MessageAppend, shape.DataField, madang.Message{Name: "n", Data: []byte("b")}, shape.Edit{}),
			edit(3, protocol.MessageAppend, shape.DataField, madang.Message{Name: "n", Data: []byte("ac")}, shape.Edit{Whole: true, From: 1}),
			edit(4, protocol.MessageAppend, shape.DataField, madang.Message{Name: "n", Data: []byte("d")}, shape.Edit{}),
		}, known{"n", "abcd", "", 1}},
		{"a beginning that is not there", []*madang.Event{
			edit(2, protocol.MessageAppend, shape.DataField, madang.Message{Data: []byte("x")}, shape.Edit{Whole: true, From: 1 << 40}),
		}, known{"", "a", "", 1}},
	} {
		l := fold(append([]*madang.Event{first}, c.events...))
		got := knownOf(l.Message(serial(1)).Latest())
		if c.name == "a beginning that is not there" {
			got.name = "" // it does not matter
		}
		if got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

// What belongs to no message, or to none that is known, changes nothing.
func TestStrayEntries(t *testing.T) {
	l := fold([]*madang.Event{
		{Kind: madang.EnterEvent, Member: &madang.Member{}},
		event(1, madang.MessageEvent, madang.Message{Data: []byte("x")}, shape.Extras{Edit: &shape.Edit{Action: protocol.MessageUpdate, Serial: "nonsense"}}),
		event(2, madang.NoteEvent, madang.Message{}, shape.Extras{Note: &shape.Note{Serial: serial(9), Type: "a:total.v1"}}),
		event(3, madang.MessageEvent, madang.Message{Data: []byte("x"), Type: madang.Text}, shape.Extras{
			Edit: &shape.Edit{Action: protocol.MessageAppend, Serial: serial(8), Given: shape.DataField},
		}),
		event(4, madang.NoteEvent, madang.Message{}, shape.Extras{}),
		event(5, madang.AsideEvent, madang.Message{}, shape.Extras{Edit: &shape.Edit{Action: protocol.MessageSummary, Serial: serial(7)}, Summary: []byte(`{}`)}),
	})
	if all := l.Messages(); len(all) != 0 {
		t.Errorf("there are %d messages", len(all))
	}
	for _, s := range []string{serial(9), serial(8), serial(7), "nonsense", ""} {
		if m := l.Message(s); m != nil {
			t.Errorf("%s is known", fmt.Sprint(s))
		}
	}
}

// Whatever stands in the extras of entries, they can be folded: others may have written them.
func FuzzLog(f *testing.F) {
	for _, s := range []string{
		`{"ably":{"edit":{"action":5,"serial":"11@e:0","given":2,"whole":true,"from":-1}}}`, `{"ably":{"edit":{"action":1,"serial":"11@e:0","given":255}}}`,
		`{"ably":{"note":{"action":0,"serial":"11@e:0","type":"a:multiple.v1","count":9223372036854775807}}}`, `{"ably":{"edit":{"action":2,"serial":"12@e:0"}}}`,
	} {
		f.Add([]byte(s), []byte(s), "name", "data")
	}
	f.Fuzz(func(t *testing.T, a, b []byte, name, data string) {
		var events []*madang.Event
		for n, raw := range [][]byte{nil, a, b, a} {
			for _, kind := range []madang.Kind{madang.MessageEvent, madang.NoteEvent, madang.AsideEvent} {
				e := event(1+len(events), kind, madang.Message{Name: name, Data: []byte(data), Type: madang.Text}, shape.Extras{})
				e.Message.Extras = raw
				if n > 0 || kind == madang.MessageEvent {
					events = append(events, e)
				}
			}
		}
		for _, m := range fold(events).Messages() {
			if now, all := m.Latest(), m.Versions(); len(all) == 0 || !bytes.Equal(all[len(all)-1].Data, now.Data) {
				t.Fatalf("%s is %q, its last version is another", m.Serial(), now.Data)
			}
			if raw := m.Summary(100); raw != nil && !json.Valid(raw) {
				t.Fatalf("a summary is %q", raw)
			}
			_, _ = m.Owner(), m.Base()
		}
	})
}
