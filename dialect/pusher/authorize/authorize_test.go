package authorize

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"madang"
	"madang/internal/convention"
)

func handler(t *testing.T) http.Handler {
	t.Helper()
	guard := madang.GuardFunc(func(_ context.Context, c madang.Credentials) (*madang.Principal, error) {
		if c.Token == "" || c.App != "a" {
			return nil, madang.ErrUnauthenticated
		}
		return &madang.Principal{App: c.App, User: c.Token, Name: "이름"}, nil
	})
	rooms := madang.PolicyFunc(func(_ context.Context, r madang.AccessRequest) (*madang.Grant, error) {
		switch {
		case r.Action == madang.ActSubscribe && strings.HasSuffix(r.Channel.Name, "-mine"):
			return &madang.Grant{}, nil
		case r.Action == madang.ActSubscribe && strings.HasSuffix(r.Channel.Name, "-shown"):
			return &madang.Grant{Member: &madang.Member{User: "7", Data: []byte(`{"z":1,"a":2}`)}}, nil
		}
		return nil, nil
	})
	hub := madang.New(madang.Config{Guards: map[string]madang.Guard{"api": guard}, Policies: []madang.Policy{rooms}})
	if err := hub.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = hub.Close() })
	apps := madang.NewApps(madang.App{ID: "a", Keys: []madang.Key{{Name: "key", Secret: "secret"}}})
	mux := http.NewServeMux()
	for p, f := range New(hub, apps, "a", slog.New(slog.DiscardHandler)).Routes() {
		mux.Handle(p, f)
	}
	return mux
}

func ask(t *testing.T, h http.Handler, path, token, kind, body string) (int, map[string]string) {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var reply map[string]string
	if err := json.Unmarshal(w.Body.Bytes(), &reply); err != nil {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	return w.Code, reply
}

const formKind = "application/x-www-form-urlencoded"

func form(socket, channel string) string {
	return url.Values{"socket_id": {socket}, "channel_name": {channel}}.Encode()
}

func TestChannelIsSigned(t *testing.T) {
	h := handler(t)
	for _, kind := range []string{formKind, "application/json"} {
		body := form("1.2", "private-mine")
		if kind != formKind {
			body = `{"socket_id":"1.2","channel_name":"private-mine"}`
		}
		status, reply := ask(t, h, "/broadcasting/auth", "kim", kind, body)
		if want := "key:" + convention.Sign("secret", "1.2:private-mine"); status != http.StatusOK || reply["auth"] != want || len(reply) != 1 {
			t.Errorf("%s: %d %v", kind, status, reply)
		}
	}
	for channel, data := range map[string]string{
		"presence-mine": `{"user_id":"kim","user_info":{"id":"kim","name":"이름"}}`, "presence-shown": `{"user_id":"7","user_info":{"z":1,"a":2}}`,
		"private-shown": `{"user_id":"7","user_info":{"z":1,"a":2}}`, // so that the subscription can be found when the right ends
	} {
		status, reply := ask(t, h, "/broadcasting/auth", "kim", formKind, form("1.2", channel))
		if status != http.StatusOK || reply["channel_data"] != data || reply["auth"] != "key:"+convention.Sign("secret", "1.2:"+channel+":"+data) {
			t.Errorf("%s: %d %v", channel, status, reply)
		}
	}
	status, reply := ask(t, h, "/broadcasting/user-auth", "kim", formKind, form("1.2", ""))
	if status != http.StatusOK || reply["auth"] != "key:"+convention.Sign("secret", "1.2::user::"+reply["user_data"]) {
		t.Errorf("user: %d %v", status, reply)
	}
}

func TestRefusals(t *testing.T) {
	h := handler(t)
	for _, x := range []struct {
		what, path, token, body string
		want                    int
	}{
		{"no token", "auth", "", form("1.2", "private-mine"), 401},
		{"no token for a sign-in", "user-auth", "", form("1.2", ""), 401},
		{"not mine", "auth", "kim", form("1.2", "private-other"), 403},
		{"public", "auth", "kim", form("1.2", "mine"), 403},
		{"another's own channel", "auth", "kim", form("1.2", "#server-to-user-mine"), 403},
		{"no socket", "auth", "kim", form("", "private-mine"), 422},
		{"a colon in the socket", "auth", "kim", form("1.2:private-other", "private-mine"), 422},
		{"a sign-in's text as the channel", "auth", "kim", form("1.2", ":user::{}"), 422},
		{"another app's key", "auth", "kim", form("1.2", "private-mine") + "&app_key=x", 422},
		{"reserved", "auth", "kim", form("1.2", "$chat/mine"), 422},
		{"broken", "auth", "kim", "%zz", 422},
		{"huge", "auth", "kim", form("1.2", strings.Repeat("x", maxBody)), 422},
	} {
		if status, reply := ask(t, h, "/broadcasting/"+x.path, x.token, formKind, x.body); status != x.want || reply["message"] == "" {
			t.Errorf("%s: %d %v, want %d", x.what, status, reply, x.want)
		}
	}
}

func TestPagesOfOtherOriginsMayAsk(t *testing.T) {
	h := handler(t)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodOptions, "/broadcasting/auth", nil))
	if w.Code != http.StatusNoContent || w.Header().Get("Access-Control-Allow-Origin") != "*" ||
		!strings.Contains(w.Header().Get("Access-Control-Allow-Headers"), "Authorization") || w.Header().Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

// Whatever is asked, what is signed is one subscription of one socket and nothing that reads like another.
func FuzzChannel(f *testing.F) {
	f.Add("1.2", "private-mine")
	f.Add("1.2:x", "private-mine")
	f.Add("1.2", "private-mine:{}")
	f.Fuzz(func(t *testing.T, socket, channel string) {
		h := handler(t)
		status, reply := ask(t, h, "/broadcasting/auth", "kim", formKind, form(socket, channel))
		if status != http.StatusOK {
			return
		}
		if strings.ContainsAny(socket, ":\n") || strings.ContainsAny(channel, ":\n") {
			t.Fatalf("signed %q %q: %v", socket, channel, reply)
		}
	})
}
