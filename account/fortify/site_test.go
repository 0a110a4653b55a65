package fortify

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"madang/account/laravel"
	"madang/account/words"
)

// Over https every cookie is one that only the host itself can set.
func TestSecureCookies(t *testing.T) {
	h := newHouse(t)
	h.add(kim)
	h.site.Store(&laravel.Site{URL: "https://barun.test"})
	b := h.browser()
	b.do("POST", "/login", fields{"email": kim, "password": otherWord})
	a := b.do("POST", "/login", fields{"email": kim, "password": secretWord})
	for name, k := range a.set {
		switch {
		case !k.Secure || k.Path != "/" || k.Domain != "" || k.SameSite != http.SameSiteLaxMode:
			t.Errorf("cookie %v", k)
		case name == laravel.TokenCookie && k.HttpOnly, name != laravel.TokenCookie && (!k.HttpOnly || !strings.HasPrefix(name, "__Host-")):
			t.Errorf("cookie %v", k)
		}
	}
	if a.set["__Host-madang_session"] == nil {
		t.Errorf("cookies %v", a.set)
	}
}

// A site has pages of its own, and links of mails lead there.
func TestSites(t *testing.T) {
	h := newHouse(t)
	h.add(kim)
	h.site.Store(&laravel.Site{Name: "admin", URL: h.url, Prefix: "Admin", Home: "/dashboard"})
	b := h.browser()
	for path, component := range map[string]string{
		"/login": "Admin/Auth/Login", "/forgot-password": "Admin/Auth/ForgotPassword", "/register": "Admin/Auth/Register",
		"/reset-password/x?email=kim%40example.com": "Admin/Auth/ResetPassword", "/terms-of-service": "TermsOfService", "/nowhere": "Error",
	} {
		if p := b.do("GET", path, nil).page(t); p.Component != component || p.Props["site"] != "admin" {
			t.Errorf("%s: %s, %v", path, p.Component, p.Props["site"])
		}
	}
	b.do("POST", "/forgot-password", fields{"email": kim})
	if link := h.mailed(kim); !strings.HasPrefix(link, "https://admin.barun.test/reset-password/") {
		t.Errorf("link %s", link)
	}
	if a := b.login().last; a.header.Get("Location") != "/dashboard" {
		t.Errorf("to %s", a.header.Get("Location"))
	}
	if p := b.do("GET", "/user/confirm-password", nil).page(t); p.Component != "Admin/Auth/ConfirmPassword" {
		t.Errorf("page %s", p.Component)
	}
	if got := verifiedHome("/dashboard?a=b"); got != "/dashboard?a=b&verified=1" {
		t.Errorf("home %s", got)
	}
}

// People are spoken to in the language that they chose, else in that of their browser.
func TestLanguages(t *testing.T) {
	h := newHouse(t)
	h.add(kim)
	c := h.script()
	korean := func(r *http.Request) { r.Header.Set("Accept-Language", "ko-KR,ko;q=0.9,en;q=0.5") }
	a := c.do("POST", "/login", fields{"email": kim, "password": otherWord}, korean)
	if a.body != `{"message":"이메일이나 비밀번호가 맞지 않습니다.","errors":{"email":["이메일이나 비밀번호가 맞지 않습니다."]}}` {
		t.Errorf("%s", a.body)
	}
	p := h.person()
	p.Locale = "ko"
	_, err := h.store.SavePerson(t.Context(), p)
	must(t, err)
	if got := c.open(kim).do("GET", profilePath, nil).page(t).Props; got["locale"] != "ko" || got["sessions"].([]any)[0].(map[string]any)["last_active"] != "0초 전" {
		t.Errorf("props %v", got)
	}
}

