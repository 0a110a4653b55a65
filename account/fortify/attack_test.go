package fortify

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"madang/account"
	"madang/account/laravel"
)

// Whoever plants a session's cookie in somebody's browser is not in when they sign in (CVE-2024-28197 and its kind).
func TestAttackSessionFixation(t *testing.T) {
	h := newHouse(t)
	h.add(kim)
	planted := h.browser()
	planted.cookies["madang_session"] = "planted-by-somebody-else-0123456789abcdef"
	if a := planted.login().last; a.set["madang_session"].Value == "planted-by-somebody-else-0123456789abcdef" {
		t.Error("the planted session is in")
	}
	// Nor is who has seen one before it could do more.
	seen := planted.session()
	planted.confirm()
	thief := h.browser()
	thief.cookies["madang_session"] = seen
	if planted.session() == seen || thief.signedIn() {
		t.Error("the session before the password was confirmed is still good")
	}
	// A session that waits for a code is nobody's, and is another when the code has come.
	planted.factor()
	secret := planted.vars["secret"]
	planted.do("POST", "/logout", fields{})
	planted.login()
	waiting := planted.session()
	if planted.signedIn() {
		t.Error("in without a code")
	}
	planted.do("POST", "/two-factor-challenge", fields{"code": h.code(secret)})
	thief.cookies["madang_session"] = waiting
	if !planted.signedIn() || planted.session() == waiting || thief.signedIn() {
		t.Error("who has seen the session before the code is in")
	}
}

// The token against forged requests is another with each session, so that one from before says nothing.
func TestAttackOldToken(t *testing.T) {
	h := newHouse(t)
	h.add(kim)
	c := h.script()
	guest := c.cookies[laravel.TokenCookie]
	c.login()
	first := c.cookies[laravel.TokenCookie]
	c.confirm()
	second := c.cookies[laravel.TokenCookie]
	if first == guest || second == first {
		t.Error("the token stays")
	}
	for _, old := range []string{guest, first} {
		if a := c.do("POST", "/logout", nil, func(r *http.Request) { r.Header.Set("X-XSRF-TOKEN", old) }); a.status != laravel.StatusPageExpired {
			t.Errorf("with an old token: %d", a.status)
		}
	}
	if a := c.do("POST", "/logout", nil); a.status != http.StatusNoContent {
		t.Errorf("with the new one: %d", a.status)
	}
}

// No answer leads to another host, whatever a request says of where it comes from and where to.
func TestAttackOpenRedirect(t *testing.T) {
	h := newHouse(t)
	h.add(kim)
	for _, path := range []string{"//evil.example/user/profile", "/user/profile?next=//evil.example", "/user/api-tokens//evil.example"} {
		b := h.browser()
		b.do("GET", path, nil)
		local(t, path, b.login().last)
	}
	for _, referer := range []string{"https://evil.example/login", h.url + "//evil.example", h.url + `/\evil.example`, strings.Replace(h.url, "http://", "http://evil@", 1), "//evil.example", h.url + ".evil.example/x"} {
		h.pass(time.Minute) // nobody is tried too often
		b := h.browser()
		from := func(r *http.Request) { r.Header.Set("Referer", referer) }
		local(t, referer, b.do("POST", "/login", fields{"email": lee, "password": otherWord}, from))
		local(t, referer, b.do("POST", "/user/two-factor-authentication", fields{}, from))
		local(t, referer, b.login().last)
		local(t, referer, b.do("PUT", "/user/password", fields{}, from))
		local(t, referer, b.do("POST", "/logout", fields{"redirect": "https://evil.example"}, from))
	}
}

// local asks for a way on that stays on the host.
func local(t *testing.T, what string, a answer) {
	t.Helper()
	if to := a.header.Get("Location"); to == "" || !laravel.LocalPath(to) || strings.HasPrefix(to, "//") {
		t.Errorf("%s leads to %q", what, to)
	}
}

// Links in mails, and ways on, have the host that is configured, whatever the request says (GO-2025-3721, CVE-2025-64101).
func TestAttackHostHeader(t *testing.T) {
	h := newHouse(t)
	h.add(kim, unverified)
	evil := func(r *http.Request) {
		r.Host = "evil.example"
		for _, name := range []string{"X-Forwarded-Host", "X-Host", "X-Original-Host"} {
			r.Header.Set(name, "evil.example")
		}
		r.Header.Set("X-Forwarded-Proto", "http")
		r.Header.Set("Forwarded", "host=evil.example;proto=http")
	}
	c := h.script()
	if a := c.do("POST", "/forgot-password", fields{"email": kim}, evil); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	if link := h.mailed(kim); !strings.HasPrefix(link, "https://barun.test/reset-password/") {
		t.Errorf("link %s", link)
	}
	c.open(kim)
	c.do("POST", "/email/verification-notification", fields{}, evil)
	if link := h.mailed(kim); !strings.HasPrefix(link, "https://barun.test/email/verify/") {
		t.Errorf("link %s", link)
	}
	a := c.do("DELETE", "/user", fields{"password": secretWord}, evil, func(r *http.Request) { r.Header.Set("X-Inertia", "true") })
	for name, all := range a.header {
		if strings.Contains(strings.Join(all, " "), "evil") {
			t.Errorf("%s: %q", name, all)
		}
	}
	if strings.Contains(a.body, "evil") || a.header.Get("X-Inertia-Location") != h.url+"/" {
		t.Errorf("%s %q", a.body, a.header)
	}
}

