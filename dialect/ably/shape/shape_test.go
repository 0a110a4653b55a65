package shape_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"madang"
	"madang/dialect/ably/protocol"
	"madang/dialect/ably/shape"
	"madang/dialect/ably/token"
)

func TestFilter(t *testing.T) {
	for wire, want := range map[string][4]string{
		"room":                      {"", "", "room", ""},
		"[]room":                    {"[]", "", "room", ""},
		"[?rewind=1]room":           {"[?rewind=1]", "rewind=1", "room", ""},
		"[filter=bg==]room":         {"[filter=bg==]", "", "room", "bg=="},
		"[filter=bg==?rewind=1]a?b": {"[filter=bg==?rewind=1]", "rewind=1", "a?b", "bg=="},
	} {
		qualifier, query, name, err := shape.SplitName(wire)
		filter, filtered := shape.Filter(qualifier)
		if got := [4]string{qualifier, query, name, filter}; err != nil || got != want || filtered != (want[3] != "") {
			t.Errorf("%s: %q, %v, %v", wire, got, filtered, err)
		}
	}
	for _, bad := range []string{"[meta]room", "[filter]room", "[filter=x", "[xfilter=x]room", "[filter=x]", "[meta?rewind=1]room"} {
		if _, _, _, err := shape.SplitName(bad); err == nil {
			t.Errorf("%s is a name", bad)
		}
	}
}

func TestSerialsSortAndReturn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		epoch := rapid.StringMatching(`[a-zA-Z0-9_-]{1,22}`).Draw(t, "epoch")
		a := madang.Position{Epoch: epoch, Offset: rapid.Uint64().Draw(t, "a")}
		b := madang.Position{Epoch: epoch, Offset: rapid.Uint64().Draw(t, "b")}
		if (a.Offset < b.Offset) != (shape.Serial(a) < shape.Serial(b)) {
			t.Fatalf("%s and %s do not sort like their offsets", shape.Serial(a), shape.Serial(b))
		}
		for _, text := range []string{shape.Serial(a), shape.MessageSerial(a)} {
			if p, ok := shape.ParseSerial(text); !ok || p != a {
				t.Fatalf("%s was read as %v, %v", text, p, ok)
			}
		}
	})
	if shape.Serial(madang.Position{}) != "" || shape.MessageSerial(madang.Position{}) != "" {
		t.Error("no position has a serial")
	}
	for _, bad := range []string{"11@e:1", "11@e:", "11@e:0:0", "11@e:0\n", "11@e:x", "", "@", "11@", "1@x", "21@x", "1z@", "1A@x", "200@x", "x1@x", "1-@x"} {
		if p, ok := shape.ParseSerial(bad); ok {
			t.Errorf("%q was read as %v", bad, p)
		}
	}
}

func TestNames(t *testing.T) {
	for wire, want := range map[string][3]string{
		"room": {"", "", "room"}, "a:b/c d": {"", "", "a:b/c d"}, "[?rewind=1]room": {"[?rewind=1]", "rewind=1", "room"},
		"[]room": {"[]", "", "room"},
	} {
		if a, b, c, err := shape.SplitName(wire); err != nil || [3]string{a, b, c} != want {
			t.Errorf("%q: %q %q %q (%v)", wire, a, b, c, err)
		}
	}
	for _, bad := range []string{"", ":a", ",a", " a", "[a", "[meta]log", "[?x", "[?x]", "[?x][y", "$sio/x", "a\nb"} {
		if _, _, name, err := shape.SplitName(bad); err == nil || shape.InfoOf(err).Code != shape.CodeBadChannel {
			t.Errorf("%q is the channel %q (%v)", bad, name, err)
		}
	}
}

