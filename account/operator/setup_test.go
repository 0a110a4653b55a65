package operator_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"madang/account/operator"
	"madang/account/signin"
)

func open(t *testing.T, h *house) (*operator.Setup, string) {
	t.Helper()
	s, secret, err := operator.NewSetup(t.Context(), h.Operator, "web", "admin", "https://admin.barun.test/login", "마당 <b>", slog.New(slog.DiscardHandler))
	if err != nil || s == nil {
		t.Fatalf("%v %v", s, err)
	}
	return s, secret
}

func visit(s http.Handler, method, path string, form url.Values, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func form(email, password, again string) url.Values {
	return url.Values{"name": {"김관리"}, "email": {email}, "password": {password}, "password_confirmation": {again}}
}

func TestSetup(t *testing.T) {
	h := newHouse(t)
	s, secret := open(t, h)
	link := operator.SetupPath + secret
	for _, path := range []string{operator.SetupPath, operator.SetupPath + "guess", link + "x", link[:len(link)-1]} {
		for _, method := range []string{"GET", "POST"} {
			if w := visit(s, method, path, form("thief@evil.test", "correct horse", "correct horse")); w.Code != 404 {
				t.Errorf("%s %s: %d", method, path, w.Code)
			}
		}
	}
	w := visit(s, "GET", link, nil, "Accept-Language", "ko-KR,ko;q=0.9,en;q=0.8")
	if w.Code != 200 || !strings.Contains(w.Body.String(), "첫 관리자") || strings.Contains(w.Body.String(), "<b>") ||
		w.Header().Get("Referrer-Policy") != "no-referrer" || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	for name, f := range map[string]url.Values{
		"at least 8 characters": form("kim@barun.test", "short", "short"),
		"does not match":        form("kim@barun.test", "correct horse", "battery staple"),
		"required":              form("kim@barun.test", "", ""),
		"valid email":           form("kim", "correct horse", "correct horse"),
	} {
		if w := visit(s, "POST", link, f); w.Code != 422 || !strings.Contains(w.Body.String(), name) || strings.Contains(w.Body.String(), "correct horse") {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	if w := visit(s, "POST", link, form("kim@barun.test", "correct horse", "correct horse")); w.Code != 200 ||
		!strings.Contains(w.Body.String(), `href="https://admin.barun.test/login"`) {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	p, err := h.Show(t.Context(), "web", "kim@barun.test")
	if err != nil || p.VerifiedAt == nil || len(p.Roles) != 1 || p.Roles[0] != "admin" {
		t.Errorf("%+v %v", p, err)
	}
	if _, err := h.web.Login(t.Context(), signin.From{}, signin.LoginForm{Email: "kim@barun.test", Password: "correct horse"}); err != nil {
		t.Errorf("the administrator cannot sign in: %v", err)
	}
	if w := visit(s, "POST", link, form("lee@barun.test", "correct horse", "correct horse")); w.Code != 404 {
		t.Errorf("the link works twice: %d", w.Code)
	}
	if again, _, err := operator.NewSetup(t.Context(), h.Operator, "web", "admin", "", "", slog.Default()); again != nil || err != nil {
		t.Errorf("there is an administrator, and another link: %v %v", again, err)
	}
}

// TestSetupLate checks that the link is no way in once somebody was made an administrator otherwise, or a day has gone.
func TestSetupLate(t *testing.T) {
	h := newHouse(t)
	s, secret := open(t, h)
	late, other := open(t, h)
	if _, err := h.Add(t.Context(), "test", "web", operator.Addition{Name: "Lee", Email: "lee@barun.test", Roles: []string{"admin"}}); err != nil {
		t.Fatal(err)
	}
	if w := visit(s, "POST", operator.SetupPath+secret, form("kim@barun.test", "correct horse", "correct horse")); w.Code != 409 {
		t.Errorf("beside an administrator: %d %s", w.Code, w.Body)
	}
	h.pass(25 * time.Hour)
	if w := visit(late, "GET", operator.SetupPath+other, nil); w.Code != 404 {
		t.Errorf("after a day: %d", w.Code)
	}
	if people, err := h.List(t.Context(), "web", operator.Page{Limit: 10}); err != nil || len(people) != 1 {
		t.Errorf("there are %+v, %v", people, err)
	}
}