// A request of one method is not smuggled in as one of another: what reads cannot change, and what changes is not let in as what
// reads.
func TestAttackMethodSmuggling(t *testing.T) {
	h := newHouse(t)
	h.add(kim)
	c := h.script().open(kim)
	bare := func(r *http.Request) { r.Header.Del("X-XSRF-TOKEN") }
	for _, path := range []string{"/user?_method=DELETE&password=" + strings.ReplaceAll(secretWord, " ", "+"), "/user/other-browser-sessions?_method=DELETE", "/user/profile-photo?_method=DELETE"} {
		if a := c.do("GET", path, nil, bare, func(r *http.Request) { r.Header.Set("X-HTTP-Method-Override", "DELETE") }); a.status != http.StatusMethodNotAllowed {
			t.Errorf("GET %s: %d", path, a.status)
		}
	}
	for _, name := range []string{"GET", "HEAD", "OPTIONS", "get"} {
		if a := c.do("POST", "/logout", fields{"_method": name}, bare); a.status != laravel.StatusPageExpired {
			t.Errorf("POST as %s without a token: %d", name, a.status)
		}
	}
	if !c.signedIn() || h.person().ID == 0 {
		t.Error("something was done")
	}
}

// Bodies are not read without end: not at once, and not drop by drop.
func TestAttackEndlessBody(t *testing.T) {
	h := newHouse(t)
	c := h.script()
	r := c.request("POST", "/login", fields{})
	var sent atomic.Int64
	r.Body, r.ContentLength = io.NopCloser(readerFunc(func(b []byte) (int, error) {
		if sent.Add(int64(len(b))) > 64<<20 {
			return 0, io.EOF
		}
		for i := range b {
			b[i] = 'x'
		}
		return len(b), nil
	})), -1
	res, err := h.transport.RoundTrip(r)
	if err == nil {
		defer func() { _ = res.Body.Close() }()
		if res.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("status %d", res.StatusCode)
		}
	}
	if n := sent.Load(); n > 16<<20 {
		t.Errorf("%d bytes were taken", n)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

// Nobody reads or writes what is left for the next page but the server.
func TestAttackFlash(t *testing.T) {
	h := newHouse(t)
	h.add(kim)
	b := h.browser()
	b.do("POST", "/login", fields{"email": kim, "password": otherWord})
	left := b.cookies["madang_flash"]
	if left == "" || strings.Contains(left, "credentials") {
		t.Fatalf("flash %q", left)
	}
	b.cookies["madang_flash"] = left[:len(left)-2] + "AA"
	if errs := b.do("GET", "/login", nil).page(t).Props["errors"].(map[string]any); len(errs) != 0 {
		t.Errorf("a flash that was changed says %v", errs)
	}
	// What was left on one site is not shown on another.
	b.cookies["madang_flash"] = left
	h.site.Store(&laravel.Site{Name: "admin", URL: h.url, Prefix: "Admin"})
	if errs := b.do("GET", "/login", nil).page(t).Props["errors"].(map[string]any); len(errs) != 0 {
		t.Errorf("another site shows %v", errs)
	}
}

// What a program's token may do is not the account: its secret is no cookie.
func TestAttackOtherSecretsAreNoCookies(t *testing.T) {
	h := newHouse(t)
	h.add(kim)
	c := h.script().open(kim)
	c.do("POST", tokensPath, fields{"name": "robot", "permissions": []string{"read"}})
	token, _ := c.do("GET", tokensPath, nil).page(t).Props["flash"].(map[string]any)["token"].(string)
	if token == "" {
		t.Fatal("no token")
	}
	_, secret, _ := strings.Cut(token, "|")
	guest := h.script()
	forgot(h, guest)
	for _, value := range []string{token, secret, guest.vars["token"], "", strings.Repeat("x", 5000)} {
		thief := h.script()
		thief.cookies["madang_session"] = value
		if thief.signedIn() {
			t.Errorf("%q signs in", value)
		}
	}
}

// Somebody who was disabled, or whose sign-ins were ended, is out with the next request.
func TestAttackEndedSession(t *testing.T) {
	h := newHouse(t)
	h.add(kim)
	c := h.script().open(kim)
	_, err := h.store.EndAll(t.Context(), "default", 1, account.Except{})
	must(t, err)
	if c.signedIn() {
		t.Error("still in after the end of all sessions")
	}
	c.open(kim)
	p := h.person()
	p.DisabledAt = h.now()
	_, err = h.store.SavePerson(t.Context(), p)
	must(t, err)
	if c.signedIn() {
		t.Error("still in though disabled")
	}
	idle := h.script()
	h.add(lee)
	idle.open(lee)
	h.pass(2*time.Hour + time.Second)
	if idle.signedIn() {
		t.Error("still in after two idle hours")
	}
}