func TestDataCrosses(t *testing.T) {
	for _, d := range []protocol.Data{
		{}, {Kind: protocol.Text, Bytes: []byte("한국")}, {Kind: protocol.Text, Bytes: []byte{}}, {Kind: protocol.Binary, Bytes: []byte{0, 255}},
		{Kind: protocol.Value, Bytes: []byte(`{"a":1}`)},
	} {
		b, typ := shape.ToCore(d)
		if got := shape.ToWire(b, typ); !reflect.DeepEqual(got, d) {
			t.Errorf("%v became %v", d, got)
		}
	}
	if got := shape.ToWire([]byte{255}, madang.Text); got.Kind != protocol.Binary {
		t.Errorf("text that is none is %v", got)
	}
	m := shape.Message(&madang.Message{
		Type: madang.Args, Data: []byte(`[{"_placeholder":true,"num":0}]`), Attachments: [][]byte{{1, 2}},
		Pos: madang.Position{Epoch: "e", Offset: 1}, Sender: madang.Sender{Conn: "1.2.0", User: "kim"}, Time: time.UnixMilli(5),
		Extras: shape.Extras{Extras: []byte(`{"headers":{}}`)}.Raw(),
	})
	want := protocol.Message{
		ID: "11@e:0", Serial: "11@e:0", Data: protocol.Data{Kind: protocol.Binary, Bytes: []byte{1, 2}}, ConnectionID: "1.2",
		ClientID: "kim", Timestamp: 5, Extras: []byte(`{"headers":{}}`),
	}
	if !reflect.DeepEqual(m, want) {
		t.Errorf("%+v", m)
	}
}

func TestMembers(t *testing.T) {
	m := &madang.Member{
		User: "kim", Conn: "1.2.3", Data: []byte(`"x"`), Since: time.UnixMilli(7),
		Extras: shape.Extras{ID: "1.2:0:0", LeaveID: "1.2:1:0"}.Raw(),
	}
	if p := shape.Presence(m, protocol.PresencePresent); p.ID != "1.2:0:0" || p.ConnectionID != "1.2" || p.Timestamp != 7 || p.ClientID != "kim" {
		t.Errorf("%+v", p)
	}
	if p := shape.Presence(m, protocol.PresenceLeave); p.ID != "1.2:1:0" {
		t.Errorf("%+v", p)
	}
	secret := madang.ConnID("1.234567890")
	if alias := shape.ConnectionID(secret); alias == string(secret) || alias == "" || alias != shape.ConnectionID(secret) {
		t.Errorf("the alias is %q", alias)
	}
	if shape.ConnID("1.2", 3) != m.Conn {
		t.Error(shape.ConnID("1.2", 3))
	}
}

func TestErrors(t *testing.T) {
	for code, status := range map[int]int{
		40000: 400, 40009: 413, 40010: 400, 40101: 401, 40160: 401, 40300: 403, 40400: 404, 42911: 429, 50000: 500, 50003: 503,
		90005: 400, 93002: 400,
	} {
		if e := shape.Info(code, "x"); e.StatusCode != status {
			t.Errorf("%d has the status %d", code, e.StatusCode)
		}
	}
	for err, code := range map[error]int{
		madang.ErrForbidden: 40160, madang.ErrUnauthenticated: 40101, madang.ErrInvalid: 40000, madang.ErrTooMany: 42911,
		madang.ErrNotFound: 40400, madang.ErrLost: 90005, madang.ErrClosed: 50003, errors.New("secret"): 50000,
		&token.Error{Code: 40142, Status: 401, Message: "m"}: 40142, shape.Info(40010, "m"): 40010,
	} {
		if e := shape.InfoOf(fmt.Errorf("secret: %w", err)); e.Code != code || e.Message == "" || e.Message == "secret" {
			t.Errorf("%v is %+v", err, e)
		}
	}
}

// TestAbout looks for what an entry is about in extras that a client has filled.
func TestAbout(t *testing.T) {
	const serial = "2zz@epoch:0"
	filled := json.RawMessage(`{"edit":{"serial":"` + serial + `"},"note":1,"x":"` + strings.Repeat("y", 1000) + `"}`)
	for _, x := range []shape.Extras{
		{Extras: filled, Edit: &shape.Edit{Action: 1, Serial: serial, ClientID: strings.Repeat("k", 1000), Metadata: filled}},
		{Extras: filled, Note: &shape.Note{Action: 1, Serial: serial, Type: "a:flag.v1"}, ID: "id", Summary: filled},
	} {
		if raw := x.Raw(); !shape.Changes(raw) || !shape.About(raw, serial) || shape.About(raw, "2zy@epoch:0") {
			t.Errorf("%.100s…: not about its message, or about another", raw)
		}
	}
	raw := shape.Extras{Extras: filled, ID: serial}.Raw()
	if shape.Changes(raw) || shape.About(raw, serial) {
		t.Errorf("%.100s…: what a client wrote passes for a change", raw)
	}
}
