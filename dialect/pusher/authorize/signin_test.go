package authorize

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"madang"
	"madang/internal/convention"
)

// What is signed for somebody who is signed in to this server says by what, so that it ends with that.
func TestSignInIsSigned(t *testing.T) {
	var claims string
	var asked madang.Credentials
	guard := madang.GuardFunc(func(_ context.Context, c madang.Credentials) (*madang.Principal, error) {
		asked = c
		return &madang.Principal{App: c.App, Guard: "web", User: "7", Name: "민지", Claims: []byte(claims)}, nil
	})
	all := madang.PolicyFunc(func(context.Context, madang.AccessRequest) (*madang.Grant, error) { return &madang.Grant{}, nil })
	hub := madang.New(madang.Config{Guards: map[string]madang.Guard{"api": guard}, Policies: []madang.Policy{all}})
	apps := madang.NewApps(madang.App{ID: "a", Keys: []madang.Key{{Name: "key", Secret: "secret"}}})
	mux := http.NewServeMux()
	for p, f := range New(hub, apps, "a", slog.New(slog.DiscardHandler)).Routes() {
		mux.Handle(p, f)
	}
	const private = `{"user_id":"7","user_info":{"id":"7","name":"민지"}`
	for given, signed := range map[string]string{
		``:                          ``,
		`{"email":"m@example.com"}`: ``,
		`{"sign_in":7}`:             ``,
		`{"sign_in":"session:a1"}`:  `,"sign_in":"session:a1","guard":"web"}`,
		`{"sign_in":"api_token:1","guard":"admin","abilities":["read"]}`: `,"sign_in":"api_token:1","guard":"web","abilities":["read"]}`,
	} {
		claims = given
		data := ""
		if signed != "" {
			data = private + signed
		}
		text := "1.2:private-x"
		if data != "" {
			text += ":" + data
		}
		status, reply := ask(t, mux, "/broadcasting/auth", "", formKind, form("1.2", "private-x"))
		if status != http.StatusOK || reply["channel_data"] != data || reply["auth"] != "key:"+convention.Sign("secret", text) {
			t.Errorf("%s: %d %v", given, status, reply)
		}
		status, reply = ask(t, mux, "/broadcasting/user-auth", "", formKind, form("1.2", ""))
		want := `{"id":"7","user_info":{"name":"민지"}` + signed
		if signed == "" {
			want += "}"
		}
		if status != http.StatusOK || reply["user_data"] != want || reply["auth"] != "key:"+convention.Sign("secret", "1.2::user::"+want) {
			t.Errorf("%s: %d %v", given, status, reply)
		}
	}
	r := httptest.NewRequest(http.MethodPost, "http://chat.example/broadcasting/auth", strings.NewReader(form("1.2", "private-x")))
	r.Header.Set("Content-Type", formKind)
	r.Header.Set("Cookie", "session=1")
	r.Header.Set("Origin", "http://chat.example")
	mux.ServeHTTP(httptest.NewRecorder(), r)
	if asked.Header("host") != "chat.example" || asked.Header("Cookie") != "session=1" || asked.Header("origin") != "http://chat.example" || asked.Remote != "192.0.2.1" {
		t.Errorf("the guard sees host %q, cookies %q, origin %q, address %q", asked.Header("host"), asked.Header("Cookie"), asked.Header("origin"), asked.Remote)
	}
}