// What is asked of pages of others is the same.
func TestDoor(t *testing.T) {
	h := newHouse(t)
	h.add(kim, unverified)
	inside := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	mux := http.NewServeMux()
	mux.Handle("/auth", h.f.Auth(inside))
	mux.Handle("/verified", h.f.Verified(inside))
	mux.HandleFunc("/forbidden", func(w http.ResponseWriter, r *http.Request) {
		h.f.Refuse(w, r, http.StatusForbidden, "User does not have the right roles.")
	})
	mux.HandleFunc("/unknown", func(w http.ResponseWriter, r *http.Request) {
		h.f.Refuse(w, r, http.StatusUnauthorized, "User is not logged in.")
	})
	mux.HandleFunc("/who", func(w http.ResponseWriter, r *http.Request) {
		who, ok, err := h.f.Who(r)
		if err != nil || ok != (who.Person.Email == kim) {
			t.Errorf("%+v, %v, %v", who, ok, err)
		}
		w.WriteHeader(http.StatusOK)
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	script, browser := h.script(), h.browser()
	h.url, h.transport = server.URL, server.Client().Transport
	ask := func(path string, s, b want) {
		t.Helper()
		s.compare(t, words.Laravel10, script.do("GET", path, nil))
		b.compare(t, words.Laravel10, browser.do("GET", path, nil))
	}
	ask("/auth", want{status: 401, json: `{"message":"Unauthenticated."}`}, want{status: 302, to: "/login"})
	ask("/unknown", want{status: 401, json: `{"message":"User is not logged in."}`}, want{status: 302, to: "/login"})
	ask("/who", want{status: 200}, want{status: 200})
	script.open(kim)
	browser.open(kim)
	ask("/who", want{status: 200}, want{status: 200})
	ask("/auth", want{status: 418}, want{status: 418})
	ask("/verified", want{status: 403, json: `{"message":"Your email address is not verified."}`}, want{status: 302, to: "/email/verify"})
	ask("/forbidden", want{status: 403, json: `{"message":"User does not have the right roles."}`}, want{status: 403, page: "Error"})
	if p := browser.do("GET", "/forbidden", nil).page(t).Props; p["message"] != "User does not have the right roles." || p["status"] != 403.0 {
		t.Errorf("props %v", p)
	}
}

// The server's own trouble is logged, and told to nobody.
func TestOwnTrouble(t *testing.T) {
	h := newHouse(t)
	h.add(kim)
	c := h.script().open(kim)
	p := h.person()
	p.Factor.Secret, p.Factor.ConfirmedAt = []byte("sealed with no key"), h.now()
	_, err := h.store.SavePerson(t.Context(), p)
	must(t, err)
	c.open(kim, h.confirmed)
	a := c.do("GET", "/user/two-factor-secret-key", nil)
	if a.status != http.StatusInternalServerError || a.body != `{"message":"Server Error"}` || !strings.Contains(h.log.String(), "second factor of person") {
		t.Errorf("%d %s; logged %s", a.status, a.body, h.log)
	}
}

func TestNewRefuses(t *testing.T) {
	h := newHouse(t)
	good, parts := h.f.config, h.f.Parts
	for name, change := range map[string]func(*Config, *Parts){
		"messages": func(c *Config, _ *Parts) { c.Messages = "laravel9" }, "language": func(c *Config, _ *Parts) { c.Language = "fr" },
		"no cookie": func(c *Config, _ *Parts) { c.Cookie = "" }, "cookie": func(c *Config, _ *Parts) { c.Cookie = "a=b" },
		"origin": func(c *Config, _ *Parts) { c.TrustedOrigins = []string{"example.com/x"} }, "no terms": func(c *Config, _ *Parts) { c.Terms = "" },
		"no service": func(_ *Config, p *Parts) { p.Service = nil }, "no pages": func(_ *Config, p *Parts) { p.Pages = nil },
		"no box": func(_ *Config, p *Parts) { p.Box = nil }, "no site": func(_ *Config, p *Parts) { p.Site = nil },
	} {
		c, p := good, parts
		change(&c, &p)
		if _, err := New(c, p); err == nil {
			t.Errorf("%s: made", name)
		}
	}
	if f, err := New(good, Parts{Service: parts.Service, Pages: parts.Pages, Box: parts.Box, Site: parts.Site}); err != nil || f.Log == nil || f.Now == nil {
		t.Errorf("%v", err)
	}
	if err := Defaults().Validate(); err != nil {
		t.Error(err)
	}
}

// Terms are what somebody wrote, not what runs in a reader's browser.
func TestPapers(t *testing.T) {
	html, err := paper("# Hello\n\n<script>alert(1)</script>\n\n[x](javascript:alert(1)) <img src=x onerror=alert(1)> [y](data:text/html,x)\n\n| a |\n|---|\n| b |")
	if err != nil || strings.Contains(html, "<script") || strings.Contains(html, "javascript:") || strings.Contains(html, "onerror") || strings.Contains(html, "data:") ||
		!strings.Contains(html, "<h1>Hello</h1>") || !strings.Contains(html, "<td>b</td>") {
		t.Errorf("%v: %s", err, html)
	}
	if html, err := paper(" \n"); html != "" || err != nil {
		t.Errorf("%q, %v", html, err)
	}
}

func TestAgents(t *testing.T) {
	for text, want := range map[string]string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0":              "Windows Edge desktop",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15":                      "OS X Safari desktop",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/131.0 Mobile/15E148 Safari/604.1":     "iOS Chrome",
		"Mozilla/5.0 (Linux; Android 14; SM-S921N) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/27.0 Chrome/125.0.0.0 Mobile Safari/537.36": "AndroidOS Samsung Browser",
		"Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0":                                                                     "Linux Firefox desktop",
		"curl/8.11": "- -", "": "- -",
	} {
		a := agentOf(text)
		got := name(a.Platform) + " " + name(a.Browser)
		if a.Desktop {
			got += " desktop"
		}
		if got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func name(s *string) string {
	if s == nil {
		return "-"
	}
	return *s
}

// Errors go into the bag of their form, or the one that a page asks for.
func TestBags(t *testing.T) {
	h := newHouse(t)
	h.add(kim)
	b := h.browser().open(kim)
	bag := func(r *http.Request) { r.Header.Set("X-Inertia-Error-Bag", "logoutOthers") }
	b.do("DELETE", "/user/other-browser-sessions", fields{"password": otherWord}, bag)
	got := b.do("GET", profilePath, nil, bag).page(t).Props["errors"].(map[string]any)
	if x, ok := got["logoutOthers"].(map[string]any); !ok || x["password"] != "The password is incorrect." {
		t.Errorf("errors %v", got)
	}
	if all := bagged(strings.Repeat("x", maxBag+1), laravel.Flash{Errors: map[string]string{"a": "b"}}); all["a"] != "b" {
		t.Errorf("errors %v", all)
	}
}

// FuzzRequests sends what anybody can send, and asks that nothing but an answer comes of it.
func FuzzRequests(f *testing.F) {
	for _, r := range table() {
		f.Add(r.method, r.example(), "application/json", `{"email":"kim@example.com","password":"x","code":"1","_method":"PUT"}`, "madang_session=x; madang_flash=y; XSRF-TOKEN=z")
	}
	f.Add("POST", "/login", "application/x-www-form-urlencoded", "email[]=x&_token=a&_method=delete", "madang_session=\"; locale=ko")
	h := newHouse(f)
	mux := http.NewServeMux()
	for pattern, handler := range h.f.Routes() {
		mux.Handle(pattern, handler)
	}
	f.Fuzz(func(t *testing.T, method, path, kind, body, cookies string) {
		r, err := http.NewRequestWithContext(t.Context(), method, "http://barun.test/", strings.NewReader(body))
		if err != nil || !strings.HasPrefix(path, "/") {
			return
		}
		u, err := r.URL.Parse(path)
		if err != nil || u.Host != "barun.test" {
			return
		}
		r.URL, r.RemoteAddr, r.RequestURI = u, "192.0.2.1:1", u.RequestURI()
		r.Header.Set("Content-Type", kind)
		r.Header.Set("Cookie", cookies)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		if w.Code >= 500 && w.Code != http.StatusServiceUnavailable {
			t.Errorf("%s %s: %d %s", method, path, w.Code, w.Body)
		}
		if to := w.Header().Get("Location"); to != "" && !laravel.LocalPath(to) && w.Code != http.StatusMovedPermanently && w.Code != http.StatusTemporaryRedirect {
			t.Errorf("%s %s leads to %q", method, path, to)
		}
	})
}
