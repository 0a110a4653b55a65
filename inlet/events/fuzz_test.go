package events

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"madang"
	"madang/internal/convention"
)

// seeds are bodies that meant something to somebody.
func seeds(f *testing.F) {
	for _, s := range []string{
		`{"name":"App\\Events\\MessageSent","data":"{\"text\":\"\\uc548\\ub155\\\/hello\"}","channels":["news","private-chat.1"],"socket_id":"123.456"}`,
		`{"name":"e","channel":"private-encrypted-a","data":"{\"nonce\":\"\",\"ciphertext\":\"\"}","info":"user_count,cache"}`,
		`{"batch":[{"name":"e","channel":"c","data":"1"},{"name":"e","channel":"#server-to-user-1","data":"","socket_id":"1.2","info":"cache"}]}`,
		`{"channel":"c","name":"e","data":{"b":1,"a":[12345678901234567890]},"socket_id":null}`,
		`{"channels":null,"channel":"c","name":"e","data":-0.0e5}`,
		`{"name":7,"channels":"c","data":null}`, `[]`, `null`, `{"a":{"b":[]}}`, "{\"name\":\"\xff\"}",
	} {
		f.Add([]byte(s))
	}
}

// checkEvent fails if an event was accepted that must not be published.
func checkEvent(t *testing.T, e event, pusher bool) {
	t.Helper()
	if e.name == "" || !utf8.ValidString(e.name) || !utf8.Valid(e.data) {
		t.Fatalf("event %q, data %q", e.name, e.data)
	}
	if e.typ == madang.JSON && !json.Valid(e.data) || e.typ != madang.JSON && e.typ != madang.Text {
		t.Fatalf("type %d of %q", e.typ, e.data)
	}
	if e.skip != "" && !e.skip.Valid() {
		t.Fatalf("skips %q", e.skip)
	}
	for _, name := range e.channels {
		if pusher && !convention.ValidName(name) {
			t.Fatalf("channel %q", name)
		}
		if err := (madang.Channel{App: "a", Name: name}).Validate(); err != nil {
			t.Fatal(err)
		}
		c := (&call{app: &madang.App{ID: "a"}}).target(name)
		if c.Reserved() != strings.HasPrefix(c.Name, "$user/") {
			t.Fatalf("%q leads to %v", name, c)
		}
	}
}

func FuzzPusherEvent(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := parseEvent(body, 100)
		if err != nil {
			if text := failure(err); text.status < 400 || text.status >= 500 || len(text.text) > 2000 {
				t.Fatalf("refused with %d %q", text.status, text.text)
			}
			return
		}
		checkEvent(t, e, true)
		if len(e.channels) == 0 || len(e.channels) > maxChannels || len(e.data) > 100 {
			t.Fatalf("%d channels, %d bytes", len(e.channels), len(e.data))
		}
	})
}

func FuzzPusherBatch(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		all, err := parseBatch(body, 100)
		if err != nil {
			return
		}
		if len(all) == 0 || len(all) > maxBatch {
			t.Fatalf("%d events", len(all))
		}
		for _, e := range all {
			if len(e.channels) != 1 {
				t.Fatalf("%d channels", len(e.channels))
			}
			checkEvent(t, e, true)
		}
	})
}

func FuzzEchoEvent(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := parseEcho(body, 100)
		if err != nil {
			return
		}
		checkEvent(t, e, false)
		if !json.Valid(body) || len(e.channels) > maxEchoChannels || len(e.data) > 100 {
			t.Fatalf("%d channels, %d bytes", len(e.channels), len(e.data))
		}
	})
}

// Whatever text a backend gives as data comes out as that text.
func FuzzData(f *testing.F) {
	for _, s := range []string{"", "x", `{"a":1,"a":2}`, `"\ud800"`, `12345678901234567890.10`, " [1] ", "\u2028<&>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, data string) {
		if !utf8.ValidString(data) {
			return // JSON cannot carry it
		}
		body, err := json.Marshal(map[string]string{"name": "e", "channel": "c", "data": data})
		if err != nil {
			t.Fatal(err)
		}
		for _, body := range [][]byte{body, bytes.ReplaceAll(body, []byte("/"), []byte(`\/`))} {
			e, err := parseEvent(body, 0)
			if err != nil {
				t.Fatal(err)
			}
			if got := convention.ToText(&madang.Message{Data: e.data, Type: e.typ}); got != data {
				t.Fatalf("%q became %q", data, got)
			}
			if echo, err := parseEcho(body, len(data)); data == "" != (err != nil) || err == nil && string(echo.data) != data {
				t.Fatalf("%q became %q, %v", data, echo.data, err)
			}
		}
	})
}

// Queries without the liberties that parseQuery takes are read as net/url does.
func FuzzQuery(f *testing.F) {
	for _, s := range []string{"a=1&b=%20+%2B", "info[0]=a&info%5B1%5D=b", "a;b=c", "=&&a", "%zz=%", "a=1&a=2", "[]=x", "a[=b&a]=c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		q := parseQuery(raw)
		for name, values := range q {
			if len(values) != 1 {
				t.Fatalf("%q has %d values", name, len(values))
			}
		}
		want, err := url.ParseQuery(raw)
		if err != nil {
			return
		}
		for name := range want {
			if name != strings.ToLower(name) || strings.Contains(name, "[") {
				return
			}
		}
		for name, values := range want {
			if q.Get(name) != values[0] {
				t.Fatalf("%q is %q, want %q", name, q.Get(name), values[0])
			}
		}
	})
}
