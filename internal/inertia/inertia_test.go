package inertia_test

import (
	"encoding/json"
	"maps"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"madang/internal/inertia"
)

const html = `<html><body>` + inertia.Marker + `<div id="app"></div></body></html>`

const begin, end = `<html><body><script type="application/json" data-page="app">`, `</script><div id="app"></div></body></html>`

// page is what a client finds in an answer.
type page struct {
	Component, URL, Version      string
	Props, Flash                 map[string]any
	EncryptHistory, ClearHistory bool
}

func shell(t testing.TB) *inertia.Shell {
	t.Helper()
	s, err := inertia.NewShell([]byte(html))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func request(method, url string, header ...string) *http.Request {
	r := httptest.NewRequest(method, url, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return r
}

// asked is a request of the page's scripts.
func asked(s *inertia.Shell, header ...string) *http.Request {
	return request(http.MethodGet, "/user/profile?a=1", append([]string{"X-Inertia", "true", "X-Inertia-Version", s.Version()}, header...)...)
}

func render(t *testing.T, s *inertia.Shell, r *http.Request, p inertia.Page) (*httptest.ResponseRecorder, page) {
	t.Helper()
	w := httptest.NewRecorder()
	if err := s.Render(w, r, http.StatusOK, p); err != nil {
		t.Fatal(err)
	}
	var got page
	body := w.Body.String()
	if !inertia.Asked(r) {
		inside, begins := strings.CutPrefix(body, begin)
		var ends bool
		if body, ends = strings.CutSuffix(inside, end); !begins || !ends {
			t.Fatalf("not in the shell: %s", w.Body)
		}
	}
	if err := json.Unmarshal([]byte(body), &got); err != nil && w.Code == http.StatusOK {
		t.Fatalf("%v: %s", err, body)
	}
	return w, got
}

func example() inertia.Page {
	return inertia.Page{Component: "Profile/Show", Props: map[string]any{"user": map[string]any{"name": "민지"}, "sessions": []int{1}, "locale": "ko"},
		Flash: map[string]any{"status": "done"}, Private: true}
}

func TestFirstVisit(t *testing.T) {
	s := shell(t)
	// A first visit has no version to be outdated, whatever it says.
	w, got := render(t, s, request(http.MethodGet, "/user/profile?a=1", "X-Inertia-Version", "other"), example())
	if h := w.Header(); h.Get("Content-Type") != "text/html; charset=utf-8" || h.Get("X-Inertia") != "" || h.Get("Vary") != "X-Inertia" {
		t.Errorf("%v", h)
	}
	if got.Component != "Profile/Show" || got.URL != "/user/profile?a=1" || got.Version != s.Version() || len(got.Props) != 4 ||
		got.Flash["status"] != "done" || !got.EncryptHistory || got.ClearHistory {
		t.Errorf("%+v", got)
	}
	if errors, ok := got.Props["errors"].(map[string]any); !ok || len(errors) != 0 {
		t.Errorf("errors are %v", got.Props["errors"])
	}
}

func TestLaterVisit(t *testing.T) {
	s := shell(t)
	w, got := render(t, s, asked(s), inertia.Page{Component: "Auth/Login", Forget: true})
	if h := w.Header(); h.Get("Content-Type") != "application/json" || h.Get("X-Inertia") != "true" || h.Get("Vary") != "X-Inertia" {
		t.Errorf("%v", h)
	}
	if got.Component != "Auth/Login" || got.Flash == nil || !got.ClearHistory || got.EncryptHistory {
		t.Errorf("%+v", got)
	}
	w = httptest.NewRecorder()
	if err := s.Render(w, asked(s), http.StatusForbidden, example()); err != nil || w.Code != http.StatusForbidden || w.Header().Get("X-Inertia") != "true" {
		t.Errorf("%v %d %v", err, w.Code, w.Header())
	}
}

func TestOutdated(t *testing.T) {
	s := shell(t)
	for _, version := range []string{"", "other"} {
		w, _ := render(t, s, asked(s, "X-Inertia-Version", version), example())
		if w.Code != http.StatusConflict || w.Header().Get("X-Inertia-Location") != "/user/profile?a=1" || w.Body.Len() > 0 ||
			w.Header().Get("X-Inertia") != "" || w.Header().Get("Vary") != "X-Inertia" {
			t.Errorf("version %q: %d %v", version, w.Code, w.Header())
		}
	}
	// What was sent must not be lost: only GET can be asked again.
	w, _ := render(t, s, request(http.MethodPost, "/login", "X-Inertia", "true", "X-Inertia-Version", "other"), example())
	if w.Code != http.StatusOK {
		t.Errorf("POST: %d", w.Code)
	}
	other, err := inertia.NewShell([]byte(strings.Replace(html, "app", "main", 1)))
	if err != nil || other.Version() == s.Version() {
		t.Errorf("another shell has the same version (%v)", err)
	}
}

func TestPartial(t *testing.T) {
	s := shell(t)
	const same = "Profile/Show"
	for _, tt := range []struct{ component, only, except, want string }{
		{same, "sessions", "", "errors sessions"},
		{same, " sessions , nothing,locale", "", "errors locale sessions"},
		{same, "user.name", "", "errors user"},
		{same, "sessions,user", "user", "errors sessions"},
		{same, "", "user,errors", "errors locale sessions"},
		{same, "", "user.name", "errors locale sessions user"}, // more than asked: the client merges
		{same, "", "", "errors locale sessions user"},
		{same, ",,", "", "errors"},
		{same, strings.Repeat("x,", 64) + "user", "", "errors"},
		{"Auth/Login", "sessions", "", "errors locale sessions user"}, // another page than the one it wants a part of
	} {
		_, got := render(t, s, asked(s, "X-Inertia-Partial-Component", tt.component, "X-Inertia-Partial-Data", tt.only,
			"X-Inertia-Partial-Except", tt.except), example())
		if keys := strings.Join(slices.Sorted(maps.Keys(got.Props)), " "); keys != tt.want {
			t.Errorf("%+v: %s", tt, keys)
		}
	}
	p := example()
	if render(t, s, asked(s, "X-Inertia-Partial-Component", same, "X-Inertia-Partial-Data", "user"), p); len(p.Props) != 3 {
		t.Errorf("the page was changed: %v", p.Props)
	}
}

func TestNoJSON(t *testing.T) {
	w := httptest.NewRecorder()
	err := shell(t).Render(w, request(http.MethodGet, "/"), http.StatusOK, inertia.Page{Component: "X", Props: map[string]any{"a": math.NaN()}})
	if err == nil || !strings.Contains(err.Error(), "page X") || w.Body.Len() > 0 || len(w.Header()) > 0 {
		t.Errorf("%v %v %s", err, w.Header(), w.Body)
	}
}

func TestShells(t *testing.T) {
	for _, html := range []string{"", "<html>", inertia.Marker + inertia.Marker} {
		if _, err := inertia.NewShell([]byte(html)); err == nil {
			t.Errorf("%q is a shell", html)
		}
	}
}

// Nothing that a page shows, and no address it is at, can get out of the page's element or lead to another host.
func FuzzRender(f *testing.F) {
	f.Add("</script><script>alert(1)</script>", "/a", "x=1")
	f.Add("<!-- <script> ]]> \u2028", "//evil.example/x", "")
	f.Add("&lt;\x00\xff", `/\evil.example`, "</script>")
	s := shell(f)
	f.Fuzz(func(t *testing.T, text, path, query string) {
		r := request(http.MethodGet, "/")
		r.URL.Path, r.URL.RawQuery = path, query
		w := httptest.NewRecorder()
		p := inertia.Page{Component: text, Props: map[string]any{text: text, "raw": json.RawMessage(`"<b>"`)}, Flash: map[string]any{"x": text}}
		if err := s.Render(w, r, http.StatusOK, p); err != nil {
			t.Fatal(err)
		}
		body := strings.TrimSuffix(strings.TrimPrefix(w.Body.String(), begin), end)
		if strings.ContainsAny(body, "<>&\u2028\u2029") || len(body)+len(begin)+len(end) != w.Body.Len() {
			t.Fatalf("not alone in its element: %s", w.Body)
		}
		var got page
		if err := json.Unmarshal([]byte(body), &got); err != nil {
			t.Fatal(err)
		}
		if want := strings.ToValidUTF8(text, "\ufffd"); !strings.Contains(got.Component, "\ufffd") && got.Component != want {
			t.Errorf("%q became %q", want, got.Component)
		}
		if len(got.URL) == 0 || got.URL[0] != '/' || len(got.URL) > 1 && strings.ContainsRune(`/\`, rune(got.URL[1])) {
			t.Errorf("path %q is shown as %q", path, got.URL)
		}
	})
}
