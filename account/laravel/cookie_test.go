package laravel

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"madang/account/seal"
)

func cookiesOf(t *testing.T, w *httptest.ResponseRecorder) map[string]*http.Cookie {
	t.Helper()
	all := map[string]*http.Cookie{}
	for _, k := range w.Result().Cookies() {
		if all[k.Name] != nil {
			t.Errorf("the cookie %s is set twice", k.Name)
		}
		all[k.Name] = k
	}
	return all
}

func TestSessionCookie(t *testing.T) {
	safe, plain := Cookies{Name: "madang", Secure: true}, Cookies{Name: "madang"}
	w := httptest.NewRecorder()
	safe.SetSession(w, "old", false)
	safe.SetSession(w, "secret", true)
	all := cookiesOf(t, w)
	k := all["__Host-madang_session"]
	if k == nil || k.Value != "secret" || !k.Secure || !k.HttpOnly || k.SameSite != http.SameSiteLaxMode || k.Path != "/" || k.Domain != "" || k.MaxAge < 1 {
		t.Errorf("cookie %v", k)
	}
	if x := all[TokenCookie]; x == nil || x.HttpOnly || !x.Secure || x.Value != Token("secret") || x.MaxAge != 7200 || strings.Contains(x.Value, "secret") {
		t.Errorf("token %v", x)
	}
	w = httptest.NewRecorder()
	plain.SetSession(w, "secret", false)
	if k := cookiesOf(t, w)["madang_session"]; k == nil || k.Secure || k.MaxAge != 0 || !k.HttpOnly {
		t.Errorf("cookie %v", k)
	}
	w = httptest.NewRecorder()
	plain.EndSession(w)
	all = cookiesOf(t, w)
	if k := all["madang_session"]; k == nil || k.MaxAge >= 0 || k.Value != "" {
		t.Errorf("cookie %v", k)
	}
	if x := all[TokenCookie]; x == nil || x.Value == Token("secret") || len(x.Value) != 43 {
		t.Errorf("token %v", x)
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.AddCookie(&http.Cookie{Name: "madang_session", Value: "secret"})
	if safe.Session(r) != "" || plain.Session(r) != "secret" {
		t.Error("a cookie without its prefix counts")
	}
	r = httptest.NewRequest("GET", "/", nil)
	r.AddCookie(&http.Cookie{Name: "madang_session", Value: strings.Repeat("x", maxSession+1)})
	if plain.Session(r) != "" {
		t.Error("a cookie of any length counts")
	}
}

// TestForgedRequests asks for each way in which a request can come, whether it is allowed.
func TestForgedRequests(t *testing.T) {
	c, err := NewCSRF("https://app.example.com")
	if err != nil {
		t.Fatal(err)
	}
	guest := NewToken()
	k := Cookies{Name: "madang"}
	for _, x := range []struct {
		name    string
		method  string
		cookies map[string]string
		header  map[string]string
		field   string
		allowed bool
	}{
		{name: "GET", method: "GET", allowed: true},
		{name: "HEAD", method: "HEAD", allowed: true},
		{name: "OPTIONS", method: "OPTIONS", allowed: true},
		{name: "own page", header: map[string]string{"Sec-Fetch-Site": "same-origin"}, allowed: true},
		{name: "other page", header: map[string]string{"Sec-Fetch-Site": "cross-site"}},
		{name: "page of a sibling host", header: map[string]string{"Sec-Fetch-Site": "same-site"}},
		{name: "page of a sibling host with a token", header: map[string]string{"Sec-Fetch-Site": "same-site", "X-XSRF-TOKEN": guest}, cookies: map[string]string{TokenCookie: guest}},
		{name: "trusted page", header: map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://app.example.com"}, allowed: true},
		{name: "own page in an old browser", header: map[string]string{"Origin": "https://barun.test"}, allowed: true},
		{name: "other page in an old browser", header: map[string]string{"Origin": "https://evil.example"}},
		{name: "sandboxed page", header: map[string]string{"Origin": "null"}},
		{name: "client without a token"},
		{name: "client with a token of its own making", header: map[string]string{"X-XSRF-TOKEN": guest}},
		{name: "client", cookies: map[string]string{TokenCookie: guest}, header: map[string]string{"X-XSRF-TOKEN": guest}, allowed: true},
		{name: "client that encodes", cookies: map[string]string{TokenCookie: guest}, header: map[string]string{"X-XSRF-TOKEN": "%" + hex(guest[0]) + guest[1:]}, allowed: true},
		{name: "client, other header", cookies: map[string]string{TokenCookie: guest}, header: map[string]string{"X-CSRF-TOKEN": guest}, allowed: true},
		{name: "client, field", cookies: map[string]string{TokenCookie: guest}, field: guest, allowed: true},
		{name: "wrong token", cookies: map[string]string{TokenCookie: guest}, field: NewToken()},
		{name: "empty token", cookies: map[string]string{TokenCookie: ""}, header: map[string]string{"X-XSRF-TOKEN": ""}},
		{name: "token that is none", cookies: map[string]string{TokenCookie: "x"}, field: "x"},
		{name: "session", cookies: map[string]string{"madang_session": "s", TokenCookie: Token("s")}, field: Token("s"), allowed: true},
		{name: "session, without the token's cookie", cookies: map[string]string{"madang_session": "s"}, field: Token("s"), allowed: true},
		{name: "session with a guest's token", cookies: map[string]string{"madang_session": "s", TokenCookie: guest}, field: guest},
		{name: "session with the token of another", cookies: map[string]string{"madang_session": "s", TokenCookie: Token("other")}, field: Token("other")},
	} {
		t.Run(x.name, func(t *testing.T) {
			method := x.method
			if method == "" {
				method = "POST"
			}
			r := httptest.NewRequest(method, "https://barun.test/login", strings.NewReader("_token="+x.field))
			r.Header.Set("Content-Type", formKind)
			for name, value := range x.cookies {
				r.AddCookie(&http.Cookie{Name: name, Value: value})
			}
			for name, value := range x.header {
				r.Header.Set(name, value)
			}
			if got := c.Allow(r, mustRead(t, r, Limits{}), k); got != x.allowed {
				t.Errorf("allowed: %v", got)
			}
		})
	}
	if _, err := NewCSRF("app.example.com/x"); err == nil {
		t.Error("an origin that is none is trusted")
	}
}

func hex(c byte) string { return string([]byte{"0123456789ABCDEF"[c>>4], "0123456789ABCDEF"[c&15]}) }

func TestTokenCookieRoute(t *testing.T) {
	k := Cookies{Name: "madang"}
	ask := func(cookies ...*http.Cookie) *http.Cookie {
		t.Helper()
		r, w := httptest.NewRequest("GET", CookieRoute, nil), httptest.NewRecorder()
		for _, c := range cookies {
			r.AddCookie(c)
		}
		k.Cookie(w, r)
		if w.Code != 204 {
			t.Errorf("status %d", w.Code)
		}
		return cookiesOf(t, w)[TokenCookie]
	}
	first := ask()
	if again := ask(first); again.Value != first.Value {
		t.Error("a browser's token changes with each answer")
	}
	if bound := ask(first, &http.Cookie{Name: "madang_session", Value: "s"}); bound.Value != Token("s") {
		t.Error("the token is not that of the session")
	}
	if other := ask(&http.Cookie{Name: TokenCookie, Value: "planted"}); other.Value == "planted" {
		t.Error("what is no token is kept as one")
	}
}

// newFlasher returns a Flasher.
func newFlasher(tb testing.TB) Flasher {
	tb.Helper()
	box, err := seal.New([]byte(strings.Repeat("k", seal.MinKey)))
	if err != nil {
		tb.Fatal(err)
	}
	return Flasher{Box: box, Cookies: Cookies{Name: "madang"}, Site: "admin"}
}

func carry(r *http.Request, w *httptest.ResponseRecorder) {
	for _, k := range w.Result().Cookies() {
		if k.MaxAge >= 0 {
			r.AddCookie(k)
		}
	}
}

func TestFlash(t *testing.T) {
	f, now := newFlasher(t), time.Unix(100000, 0)
	left := Flash{Status: "done", Token: "abc", Errors: map[string]string{"email": "no"}, Bag: "b", Intended: "/user/profile"}
	w := httptest.NewRecorder()
	f.Put(w, left, now)
	r := httptest.NewRequest("GET", "/", nil)
	carry(r, w)

	w = httptest.NewRecorder()
	got := f.Take(w, r, now.Add(time.Second))
	if got.Status != "done" || got.Token != "abc" || got.Errors["email"] != "no" || got.Bag != "b" || got.Intended != "/user/profile" {
		t.Errorf("flash %+v", got)
	}
	next := httptest.NewRequest("GET", "/", nil)
	carry(next, w)
	if got := f.Peek(next, now.Add(time.Second)); got.Status != "" || got.Token != "" || got.Errors != nil || got.Intended != "/user/profile" {
		t.Errorf("after it was shown: %+v", got)
	}
	if got := f.Peek(r, now.Add(2*time.Minute)); got.Status != "" || got.Intended != "/user/profile" {
		t.Errorf("after 2 minutes: %+v", got)
	}
	for _, at := range []time.Time{now.Add(11 * time.Minute), now.Add(-2 * time.Minute)} {
		if got := f.Peek(r, at); got.Status != "" || got.Intended != "" {
			t.Errorf("at %v: %+v", at, got)
		}
	}
	other := f
	other.Site = "partner"
	if got := other.Peek(r, now); got.Status != "" {
		t.Errorf("on another site: %+v", got)
	}
}

func TestFlashIsBounded(t *testing.T) {
	f, now := newFlasher(t), time.Unix(100000, 0)
	for _, c := range []struct {
		left  Flash
		token string
	}{
		{Flash{Token: "abc", Errors: map[string]string{"email": strings.Repeat("x", 5000)}}, "abc"},
		{Flash{Token: strings.Repeat("x", 5000)}, ""},
	} {
		w := httptest.NewRecorder()
		f.Put(w, c.left, now)
		r := httptest.NewRequest("GET", "/", nil)
		for _, k := range w.Result().Cookies() {
			if len(k.Value) > 4000 {
				t.Errorf("a cookie of %d bytes", len(k.Value))
			}
		}
		carry(r, w)
		if got := f.Peek(r, now); got.Token != c.token || got.Errors != nil {
			t.Errorf("flash %+v", got)
		}
	}
}

func TestFlashLeadsNowhereElse(t *testing.T) {
	f, now := newFlasher(t), time.Unix(100000, 0)
	for _, path := range outside() {
		w := httptest.NewRecorder()
		f.Put(w, Flash{Status: "x", Intended: path}, now)
		r := httptest.NewRequest("GET", "/", nil)
		carry(r, w)
		if got := f.Peek(r, now); got.Intended != "" || got.Status != "x" {
			t.Errorf("%q: %+v", path, got)
		}
	}
}

func FuzzFlash(f *testing.F) {
	flasher, now := newFlasher(f), time.Unix(100000, 0)
	good := flasher.seal(Flash{Status: "x"}, now)
	f.Add(good)
	f.Add(good[:len(good)-1])
	f.Add(base64.RawURLEncoding.EncodeToString([]byte(`{"s":"x","at":100000}`)))
	f.Add("")
	f.Fuzz(func(t *testing.T, value string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Cookie", "madang_flash="+value)
		if got := flasher.Peek(r, now); got.Status != "" && got.Status != "x" {
			t.Errorf("%q, which nobody sealed, is read as %+v", value, got)
		}
		_ = flasher.Take(httptest.NewRecorder(), r, now)
	})
}
