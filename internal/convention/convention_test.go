package convention

import (
	"context"
	"errors"
	"maps"
	"net/url"
	"testing"
	"time"

	"madang"
)

func TestKinds(t *testing.T) {
	for name, want := range map[string]Kind{
		"news": Public, "my-private-thing": Public, "private-chat.1": Private, "private-encrypted-x": Private,
		"presence-room": Presence, "#server-to-user-7": User, "cache-x": Public, "private": Public,
	} {
		if got := KindOf(name); got != want {
			t.Errorf("%s: %d, want %d", name, got, want)
		}
	}
	for name, want := range map[string]bool{
		"cache-x": true, "private-cache-x": true, "private-encrypted-cache-x": true, "presence-cache-x": true, "my-cache-x": false,
	} {
		if Cached(name) != want {
			t.Errorf("%s: cached is not %v", name, want)
		}
	}
	for name, want := range map[string]bool{
		"a": true, "": false, "a b": false, "한글": false, "#server-to-user-1": true, "#server-to-user-": false, "#x": false,
		"App.Models.User.1": true, string(make([]byte, 201)): false,
	} {
		if ValidName(name) != want {
			t.Errorf("%q: valid is not %v", name, want)
		}
	}
}

func TestNamesOfEvents(t *testing.T) {
	for name, want := range map[string][2]bool{ // reserved, a client's
		"pusher:error": {true, false}, "pusher_internal:member_added": {true, false}, "client-x": {false, true},
		"pusher": {}, "pusherx:": {}, "my-pusher:x": {}, "client": {}, "": {}, "Pusher:error": {},
	} {
		if got := [2]bool{ReservedEvent(name), ClientEvent(name)}; got != want {
			t.Errorf("%q: %v, want %v", name, got, want)
		}
	}
}

// The examples of Pusher's documentation, "Auth signatures" and "HTTP API: Generating authentication signatures".
func TestSignaturesOfTheDocumentation(t *testing.T) {
	const secret = "7ad3773142a6692b25b8"
	if got := Sign(secret, ChannelText("1234.1234", "private-foobar", nil)); got != "58df8b0c36d6982b82c3ecf6b4662e34fe8c25bba48f5369f135bf843651c3a4" {
		t.Errorf("private: %s", got)
	}
	data := `{"user_id":10,"user_info":{"name":"Mr. Channels"}}`
	if got := Sign(secret, ChannelText("1234.1234", "presence-foobar", []byte(data))); got != "31935e7d86dba64c2a90aed31fdc61869f9b22ba9d8863bba239c03ca481bc80" {
		t.Errorf("presence: %s", got)
	}
	body := []byte(`{"name":"foo","channels":["project-3"],"data":"{\"some\":\"data\"}"}`)
	q := url.Values{
		"auth_key": {"278d425bdf160c739803"}, "auth_timestamp": {"1353088179"}, "auth_version": {"1.0"},
		"body_md5":       {"ec365a775a4cd0599faeb73354201b6f"},
		"auth_signature": {"da454824c97ba181a32ccc17a72625ba02771f50b50e1e7430e47a1f3f457e6c"},
	}
	now := time.Unix(1353088179, 0)
	if err := VerifyRequest(secret, "POST", "/apps/3/events", q, body, now.Add(599*time.Second)); err != nil {
		t.Error(err)
	}
	for what, spoil := range map[string]func() (string, url.Values, []byte, time.Time){
		"time":      func() (string, url.Values, []byte, time.Time) { return secret, q, body, now.Add(601 * time.Second) },
		"early":     func() (string, url.Values, []byte, time.Time) { return secret, q, body, now.Add(-601 * time.Second) },
		"body":      func() (string, url.Values, []byte, time.Time) { return secret, q, append(body, ' '), now },
		"no body":   func() (string, url.Values, []byte, time.Time) { return secret, q, nil, now },
		"secret":    func() (string, url.Values, []byte, time.Time) { return secret + "x", q, body, now },
		"no secret": func() (string, url.Values, []byte, time.Time) { return "", q, body, now },
		"parameter": func() (string, url.Values, []byte, time.Time) {
			more := url.Values{"info": {"x"}}
			maps.Copy(more, q)
			return secret, more, body, now
		},
	} {
		s, q, b, now := spoil()
		if err := VerifyRequest(s, "POST", "/apps/3/events", q, b, now); err == nil {
			t.Errorf("%s: accepted", what)
		}
	}
}

func TestData(t *testing.T) {
	for text, want := range map[string]madang.DataType{`{"a":1}`: madang.JSON, `5`: madang.JSON, `hello`: madang.Text, ``: madang.Text, `{"a"`: madang.Text} {
		data, typ := FromText(text)
		if typ != want || string(data) != text || ToText(&madang.Message{Data: data, Type: typ}) != text {
			t.Errorf("%q: %q, %d", text, data, typ)
		}
	}
	if data, typ := FromJSON([]byte(`"{\"n\":12345678901234567890}"`)); string(data) != `{"n":12345678901234567890}` || typ != madang.JSON {
		t.Errorf("%s, %d", data, typ)
	}
}

func TestPolicy(t *testing.T) {
	apps := madang.NewApps(madang.App{ID: "a", Rules: madang.Rules{ClientEvents: true}}, madang.App{ID: "quiet"})
	p := Policy(apps, "ably")
	ask := func(guard, app string, r madang.AccessRequest) string {
		r.Principal = &madang.Principal{App: app, Guard: guard}
		r.Channel.App = app
		g, err := p.Authorize(context.Background(), r)
		switch {
		case errors.Is(err, madang.ErrForbidden):
			return "no"
		case err != nil:
			return err.Error()
		case g == nil:
			return "-"
		}
		return "yes"
	}
	on := func(a madang.Action, channel, event string, in bool) madang.AccessRequest {
		return madang.AccessRequest{Action: a, Channel: madang.Channel{Name: channel}, Name: event, Subscribed: in}
	}
	for _, x := range []struct {
		guard, app string
		r          madang.AccessRequest
		want       string
	}{
		{"", "a", on(madang.ActSubscribe, "news", "", false), "yes"},
		{"", "a", on(madang.ActSubscribe, "private-x", "", false), "-"},
		{"", "a", on(madang.ActSubscribe, "#server-to-user-1", "", false), "-"},
		{"ably", "a", on(madang.ActSubscribe, "news", "", false), "-"},
		{"", "a", on(madang.ActPublish, "private-x", "client-x", true), "yes"},
		{"", "a", on(madang.ActPublish, "private-x", "client-x", false), "no"},
		{"", "a", on(madang.ActPublish, "private-x", "x", true), "-"},
		{"", "a", on(madang.ActPublish, "news", "client-x", true), "no"},
		{"", "a", on(madang.ActPublish, "private-encrypted-x", "client-x", true), "no"},
		{"", "quiet", on(madang.ActPublish, "private-x", "client-x", true), "no"},
		{"", "a", on(madang.ActHistory, "news", "", true), "-"},
	} {
		if got := ask(x.guard, x.app, x.r); got != x.want {
			t.Errorf("%v: %s, want %s", x, got, x.want)
		}
	}
}
