package edits_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"madang"
	"madang/dialect/ably/edits"
	"madang/dialect/ably/protocol"
	"madang/dialect/ably/shape"
)

// A note is an annotation of the tests' one message.
type note struct {
	back               bool
	kind, name, client string
	count              int64
}

// annotated returns a message with some annotations.
func annotated(notes []note) *edits.Message {
	events := []*madang.Event{event(1, madang.MessageEvent, madang.Message{Data: []byte("m"), Type: madang.Text}, shape.Extras{})}
	for i, n := range notes {
		x := &shape.Note{Action: protocol.AnnotationCreate, Serial: serial(1), Type: n.kind, Count: n.count}
		if n.back {
			x.Action = protocol.AnnotationDelete
		}
		events = append(events, event(2+i, madang.NoteEvent, madang.Message{Name: n.name, Sender: madang.Sender{User: n.client}}, shape.Extras{Note: x}))
	}
	return fold(events).Message(serial(1))
}

// summary is what is told, as a client reads it.
type summary map[string]map[string]any

func summaryOf(t interface{ Fatalf(string, ...any) }, m *edits.Message, limit int) (s summary) {
	raw := m.Summary(limit)
	if raw == nil {
		return nil
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return s
}

// Brute force: whether a client counts under a name is asked of all annotations, for each client and name anew.
type brute []note

// last returns the last annotation of a type for which f holds.
func (b brute) last(kind string, f func(note) bool) (found note, ok bool) {
	for _, n := range slices.Backward(b) {
		if n.kind == kind && f(n) {
			return n, true
		}
	}
	return found, false
}

func (b brute) counts(kind, name, client string) (n int64) {
	switch edits.MethodOf(kind) {
	case edits.Flag:
		if last, ok := b.last(kind, func(x note) bool { return x.client == client }); ok && !last.back {
			return 1
		}
	case edits.Distinct:
		if last, ok := b.last(kind, func(x note) bool { return x.client == client && x.name == name }); ok && !last.back {
			return 1
		}
	case edits.Unique: // the last that says anything of this name: another name ends it, and so does taking it back
		last, ok := b.last(kind, func(x note) bool { return x.client == client && (!x.back || x.name == name || x.name == "") })
		if ok && !last.back && last.name == name {
			return 1
		}
	case edits.Multiple:
		for _, x := range b {
			switch {
			case x.kind != kind || x.client != client || x.name != name || x.back && client == "":
			case x.back:
				n = 0
			default:
				n += max(1, x.count)
			}
		}
	}
	return n
}

func TestSummaryAgainstBruteForce(t *testing.T) {
	kinds := []string{"a:total.v1", "a:flag.v1", "a:distinct.v1", "a:unique.v1", "a:multiple.v1", "b:multiple.v1", "c:other.v1", "comment:text.v1"}
	clients, names := []string{"", "kim", "lee", "한"}, []string{"👍", "x", "y"}
	rapid.Check(t, func(t *rapid.T) {
		notes := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) note {
			n := note{
				back: rapid.IntRange(0, 2).Draw(t, "back") == 0, kind: rapid.SampledFrom(kinds).Draw(t, "type"),
				name: rapid.SampledFrom(names).Draw(t, "name"), client: rapid.SampledFrom(clients).Draw(t, "client"),
				count: rapid.Int64Range(0, 3).Draw(t, "count"),
			}
			if n.back && n.kind == "a:unique.v1" && rapid.Bool().Draw(t, "any name") {
				n.name = ""
			}
			return n
		}), 0, 30).Draw(t, "notes")
		got := summaryOf(t, annotated(notes), 1<<20)
		for _, kind := range kinds {
			if _, ok := brute(notes).last(kind, func(note) bool { return true }); !ok || edits.MethodOf(kind) == edits.None {
				if got[kind] != nil {
					t.Fatalf("%s is summed: %v", kind, got)
				}
				continue
			}
			checkKind(t, kind, got[kind], notes, clients, names)
		}
	})
}

func checkKind(t *rapid.T, kind string, got map[string]any, b brute, clients, names []string) {
	switch edits.MethodOf(kind) {
	case edits.Total:
		n := 0.0
		for _, x := range b {
			if x.kind == kind && !x.back {
				n++
			} else if x.kind == kind && n > 0 {
				n--
			}
		}
		if got["total"] != n {
			t.Fatalf("%s: %v, want %v", kind, got, n)
		}
	case edits.Flag:
		checkGroup(t, kind, got, b, "", clients)
	default:
		for _, name := range names {
			g, _ := got[name].(map[string]any)
			checkGroup(t, kind+" "+name, g, b, name, clients)
		}
	}
}

func checkGroup(t *rapid.T, what string, got map[string]any, b brute, name string, clients []string) {
	kind, _, _ := strings.Cut(what, " ")
	multiple := edits.MethodOf(kind) == edits.Multiple
	total, who := 0.0, 0
	for _, c := range clients {
		n := b.counts(kind, name, c)
		if c == "" && !multiple {
			continue
		}
		total += float64(n)
		listed := int64(0)
		switch ids := got["clientIds"].(type) {
		case []any:
			for _, id := range ids {
				if id == c {
					listed++
				}
			}
		case map[string]any:
			f, _ := ids[c].(float64)
			listed = int64(f)
		}
		if c == "" {
			f, _ := got["totalUnidentified"].(float64)
			listed = int64(f)
		} else if n > 0 {
			who++
		}
		if listed != n {
			t.Fatalf("%s: %q counts %d, want %d: %v", what, c, listed, n, got)
		}
	}
	switch {
	case got == nil && total == 0:
	case got["total"] != total || got["clipped"] != false:
		t.Fatalf("%s: %v, want a total of %v", what, got, total)
	case multiple && got["totalClientIds"] != float64(who):
		t.Fatalf("%s: %v, want %d clients", what, got, who)
	}
}

