//go:build unix

// Class 9, requests that somebody else's page made a browser send: CVE-2025-24358 (gorilla/csrf: the origin was not looked at
// over TLS), CVE-2025-46721 (nosurf: the same), CVE-2026-28741 and CVE-2026-27659 (Mattermost).
//
// Here a browser says where a request was made, in headers that no page writes: only the same origin may change something, not
// even a sibling host. Who says nothing of it shows the token of its session. Parts: account/laravel TestForgedRequests.

package attack

import (
	"bytes"
	"maps"
	"net/http"
	"strings"
	"testing"

	"madang/account"
)

// forgery is a request as another page makes a browser send it: with cookies, without the token, and with a body that needs no leave.
func (b *browser) forgery(method, path, kind, body string, header http.Header) reply {
	t := b.h.t
	t.Helper()
	r := b.request(method, path, nil)
	r2, err := http.NewRequestWithContext(t.Context(), method, r.URL.String(), bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	r2.Host, r2.Header = r.Host, r.Header
	r2.Header.Del("X-Xsrf-Token")
	r2.Header.Set("Content-Type", kind)
	maps.Copy(r2.Header, header)
	a, err := send(r2)
	if err != nil { // a server that has read enough does not read the rest
		a.status = http.StatusRequestEntityTooLarge
		t.Log(err)
	}
	return a
}

// stopped reports whether a request was refused before it could do anything: by the check, or because there is no such method.
func stopped(a reply) bool {
	return a.status == 419 || a.status == http.StatusForbidden || a.status == http.StatusMethodNotAllowed
}

// TestForgedByAnotherPage changes a profile from pages of other origins, in every way that forms can.
func TestForgedByAnotherPage(t *testing.T) {
	h := open(t, withHosts)
	b := h.browse("partner.barun.test", "192.0.2.1").register("kim@example.com")
	h.assign("kim@example.com", "partner")
	const path = "/user/profile-information"
	bodies := map[string]string{
		"application/x-www-form-urlencoded": forms(values{"_method": "PUT", "name": "forged", "email": "forged@example.com"}),
		"text/plain":                        `{"_method":"PUT","name":"forged","email":"forged@example.com"}`,
		"application/json":                  `{"_method":"PUT","name":"forged","email":"forged@example.com"}`,
		"multipart/form-data; boundary=x": "--x\r\nContent-Disposition: form-data; name=\"_method\"\r\n\r\nPUT\r\n--x\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nforged\r\n" +
			"--x\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\nforged@example.com\r\n--x--\r\n",
	}
	origins := map[string]http.Header{
		"another site":             {"Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://evil.example"}},
		"a sibling host":           {"Sec-Fetch-Site": {"same-site"}, "Origin": {"https://admin.barun.test"}},
		"the base host":            {"Sec-Fetch-Site": {"same-site"}, "Origin": {"https://barun.test"}},
		"another site, no fetch":   {"Origin": {"https://evil.example"}},
		"a sibling, no fetch":      {"Origin": {"https://admin.barun.test"}},
		"a name that begins so":    {"Origin": {"https://partner.barun.test.evil.example"}},
		"a sandbox":                {"Origin": {"null"}},
		"another port":             {"Origin": {"https://partner.barun.test:8443"}},
		"nothing is said":          {},
		"a token of the forger's":  {"X-Csrf-Token": {strings.Repeat("A", 43)}, "X-Xsrf-Token": {strings.Repeat("A", 43)}},
		"sibling with its token":   {"Sec-Fetch-Site": {"same-site"}, "X-Xsrf-Token": {b.cookies["XSRF-TOKEN"]}},
		"a method in a header":     {"X-Http-Method-Override": {"PUT"}, "Sec-Fetch-Site": {"cross-site"}},
		"what proxies would say":   {"X-Forwarded-Host": {"evil.example"}, "Origin": {"https://evil.example"}},
		"referer of the same host": {"Referer": {"https://partner.barun.test/"}, "Origin": {"https://evil.example"}},
	}
	for name, header := range origins {
		for kind, body := range bodies {
			for _, target := range []string{path, path + "?_method=PUT"} {
				if a := b.forgery(http.MethodPost, target, kind, body, header); !stopped(a) {
					t.Errorf("%s, %s: %d %s", name, kind, a.status, a.body)
				}
			}
		}
		for _, c := range [][2]string{{"POST", "/logout"}, {"DELETE", "/user"}, {"POST", "/login"}, {"POST", "/register"}, {"PUT", "/user/password"}, {"DELETE", "/user/other-browser-sessions"},
			{"POST", "/user/two-factor-authentication"}, {"POST", "/forgot-password"}, {"POST", "/reset-password"}, {"POST", "/two-factor-challenge"}, {"POST", "/user/api-tokens"}} {
			if a := b.forgery(c[0], c[1], "application/x-www-form-urlencoded", "password="+strings.ReplaceAll(password, " ", "+"), header); !stopped(a) {
				t.Errorf("%s, %v: %d %s", name, c, a.status, a.body)
			}
		}
	}
	// A GET changes nothing, whatever it says it is.
	for _, target := range []string{path + "?_method=PUT&name=forged&email=forged@example.com", "/logout?_method=POST", "/user?_method=DELETE"} {
		a := b.forgery(http.MethodGet, target, "text/plain", "", http.Header{"Sec-Fetch-Site": {"cross-site"}, "X-Http-Method-Override": {"PUT"}})
		if a.status < 300 && strings.HasPrefix(target, path) {
			t.Errorf("%s: %d %s", target, a.status, a.body)
		}
	}
	p := h.find("members", "kim@example.com")
	if !b.in() || p.Name != "Kim" || h.acts()[account.ActProfileChanged] != 0 {
		t.Errorf("something was changed: %+v, %v", p, h.acts())
	}
	if a := b.forgery(http.MethodPost, path, "application/json", `{"_method":"PUT","name":"Own","email":"kim@example.com"}`, http.Header{"Sec-Fetch-Site": {"same-origin"}, "Origin": {"https://partner.barun.test"}}); a.status != http.StatusOK {
		t.Errorf("a page of the same origin: %d %s", a.status, a.body)
	}
}

// TestPlantedCookies tosses cookies from a sibling host into a browser: a session, and a token against forged requests.
func TestPlantedCookies(t *testing.T) {
	h := open(t, withHosts)
	thief := h.browse("partner.barun.test", "198.51.100.1").register("thief@example.com")
	name, planted := thief.session()
	if !strings.HasPrefix(name, "__Host-") {
		t.Errorf("a sibling host can plant the cookie %s", name)
	}
	victim := h.browse("partner.barun.test", "192.0.2.1")
	victim.cookies[strings.TrimPrefix(name, "__Host-")] = planted // the name that a sibling can set
	if victim.in() {
		t.Error("a session without __Host- is taken")
	}
	b := h.browse("partner.barun.test", "192.0.2.1").register("kim@example.com")
	own := thief.cookies["XSRF-TOKEN"]
	b.cookies["XSRF-TOKEN"] = own
	if a := b.forgery(http.MethodPut, "/user/profile-information", "application/json", `{"name":"forged","email":"kim@example.com"}`, http.Header{"X-Xsrf-Token": {own}}); a.status != 419 {
		t.Errorf("a token that was planted: %d %s", a.status, a.body)
	}
}
