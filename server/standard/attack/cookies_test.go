//go:build unix

// Cookies, caches, and what answers say of the inside: session cookies that pages, siblings or the network could read or set,
// personal answers that a proxy keeps, errors that leak.

package attack

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// TestCookieAttributes looks at every cookie that a member is given, by https and without.
func TestCookieAttributes(t *testing.T) {
	for _, secure := range []bool{true, false} {
		h := open(t, "", func(s string) string {
			if secure {
				return s
			}
			return strings.Replace(s, "https://barun.test", "http://barun.test", 1)
		})
		b := h.browse("barun.test", "192.0.2.1")
		var all []*http.Cookie
		see := func(a reply) {
			all = append(all, a.cookies...)
		}
		see(b.ask(http.MethodGet, "/sanctum/csrf-cookie", nil))
		b.register("kim@example.com")
		see(b.ask(http.MethodPost, "/user/confirm-password", values{"password": password}))
		see(b.ask(http.MethodPost, "/logout", nil))
		see(b.ask(http.MethodPost, "/login", values{"email": "kim@example.com", "password": password, "remember": true}))
		m := h.browse("barun.test", "192.0.2.2")
		m.header = http.Header{"Accept": {"text/html"}, "Sec-Fetch-Site": {"same-origin"}}
		see(m.ask(http.MethodPost, "/login", values{"email": "kim@example.com", "password": other}))
		sessions := 0
		for _, c := range all {
			if c.Secure != secure || c.Path != "/" || c.Domain != "" || c.SameSite != http.SameSiteLaxMode && c.SameSite != http.SameSiteStrictMode {
				t.Errorf("https %v: %v", secure, c)
			}
			if c.HttpOnly == (c.Name == "XSRF-TOKEN" || c.Name == "locale") {
				t.Errorf("https %v: scripts and %v", secure, c)
			}
			if c.Name != "XSRF-TOKEN" && c.Name != "locale" && strings.HasPrefix(c.Name, "__Host-") != secure {
				t.Errorf("https %v: %v", secure, c)
			}
			if strings.HasSuffix(c.Name, "_session") && c.Value != "" {
				if sessions++; len(c.Value) < 43 {
					t.Errorf("a secret of %d characters", len(c.Value))
				}
			}
		}
		if sessions < 2 {
			t.Errorf("%d cookies of sessions among %v", sessions, all)
		}
	}
}

// TestPersonalAnswersAreKeptByNobody asks for all that is about somebody, and for refusals.
func TestPersonalAnswersAreKeptByNobody(t *testing.T) {
	h := open(t, "")
	b := h.browse("barun.test", "192.0.2.1").register("kim@example.com")
	b.factor(password)
	app := h.user("app@example.com")
	guest := h.browse("barun.test", "192.0.2.3")
	for _, c := range []struct {
		who          *browser
		method, path string
		accept       string
	}{
		{b, "GET", "/user/two-factor-secret-key", ""}, {b, "GET", "/user/two-factor-recovery-codes", ""}, {b, "GET", "/user/two-factor-qr-code", ""},
		{b, "GET", "/user/confirmed-password-status", ""}, {b, "GET", "/api/user", ""}, {b, "GET", "/user/profile", "text/html"}, {b, "GET", "/user/api-tokens", "text/html"},
		{app, "POST", "/api/auth/me", ""}, {app, "GET", "/api/user", ""}, {app, "POST", "/api/auth/refresh", ""},
		{guest, "GET", "/login", "text/html"}, {guest, "POST", "/login", ""}, {guest, "GET", "/user/profile", "text/html"}, {guest, "POST", "/api/auth/login", ""},
		{guest, "GET", "/reset-password/xyz?email=kim@example.com", "text/html"}, {guest, "GET", "/sanctum/csrf-cookie", ""}, {guest, "GET", "/user/two-factor-secret-key", ""},
	} {
		if c.accept != "" {
			c.who.header = http.Header{"Accept": {c.accept}}
		}
		a := c.who.ask(c.method, c.path, nil)
		c.who.header = http.Header{}
		if cc := a.header.Get("Cache-Control"); !strings.Contains(cc, "no-store") && !strings.Contains(cc, "private") {
			t.Errorf("%s %s: %d, Cache-Control %q", c.method, c.path, a.status, cc)
		}
		if a.header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s %s: pages of other origins can read it: %v", c.method, c.path, a.header)
		}
		if c.accept == "text/html" && a.status == http.StatusOK && a.header.Get("X-Frame-Options") == "" && !strings.Contains(a.header.Get("Content-Security-Policy"), "frame-ancestors") {
			t.Errorf("%s %s can be framed: %v", c.method, c.path, a.header)
		}
		if strings.Contains(c.path, "reset-password") && !strings.Contains(a.header.Get("Referrer-Policy"), "no-referrer") && !strings.Contains(a.header.Get("Referrer-Policy"), "same-origin") {
			t.Errorf("%s tells its address to others: %v", c.path, a.header)
		}
	}
}

// TestErrorsTellNothing provokes errors of every kind, and looks for what nobody outside should read.
func TestErrorsTellNothing(t *testing.T) {
	h := open(t, withHosts)
	b := h.browse("partner.barun.test", "192.0.2.1").register("kim@example.com")
	inside := regexp.MustCompile(`(?i)\.go:\d|goroutine|panic|sqlite|sql:|select |argon2|\$2[aby]\$|madang/|runtime|stack|/tmp/|127\.0\.0\.1:|unmarshal|json:|strconv|reflect|<nil>|%!`)
	for _, path := range []string{
		"/login", "/register", "/user/profile", "/user/password", "/user/x", "/email/verify/x/y", "/email/verify/1/y?expires=x&signature=x", "/reset-password", "/api/user", "/api/auth/me",
		"/api/auth/x", "/nothing", "/storage/profile-photos/x", "/user/api-tokens/x", "/%ff", "/..%2f..%2fetc/passwd", "/api/auth/token", "/auth/re-create", "/.well-known/x", "/broadcasting/auth", "/user/two-factor-qr-code",
	} {
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FOO"} {
			for _, who := range []*browser{b.clone(), h.browse("api.barun.test", "192.0.2.2"), h.browse("admin.barun.test", "192.0.2.3")} {
				if method == "DELETE" && path == "/user" {
					continue
				}
				a := who.do(who.request(method, path, values{"a": "b"}))
				if a.status >= 500 && a.status != http.StatusNotImplemented || inside.MatchString(a.body) && !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") || a.header.Get("Server") != "" || a.header.Get("X-Powered-By") != "" {
					t.Errorf("%s %s%s: %d %.300s %v", method, who.host, path, a.status, a.body, a.header)
				}
			}
		}
	}
}