// What does not fit is cut, says so, and keeps its totals.
func TestClipped(t *testing.T) {
	var notes []note
	for i := range 250 {
		for _, kind := range []string{"a:flag.v1", "a:distinct.v1", "a:multiple.v1"} {
			notes = append(notes, note{kind: kind, name: "n", client: fmt.Sprintf("client-%03d", i), count: 2})
		}
	}
	m := annotated(notes)
	for _, c := range []struct{ limit, listed int }{{1 << 20, 250}, {12_000, 250}, {7_000, 100}, {1_000, 10}, {450, 0}} {
		s := summaryOf(t, m, c.limit)
		flag, distinct, multiple := s["a:flag.v1"], s["a:distinct.v1"]["n"].(map[string]any), s["a:multiple.v1"]["n"].(map[string]any)
		for _, g := range []map[string]any{flag, distinct} {
			if ids := g["clientIds"].([]any); len(ids) != c.listed || g["clipped"] != (c.listed < 250) || g["total"] != 250.0 || len(ids) > 0 && ids[0] != "client-000" {
				t.Errorf("in %d bytes: %v", c.limit, g)
			}
		}
		if ids := multiple["clientIds"].(map[string]any); len(ids) != c.listed || multiple["clipped"] != (c.listed < 250) ||
			multiple["total"] != 500.0 || multiple["totalClientIds"] != 250.0 {
			t.Errorf("in %d bytes: %v", c.limit, multiple)
		}
		if size := len(m.Summary(c.limit)); size > c.limit && c.listed > 0 {
			t.Errorf("%d bytes, more than %d", size, c.limit)
		}
	}
}

// A summary comes with the message, also when it has not been changed otherwise, and with nothing else of it changed.
func TestSummed(t *testing.T) {
	m := annotated([]note{{kind: "a:total.v1"}, {kind: "a:text.v1"}})
	got := shape.Message(m.Summed(1000))
	if string(got.Summary) != `{"a:total.v1":{"total":1}}` || got.Action != protocol.MessageCreate || got.Serial != serial(1) || got.Version != nil {
		t.Errorf("%+v", got)
	}
	if !m.Edited() || m.Annotated() != position(3) || len(m.Annotations()) != 2 {
		t.Errorf("edited %v, annotated at %v, %d annotations", m.Edited(), m.Annotated(), len(m.Annotations()))
	}
	if m := annotated([]note{{kind: "a:text.v1"}}); m.Summary(1000) != nil {
		t.Errorf("%s", m.Summary(1000))
	}
	plain := annotated(nil)
	if plain.Edited() || plain.Annotated() != (madang.Position{}) || !reflect.DeepEqual(plain.Latest(), plain.Base()) {
		t.Error("a message that nobody has touched is not what was published")
	}
}

func TestTypes(t *testing.T) {
	for kind, want := range map[string]edits.Method{
		"a:total.v1": edits.Total, "a:flag.v1": edits.Flag, "reaction:unique.v1": edits.Unique, "한:multiple.v1": edits.Multiple,
		"a:distinct.v2": edits.None, "a:other.v1": edits.None,
	} {
		if got := edits.MethodOf(kind); got != want || !edits.ValidType(kind) {
			t.Errorf("%s is summed by %q; valid: %v", kind, got, edits.ValidType(kind))
		}
	}
	for _, bad := range []string{"", ":", "total.v1", ":total.v1", "a:total", "a:b:total.v1", "a:total.v1\n", "a:.v1", "a:total.vx"} {
		if edits.ValidType(bad) {
			t.Errorf("%q passes", bad)
		}
	}
}

// TestManyNames annotates under more names and types than a summary has room for.
func TestManyNames(t *testing.T) {
	const limit = 64 << 10
	for _, method := range []string{"distinct", "unique", "multiple"} {
		var notes []note
		for i := range 1000 {
			name := fmt.Sprint(strings.Repeat("<", 250), i)
			notes = append(notes, note{kind: "a:" + method + ".v1", name: name, client: fmt.Sprint("client-", i)})
		}
		for i := range 3 {
			notes = append(notes, note{kind: "a:" + method + ".v1", name: "liked", client: fmt.Sprint("fan-", i)})
		}
		m := annotated(notes)
		if n := len(m.Summary(limit)); n > limit {
			t.Errorf("%s: %d bytes", method, n)
		}
		if got := summaryOf(t, m, limit)["a:"+method+".v1"]["liked"]; got == nil || got.(map[string]any)["total"] != 3.0 {
			t.Errorf("%s: what counts most is %v", method, got)
		}
	}
	var notes []note
	for i := range 1000 {
		notes = append(notes, note{kind: fmt.Sprint(strings.Repeat("<", 200), i, ":total.v1")})
	}
	if n := len(annotated(notes).Summary(limit)); n > limit || n == 0 {
		t.Errorf("types: %d bytes", n)
	}
}
