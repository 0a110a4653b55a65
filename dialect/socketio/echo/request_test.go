package echo

import (
	"strings"
	"testing"
	"unicode/utf8"

	"madang"
)

// hostile are arguments that other servers die of, and what a client says in earnest.
func hostile() []string {
	return []string{
		"", "null", "5", "true", `""`, `"x"`, "[]", "{}", `{"channel":null}`, `{"channel":5}`, `{"channel":{}}`, `{"channel":""}`,
		`{"channel":"a\u0000b"}`, `{"channel":"$sio/"}`, `{"channel":"news","auth":null}`, `{"channel":"news","auth":{"headers":5}}`,
		`{"channel":"news","auth":{"headers":{"a":{}," b":"c","d":"e\r\nf: g"}}}`, `{"channel":"` + strings.Repeat("x", 600) + `"}`,
		`{"channel":"private-a","event":"client-x","data":{"a":[1,2,{"b":null}]}}`, `{"channel":"private-a","event":5}`,
		`"{\"channel\":\"private-a\",\"event\":\"client-x\"}"`, `{"Channel":"news"}`, `{"channel":"\ud800"}`, `{"channel":"a","channel":"b"}`,
		strings.Repeat("[", 100_000), `{"channel":"news"`,
	}
}

func TestWhatIsNoRequest(t *testing.T) {
	good := map[string]bool{}
	for _, arg := range hostile() {
		if s, ok := parseSubscription([]byte(arg)); ok {
			good[s.channel] = true
		}
	}
	for _, name := range []string{"$sio/", "news", "private-a", "\ufffd", "b"} {
		if !good[name] {
			t.Errorf("%q is no channel", name)
		}
		delete(good, name)
	}
	if len(good) > 0 {
		t.Errorf("channels: %v", good)
	}
}

func FuzzSubscription(f *testing.F) {
	for _, s := range hostile() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, arg string) {
		s, ok := parseSubscription([]byte(arg))
		channel, leave := parseUnsubscription([]byte(arg))
		if ok != leave || s.channel != channel {
			t.Fatalf("subscribe %q %v, unsubscribe %q %v", s.channel, ok, channel, leave)
		}
		if !ok {
			return
		}
		if c := (madang.Channel{Name: channel}); len(channel) > madang.MaxChannelName || !c.Reserved() && c.Validate() != nil {
			t.Fatalf("channel %q", channel)
		}
		h := map[string][]string{"Cookie": {"mine"}}
		if err := authHeaders(s.auth, h); err != nil {
			return
		}
		for k, vs := range h {
			if !isToken(k) || len(vs) != 1 || strings.ContainsAny(vs[0], "\r\n\x00") {
				t.Fatalf("header %q: %q", k, vs)
			}
		}
	})
}

func FuzzClientEvent(f *testing.F) {
	for _, s := range hostile() {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, arg string) {
		e, ok := parseClientEvent([]byte(arg))
		if !ok {
			return
		}
		if !utf8.ValidString(e.event) || len(e.event) > 200 || e.channel == "" {
			t.Fatalf("%+v", e)
		}
		if m := (&madang.Message{Name: e.event, Channel: madang.Channel{Name: e.channel}, Data: e.data}); true {
			if out := (shape{}).Message(nil, m); object([]byte(`{"all":[`+string(out)+`]}`)) == nil && utf8.ValidString(arg) {
				t.Fatalf("%s", out)
			}
		}
	})
}
