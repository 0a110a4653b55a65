package laravel

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// What Laravel 8.83 publishes, byte for byte.
const (
	sent    = `{"event":"App\\Events\\MessageSent","data":{"text":"\uc548\ub155\/hello","n":1,"nested":{"a":[]},"socket":"12.34"},"socket":"12.34"}`
	shipped = `{"event":"order.shipped","data":{"order":{"id":7},"socket":null},"socket":null}`
)

func TestParse(t *testing.T) {
	for _, x := range []struct{ in, event, data, skip string }{
		{sent, `App\Events\MessageSent`, `{"text":"\uc548\ub155\/hello","n":1,"nested":{"a":[]},"socket":"12.34"}`, "12.34"},
		{shipped, "order.shipped", `{"order":{"id":7},"socket":null}`, ""},
		{`{"event":"e","data":[],"socket":null}`, "e", `[]`, ""},
		{`{"event":"e","data":{}}`, "e", `{}`, ""},
		{`{"event":"e","data":null}`, "e", `null`, ""},
		{`{"event":"e","data":12345678901234567890}`, "e", `12345678901234567890`, ""},
		{` { "data" : "text" , "event" : "\uc548" } `, "안", `"text"`, ""},
		{`{"event":"e","data":1,"socket":"DAJJ69BHuCfK833DAAAA"}`, "e", "1", ""},
		{`{"event":"e","data":1,"socket":12.34}`, "e", "1", ""},
		{`{"event":"e","data":1,"socket":"12."}`, "e", "1", ""},
		{`{"event":"e","data":1,"socket":".12"}`, "e", "1", ""},
		{`{"event":"e","data":1,"socket":"1.2.3"}`, "e", "1", ""},
		{`{"event":"e","data":1,"socket":"` + strings.Repeat("1", 70) + `.2"}`, "e", "1", ""},
	} {
		p, err := parse([]byte(x.in))
		if err != nil || p.event != x.event || string(p.data) != x.data || string(p.skip) != x.skip {
			t.Errorf("%s: %q %s %q, %v", x.in, p.event, p.data, p.skip, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for in, want := range map[string]error{
		``: errNotJSON, `null`: errNotJSON, `[]`: errNotJSON, `"text"`: errNotJSON, `7`: errNotJSON, `{"event":"e","data":1`: errNotJSON,
		`{"event":"e","data":1} x`:          errNotJSON,
		"{\"event\":\"\xff\",\"data\":1}":   errNotJSON,
		`{}`:                                errShape,
		`{"event":"e"}`:                     errShape,
		`{"data":1}`:                        errShape,
		`{"event":"","data":1}`:             errShape,
		`{"event":7,"data":1}`:              errShape,
		`{"event":"pusher:error","data":1}`: errReserved, `{"event":"pusher_internal:member_added","data":"{}"}`: errReserved,
		`{"Event":"e","DATA":1}`: errShape,
		// laravel-echo-server's own publishPresence, which an empty prefix hears
		`{"event":{"channel":"presence-room.9:members","members":[]}}`: errShape,
	} {
		if _, err := parse([]byte(in)); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", in, err, want)
		}
	}
}

func TestStripSocket(t *testing.T) {
	for in, want := range map[string]string{
		`{"a":1,"socket":"1.2"}`:                         `{"a":1}`,
		`{"socket":"1.2","a":1, "b" : "\/"}`:             `{"a":1,"b" : "\/"}`,
		`{"socket":null,"a":1}`:                          `{"socket":null,"a":1}`, // nobody is left out
		`{"socket":"AM5"}`:                               `{"socket":"AM5"}`,      // something of the app's own
		`{"socket":"1.2","socket":"\u0033.4","a":1}`:     `{"a":1}`,
		`{"socket":"1.2"}`:                               `{}`,
		`{"\u0073ocket":"1.2","n":12345678901234567890}`: `{"n":12345678901234567890}`,
		`{"a":{"socket":1}}`:                             `{"a":{"socket":1}}`,
		`[]`:                                             `[]`, `{}`: `{}`, `null`: `null`, `"socket"`: `"socket"`, ``: ``, `{"socket":1`: `{"socket":1`,
	} {
		if got := string(stripSocket([]byte(in))); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

// Whatever the object, what is left is valid and has the same members but for that one, byte for byte.
func TestStripSocketKeepsTheRest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		members := rapid.MapOf(rapid.SampledFrom([]string{"socket", "a", "b c", "안녕", `"`, "Socket"}),
			rapid.SampledFrom([]string{"1", "null", `"1.2"`, `"\/\u00e9"`, `{"socket":[1, 2]}`, "[]", "1e400"})).Draw(t, "members")
		in := map[string]json.RawMessage{}
		for k, v := range members {
			in[k] = json.RawMessage(v)
		}
		raw, err := json.MarshalIndent(in, "", rapid.SampledFrom([]string{"", " "}).Draw(t, "indent"))
		if err != nil {
			t.Fatal(err)
		}
		var out map[string]json.RawMessage
		if err := json.Unmarshal(stripSocket(raw), &out); err != nil {
			t.Fatalf("%s: %v", raw, err)
		}
		var all map[string]json.RawMessage
		if err := json.Unmarshal(raw, &all); err != nil {
			t.Fatal(err)
		}
		if string(all["socket"]) == `"1.2"` {
			delete(all, "socket")
		}
		if len(out) != len(all) {
			t.Fatalf("%s: %v", raw, out)
		}
		for k, v := range all {
			if string(out[k]) != string(v) {
				t.Fatalf("%s: %q is %s", raw, k, out[k])
			}
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{sent, shipped, `{"event":"e","data":[],"socket":null}`, `{"event":{"channel":"c"}}`, `{"a"`, `[]`, "\xff"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		p, err := parse(in)
		if err != nil {
			if !errors.Is(err, errNotJSON) && !errors.Is(err, errShape) && !errors.Is(err, errReserved) {
				t.Fatalf("%v", err)
			}
			return
		}
		if p.event == "" || !json.Valid(p.data) || p.skip != "" && !p.skip.Valid() {
			t.Fatalf("%+v", p)
		}
		stripped := stripSocket(p.data)
		if !json.Valid(stripped) || len(stripped) > len(p.data) {
			t.Fatalf("%s became %s", p.data, stripped)
		}
		if again := stripSocket(stripped); string(again) != string(stripped) {
			t.Fatalf("%s became %s", stripped, again)
		}
	})
}
