package laravel

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"madang/account/limit"
	"madang/account/signin"
	"madang/account/words"
)

func TestEmptyAnswers(t *testing.T) {
	for _, status := range []int{200, 201, 202} {
		w := httptest.NewRecorder()
		Empty(w, status)
		if w.Code != status || w.Body.String() != `""` || w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%d: %d %q %q", status, w.Code, w.Body, w.Header())
		}
	}
	w := httptest.NewRecorder()
	Empty(w, 204)
	if _, ok := w.Header()["Content-Type"]; ok || w.Code != 204 || w.Body.Len() != 0 {
		t.Errorf("204: %d %q %q", w.Code, w.Body, w.Header())
	}
}

func TestWhatCannotBeWrittenIsAnError(t *testing.T) {
	w := httptest.NewRecorder()
	JSON(w, 200, func() {})
	if w.Code != 500 || w.Body.String() != `{"message":"Server Error"}` {
		t.Errorf("%d %q", w.Code, w.Body)
	}
}

// explained is the answer to an error.
func explained(t *testing.T, err error, s words.Speaker, change func(*Problem) *Problem) *httptest.ResponseRecorder {
	t.Helper()
	p := Explain(t.Context(), slog.New(slog.DiscardHandler), s, err)
	if change != nil {
		p = change(p)
	}
	w := httptest.NewRecorder()
	p.JSON(w, time.Unix(1000, 0))
	return w
}

func errorsOf(s words.Speaker) *words.Errors {
	e := words.NewErrors(s)
	e.Add("email", words.Required)
	e.Add("password", words.Required)
	return e
}

