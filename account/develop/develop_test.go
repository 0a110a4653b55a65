package develop

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func serve(t *testing.T, s *Session, change func(*http.Request), method, body string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, "http://127.0.0.1:8080/dev/session", strings.NewReader(body))
	r.RemoteAddr = "127.0.0.1:5000"
	if change != nil {
		change(r)
	}
	mux := http.NewServeMux()
	for pattern, h := range s.Routes() {
		mux.Handle(pattern, h)
	}
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	return w
}

func newSession() *Session {
	return New(func(user, name string) (string, error) { return "token of " + user + " " + name, nil }, slog.New(slog.DiscardHandler))
}

func TestSession(t *testing.T) {
	s := newSession()
	w := serve(t, s, nil, http.MethodPost, `{"name":" 서연 "}`)
	var made user
	if err := json.Unmarshal(w.Body.Bytes(), &made); err != nil || w.Code != http.StatusCreated || made.Name != "서연" ||
		made.Token != "token of "+made.ID+" 서연" {
		t.Fatalf("%d %s %v", w.Code, w.Body, err)
	}
	var all struct{ Users []user }
	w = serve(t, s, nil, http.MethodGet, "")
	if err := json.Unmarshal(w.Body.Bytes(), &all); err != nil || len(all.Users) != 3 || all.Users[2] != made {
		t.Errorf("%s %v", w.Body, err)
	}
	for range 2 * maxUsers {
		serve(t, s, nil, http.MethodPost, `{"name":"x"}`)
	}
	if len(s.users) != maxUsers || s.users[0].ID != "minji" || s.users[1].ID != "junho" {
		t.Errorf("%d users, first %v", len(s.users), s.users[:2])
	}
	for _, body := range []string{``, `{}`, `{"name":"  "}`, `{"name":5}`, `{"name":"a\u0000b"}`,
		`{"name":"a\nb"}`, `{"name":"\ud800"}`, `{"name":"\u202eevil"}`, `{"name":"` + strings.Repeat("가", maxName+1) + `"}`,
		`{"name":"` + strings.Repeat("x", 8<<10) + `"}`} {
		if w := serve(t, s, nil, http.MethodPost, body); w.Code != http.StatusBadRequest {
			t.Errorf("%.40s answered %d", body, w.Code)
		}
	}
}

func TestOnlyThisMachine(t *testing.T) {
	for name, change := range map[string]func(*http.Request){
		"another machine":       func(r *http.Request) { r.RemoteAddr = "192.0.2.1:5000" },
		"a name that was bent":  func(r *http.Request) { r.Host = "evil.example:8080" },
		"a page of another one": func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") },
		"another site":          func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		"another port":          func(r *http.Request) { r.Header.Set("Origin", "http://127.0.0.1:3000") },
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			if w := serve(t, newSession(), change, method, `{"name":"x"}`); w.Code != http.StatusForbidden {
				t.Errorf("%s, %s: answered %d %s", name, method, w.Code, w.Body)
			}
		}
	}
	same := func(r *http.Request) {
		r.Host = "localhost:8080"
		r.Header.Set("Origin", "http://localhost:8080")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	if w := serve(t, newSession(), same, http.MethodGet, ""); w.Code != http.StatusOK {
		t.Errorf("the page itself: answered %d", w.Code)
	}
}
