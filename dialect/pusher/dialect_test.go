package pusher

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"madang"
	"madang/internal/convention"
	"madang/internal/ws"
	"madang/madangtest"
)

func TestContract(t *testing.T) {
	madangtest.TestDialect(t, func(*testing.T) madang.Dialect { return dialect{} })
}

// text encodes an event and returns its text.
func text(t interface{ Fatalf(string, ...any) }, e *madang.Event) string {
	b, err := dialect{}.Encode(nil, e)
	if err != nil || len(b) == 0 {
		t.Fatalf("%+v: %q, %v", e, b, err)
	}
	f, rest, ok := ws.Next(b)
	if !ok || len(rest) > 0 || f.Op != ws.Text || !f.Fin {
		t.Fatalf("no single frame: %q", b)
	}
	return string(f.Payload)
}

func event(channel, name string, data string, typ madang.DataType) *madang.Event {
	c := madang.Channel{App: "a", Name: channel}
	return &madang.Event{Channel: c, Message: &madang.Message{Channel: c, Name: name, Data: []byte(data), Type: typ}}
}

func TestEncode(t *testing.T) {
	for _, c := range []struct {
		e    *madang.Event
		want string
	}{
		{event("news", "e", `{"a":"</b>"}`, madang.JSON), `{"event":"e","channel":"news","data":"{\"a\":\"</b>\"}"}`},
		{event("news", "e", `text`, madang.Text), `{"event":"e","channel":"news","data":"text"}`},
		{event("news", "e", "\x00\xff", madang.Binary), `{"event":"e","channel":"news","data":"AP8="}`},
		{event("news", "e", `["a",1]`, madang.Args), `{"event":"e","channel":"news","data":"[\"a\",1]"}`},
		{event("news", "e", ``, madang.JSON), `{"event":"e","channel":"news","data":""}`},
		{event("$user/7", "e", `1`, madang.JSON), `{"event":"e","channel":"#server-to-user-7","data":"1"}`},
		{event("private-x", "client-e", `{"a":1}`, madang.JSON), `{"event":"client-e","channel":"private-x","data":{"a":1}}`},
		{event("private-x", "client-e", `text`, madang.Text), `{"event":"client-e","channel":"private-x","data":"text"}`},
		{event("private-x", "client-e", `{"a":`, madang.JSON), `{"event":"client-e","channel":"private-x","data":"{\"a\":"}`},
	} {
		if got := text(t, c.e); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
	whisper := event("presence-x", "client-e", `1`, madang.JSON)
	whisper.Message.Sender.User = "u"
	if got := text(t, whisper); got != `{"event":"client-e","channel":"presence-x","data":1,"user_id":"u"}` {
		t.Errorf("of another dialect's member: %s", got)
	}
	member := &madang.Member{User: "7", RawUser: []byte("7"), Data: []byte(`{`)}
	e := &madang.Event{Kind: madang.EnterEvent, Channel: madang.Channel{App: "a", Name: "presence-x"}, Member: member, First: true}
	if got := text(t, e); got != `{"event":"pusher_internal:member_added","channel":"presence-x","data":"{\"user_id\":7,\"user_info\":\"{\"}"}` {
		t.Errorf("a member with broken data: %s", got)
	}
	for _, length := range []int{0, 60, 90, 125, 126, 127, 1000, 65_400, 65_500, 65_536, 70_000} { // headers of all sizes
		if got := text(t, event("c", "e", strings.Repeat("x", length), madang.Text)); len(got) != length+len(`{"event":"e","channel":"c","data":""}`) {
			t.Errorf("%d: %d", length, len(got))
		}
	}
}

// TestForeignNames encodes what clients of other protocols publish under names of this one.
func TestForeignNames(t *testing.T) {
	for _, name := range []string{"pusher:error", "pusher_internal:member_added", "pusher_internal:subscription_count"} {
		e := event("presence-x", name, `{"user_id":"root"}`, madang.JSON)
		e.Message.ID = "chosen"
		if b, err := (dialect{}).Encode(nil, e); err != nil || len(b) > 0 {
			t.Errorf("%s: %q (%v)", name, b, err)
		}
		e.Message.ID, e.Message.Sender.Conn = "", "1.2"
		if b, err := (dialect{}).Encode(nil, e); err != nil || len(b) > 0 {
			t.Errorf("%s of a connection: %q (%v)", name, b, err)
		}
	}
}

// Data survives the way from a backend's or client's words into the core and onto the wire.
func TestDataSurvives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.Map(value(3), func(v any) string {
			b, _ := json.Marshal(v)
			return string(b)
		})).Draw(t, "text")
		data, typ := convention.FromText(s)
		var f struct{ Data string }
		if got := text(t, event("c", "e", string(data), typ)); json.Unmarshal([]byte(got), &f) != nil || f.Data != s {
			t.Fatalf("%q became %s", s, got)
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		v, _ := json.Marshal(value(3).Draw(t, "value"))
		var f struct{ Data json.RawMessage }
		got := text(t, event("private-c", "client-e", string(v), madang.JSON))
		if json.Unmarshal([]byte(got), &f) != nil || string(f.Data) != string(v) {
			t.Fatalf("%s became %s", v, got)
		}
	})
}

// value generates JSON values.
func value(depth int) *rapid.Generator[any] {
	simple := rapid.OneOf(
		rapid.Map(rapid.String(), func(s string) any { return s }), rapid.Map(rapid.Int64(), func(n int64) any { return n }),
		rapid.Map(rapid.Bool(), func(b bool) any { return b }), rapid.Just[any](nil), rapid.Just[any](json.Number("12345678901234567890.50")),
	)
	if depth == 0 {
		return simple
	}
	return rapid.OneOf(simple,
		rapid.Map(rapid.SliceOfN(value(depth-1), 0, 3), func(a []any) any { return a }),
		rapid.Map(rapid.MapOfN(rapid.String(), value(depth-1), 0, 3), func(m map[string]any) any { return m }))
}

func TestMembers(t *testing.T) {
	for data, want := range map[string]madang.Member{
		`{"user_id":"a","user_info":{"x":1}}`:   {User: "a", Data: []byte(`{"x":1}`)},
		`{"user_id":7}`:                         {User: "7", RawUser: []byte("7")},
		`{"user_id":12345678901234567890}`:      {User: "12345678901234567890", RawUser: []byte("12345678901234567890")},
		`{"user_id":"\u00e9","user_info":null}`: {User: "é"},
	} {
		m, err := memberOf([]byte(data))
		if err != nil || m.User != want.User || string(m.RawUser) != string(want.RawUser) || string(m.Data) != string(want.Data) {
			t.Errorf("%s: %+v, %v", data, m, err)
		}
	}
}

// The core's name of a user's channel is what the wire's name is made from.
func TestUserChannels(t *testing.T) {
	if got := wireName(madang.UserChannel("a", "u/1").Name); got != "#server-to-user-u/1" {
		t.Error(got)
	}
	if got := Channel("a", "#server-to-user-u"); got != madang.UserChannel("a", "u") {
		t.Error(got)
	}
}