func TestProblems(t *testing.T) {
	old, now := words.Speaker{Profile: words.Laravel8}, words.Speaker{Profile: words.Laravel10}
	throttled := limit.Verdict{Limit: 5, Retry: 1500 * time.Millisecond}
	tooMany := &signin.Refusal{Class: signin.TooMany, Errors: errorsOf(now), Verdict: throttled}
	for _, c := range []struct {
		name    string
		err     error
		speaker words.Speaker
		change  func(*Problem) *Problem
		status  int
		body    string
		header  map[string]string
	}{
		{name: "form, 8", err: &signin.Refusal{Class: signin.Invalid, Errors: errorsOf(old)}, speaker: old, status: 422,
			body: `{"message":"The given data was invalid.","errors":{"email":["The email field is required."],"password":["The password field is required."]}}`},
		{name: "form, 10", err: &signin.Refusal{Class: signin.Invalid, Errors: errorsOf(now)}, speaker: now, status: 422,
			body: `{"message":"The email field is required. (and 1 more error)","errors":{"email":["The email field is required."],"password":["The password field is required."]}}`},
		{name: "form without words", err: &signin.Refusal{Class: signin.Invalid}, status: 422, body: `{"message":"The given data was invalid.","errors":{}}`},
		{name: "guest", err: &signin.Refusal{Class: signin.Unauthenticated}, status: 401, body: `{"message":"Unauthenticated."}`},
		{name: "link", err: &signin.Refusal{Class: signin.Forbidden, Code: signin.CodeLink}, status: 403, body: `{"message":"Invalid signature."}`},
		{name: "unverified", err: &signin.Refusal{Class: signin.Forbidden, Code: signin.CodeUnverified}, status: 403, body: `{"message":"Your email address is not verified."}`},
		{name: "forbidden", err: &signin.Refusal{Class: signin.Forbidden}, status: 403, body: `{"message":"This action is unauthorized."}`},
		{name: "not found", err: &signin.Refusal{Class: signin.NotFound}, status: 404, body: `{"message":"Not Found"}`},
		{name: "locked", err: &signin.Refusal{Class: signin.Locked, Key: words.Confirm}, status: 423, body: `{"message":"Password confirmation required."}`},
		{name: "busy", err: &signin.Refusal{Class: signin.Busy, Key: words.Throttled}, status: 503, body: `{"message":"Please wait before retrying."}`,
			header: map[string]string{"Retry-After": "1"}},
		{name: "too many", err: tooMany, status: 429, body: `{"message":"Too Many Attempts."}`,
			header: map[string]string{"Retry-After": "2", "X-Ratelimit-Reset": "1002", "X-Ratelimit-Limit": "5", "X-Ratelimit-Remaining": "0"}},
		{name: "too many, as a form", err: tooMany, change: (*Problem).FormThrottle, status: 429,
			body:   `{"message":"The email field is required. (and 1 more error)","errors":{"email":["The email field is required."],"password":["The password field is required."]}}`,
			header: map[string]string{"Retry-After": "", "X-Ratelimit-Limit": ""}},
		{name: "another as a form", err: Mismatch(), change: (*Problem).FormThrottle, status: 419, body: `{"message":"CSRF token mismatch."}`},
		{name: "too large", err: ErrTooLarge, status: 413, body: `{"message":"The POST data is too large."}`},
		{name: "method, 8", err: NotAllowed(words.Laravel8, "POST", "/user/password", "PUT"), status: 405,
			body:   `{"message":"The POST method is not supported for this route. Supported methods: PUT."}`,
			header: map[string]string{"Allow": "PUT"}},
		{name: "method, 10", err: NotAllowed(words.Laravel10, "PUT", "/login", "GET", "HEAD", "POST"), status: 405,
			body:   `{"message":"The PUT method is not supported for route login. Supported methods: GET, HEAD, POST."}`,
			header: map[string]string{"Allow": "GET, HEAD, POST"}},
		{name: "method of the root", err: NotAllowed(words.Laravel10, "PUT", "/", "GET"), status: 405,
			body: `{"message":"The PUT method is not supported for route /. Supported methods: GET."}`},
		{name: "nowhere, 8", err: NotFound(words.Laravel8, "/a/b"), status: 404, body: `{"message":""}`},
		{name: "nowhere, 10", err: NotFound(words.Laravel10, "/a/b/"), status: 404, body: `{"message":"The route a/b could not be found."}`},
		{name: "own trouble", err: errors.New("the disk is on fire"), status: 500, body: `{"message":"Server Error"}`},
		{name: "invalid", err: Invalid(errorsOf(now)), status: 422,
			body: `{"message":"The email field is required. (and 1 more error)","errors":{"email":["The email field is required."],"password":["The password field is required."]}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := explained(t, c.err, c.speaker, c.change)
			if w.Code != c.status || w.Body.String() != c.body {
				t.Errorf("answer %d %s", w.Code, w.Body)
			}
			for name, want := range c.header {
				if got := w.Header().Get(name); got != want {
					t.Errorf("%s is %q, want %q", name, got, want)
				}
			}
		})
	}
}

func TestOwnTroubleIsLogged(t *testing.T) {
	var b bytes.Buffer
	log := slog.New(slog.NewTextHandler(&b, nil))
	Explain(t.Context(), log, words.Speaker{}, errors.New("the disk is on fire"))
	if !strings.Contains(b.String(), "the disk is on fire") {
		t.Errorf("logged %q", b.String())
	}
	b.Reset()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if p := Explain(gone, log, words.Speaker{}, gone.Err()); p.Status != http.StatusInternalServerError || b.Len() != 0 {
		t.Errorf("a client that has gone: %v, logged %q", p, b.String())
	}
}

func TestLanguage(t *testing.T) {
	for _, c := range []struct {
		person, cookie, accept string
		want                   words.Language
	}{
		{person: "en", cookie: "ko", accept: "en", want: words.Korean},
		{person: "ko", accept: "en", want: words.Korean},
		{person: "ko", cookie: "de", want: words.Korean},
		{cookie: "ko", accept: "en", want: words.Korean},
		{accept: "ko-KR,ko;q=0.9,en;q=0.8", want: words.Korean},
		{accept: "fr, en;q=0.1, ko;q=0.5", want: words.Korean},
		{accept: "KO", want: words.Korean},
		{accept: "ko;q=0", want: words.English},
		{person: "fr", cookie: "de", accept: "ja", want: words.English},
		{want: words.English},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		if c.cookie != "" {
			r.AddCookie(&http.Cookie{Name: LocaleCookie, Value: c.cookie})
		}
		r.Header.Set("Accept-Language", c.accept)
		if got := Language(r, c.person, words.English); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}
