package bearer

import (
	"net/http"
	"testing"
)

// TestCrossSite: what browsers send along by themselves counts for nothing in requests of pages elsewhere, siblings included
// (CVE-2025-24358, CVE-2025-46721).
func TestCrossSite(t *testing.T) {
	s := newSite(newHouse(t, noMail))
	p := s.add("kim@example.com")
	login := s.login(p.Email)
	signedIn := s.send("POST", "/auth/login", form{"email": p.Email, "password": word})
	cookie := signedIn.Result().Cookies()[0]
	if cookie.Name != "__Host-ably_sign_in" || !cookie.HttpOnly || !cookie.Secure || cookie.SameSite != http.SameSiteStrictMode || cookie.Path != "/" || cookie.Domain != "" || cookie.MaxAge != 20160*60 {
		t.Errorf("%+v", cookie)
	}
	pair := cookie.Name + "=" + cookie.Value
	for name, headers := range map[string][]string{
		"another site":          {"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.test"},
		"a sibling":             {"Sec-Fetch-Site", "same-site", "Origin", "https://blog.barun.test"},
		"an old browser's page": {"Origin", "https://evil.test"},
		"a sandbox":             {"Origin", "null"},
	} {
		for _, path := range []string{"/api/auth/me", "/api/auth/logout", "/api/auth/refresh"} {
			if w := s.send("POST", path, nil, append(headers, "Cookie", "token="+login)...); w.Code != 401 {
				t.Errorf("%s: %s: %d", name, path, w.Code)
			}
		}
		w := s.send("POST", "/auth/logout", nil, append(headers, "Cookie", pair)...)
		if h := w.Header(); h.Get("Access-Control-Allow-Credentials") != "" || h.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: %v", name, h)
		}
		if headers[0] == "Sec-Fetch-Site" {
			if w := s.send("GET", "/auth/re-create", nil, append(headers, "Cookie", pair)...); w.Code != 403 {
				t.Errorf("%s: re-create: %d %s", name, w.Code, w.Body)
			}
		}
	}
	for name, headers := range map[string][]string{
		"its own page": {"Sec-Fetch-Site", "same-origin"}, "the person": {"Sec-Fetch-Site", "none"}, "no browser": nil,
	} {
		if w := s.send("GET", "/auth/re-create", nil, append(headers, "Cookie", pair)...); w.Code != 200 {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
		if w := s.send("POST", "/api/auth/me", nil, append(headers, "Cookie", "token="+login)...); w.Code != 200 {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	// The cookie renews, and opens nothing.
	for _, headers := range [][]string{bearerOf(cookie.Value), {"Cookie", "token=" + cookie.Value}} {
		if w := s.send("GET", "/api/auth/me", nil, headers...); w.Code != 401 {
			t.Errorf("the cookie's token: %d %s", w.Code, w.Body)
		}
	}
}
