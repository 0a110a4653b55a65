//go:build unix

// Class 5, what a request says of its host, scheme or sender is believed: GO-2025-3721 and CVE-2025-64101 (Zitadel: accounts
// taken over by X-Forwarded-Proto and Forwarded in links of mails), GO-2026-5774, GO-2026-5775 and GO-2026-5777 (chi: RealIP),
// GO-2025-3770 (chi: RedirectSlashes); and Laravel's own links for a new password, which begin with the Host header.
//
// Here links begin with what is configured, hosts are compared whole, and forwarding headers are there only if a proxy sent
// them that the configuration names. Parts: account/signin TestLinkHost, account/gate TestDoor, server TestProxies.

package attack

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// lies are headers by which a request says that it is for another host.
func lies() http.Header {
	return http.Header{
		"X-Forwarded-Host": {"evil.example"}, "X-Forwarded-Server": {"evil.example"}, "X-Original-Host": {"evil.example"}, "X-Host": {"evil.example"},
		"Forwarded": {`for=1.2.3.4;host=evil.example;proto=http`}, "X-Forwarded-Proto": {"http"}, "X-Forwarded-Port": {"1"}, "X-Original-Url": {"/evil"},
		"X-Rewrite-Url": {"/evil"}, "Origin": {"https://barun.test"}, "Referer": {"https://evil.example/x"}, "X-Forwarded-Prefix": {"//evil.example"},
	}
}

// TestLinksAreOurs asks for mails with every header that names another host.
func TestLinksAreOurs(t *testing.T) {
	h := open(t, "")
	b := h.browse("barun.test", "192.0.2.1").register("kim@example.com")
	for i, host := range []string{"evil.example", "barun.test@evil.example", "barun.test:1@evil.example", "evil.example/barun.test", "barun.test"} {
		m := h.browse(host, fmt.Sprintf("192.0.2.%d", 10+i))
		m.header = lies()
		m.header.Set("Origin", "https://"+host)
		a := m.ask(http.MethodPost, "/forgot-password", values{"email": "kim@example.com"})
		if strings.Contains(a.body+fmt.Sprint(a.header), "evil") && host != "evil.example" {
			t.Errorf("%s: %d %s %v", host, a.status, a.body, a.header)
		}
	}
	b.header = lies()
	b.ask(http.MethodPut, "/user/profile-information", values{"name": "Kim", "email": "lee@example.com"})
	h.verifyPath("lee@example.com", 1)
	h.resetToken("kim@example.com")
	for _, to := range []string{"kim@example.com", "lee@example.com"} {
		for _, l := range h.mails.to(to) {
			if strings.Contains(l.raw, "evil") || strings.Contains(l.text, "http://") || !strings.Contains(l.text, "https://barun.test/") && strings.Contains(l.text, "://") {
				t.Errorf("%s", l.text)
			}
		}
	}
}

// TestHostConfusion writes the administrators' host in each way that a browser, a proxy or a parser might read as another or the
// same one. Somebody without the role is let in by none.
func TestHostConfusion(t *testing.T) {
	h := open(t, withHosts)
	b := h.browse("partner.barun.test", "192.0.2.1").register("kim@example.com")
	h.assign("kim@example.com", "partner")
	admin := h.browse("partner.barun.test", "192.0.2.2").register("boss@example.com")
	h.assign("boss@example.com", "admin")
	pages := []string{"/", "/v1/rooms", "/openapi.json"}
	for _, host := range []string{
		"admin.barun.test", "ADMIN.barun.test", "Admin.Barun.Test.", "admin.barun.test.", "admin.barun.test:443", "admin.barun.test:80", "admin.barun.test.:8443",
		"admin.barun.test..", "admin.barun.test:", "admin.barun.test:x", "admin.barun.test@partner.barun.test", "partner.barun.test@admin.barun.test",
		"[admin.barun.test]", "admin.barun.test%00", "admin%2Ebarun.test", "admin。barun.test", "admin.barun.test/",
		"xadmin.barun.test", "admin.barun.test.evil.example", "evil.example", "127.0.0.1", "",
	} {
		for _, path := range pages {
			for name, who := range map[string]*browser{"a partner": b, "a guest": h.browse("", "192.0.2.3")} {
				m := who.clone()
				m.host = host
				status, body, ok := m.raw(http.MethodGet, path, host)
				if ok && status == http.StatusOK && hostIs(host, "admin.barun.test") {
					t.Errorf("%s is let in at %q: %s %d %.200s", name, host, path, status, body)
				}
				if ok && status == http.StatusOK && !hostIs(host, "admin.barun.test") && path == "/v1/rooms" {
					t.Errorf("%s reads rooms at %q, which is no host of this server's: %d %.200s", name, host, status, body)
				}
			}
		}
	}
	for _, host := range []string{"admin.barun.test", "ADMIN.barun.test:443", "admin.barun.test."} {
		m := admin.clone()
		m.host = host
		if a := m.ask(http.MethodGet, "/v1/rooms", nil); a.status != http.StatusOK {
			t.Errorf("an administrator at %q: %d %s", host, a.status, a.body)
		}
	}
	// What a proxy says of the host does not choose it.
	m := b.clone()
	m.header = http.Header{"X-Forwarded-Host": {"partner.barun.test"}, "Forwarded": {"host=partner.barun.test"}}
	m.host = "admin.barun.test"
	if a := m.ask(http.MethodGet, "/v1/rooms", nil); a.status != http.StatusForbidden {
		t.Errorf("by X-Forwarded-Host: %d %s", a.status, a.body)
	}
}

// hostIs reports whether a Host header names a host to a browser.
func hostIs(header, host string) bool {
	name, _, _ := strings.Cut(strings.ToLower(header), ":")
	return strings.TrimSuffix(name, ".") == host
}

// TestForwardedForFromStrangers says to come from other networks, each time from another one. To a server that trusts nobody it
// is always the same; to one behind a proxy, what stands before the proxy's own entry proves nothing.
func TestForwardedForFromStrangers(t *testing.T) {
	for name, c := range map[string]struct {
		edit   func(string) string
		header func(i int) http.Header
	}{
		"no proxy is trusted": {func(s string) string {
			return strings.Replace(s, "trusted_proxies: [127.0.0.1/32]", "trusted_proxies: [10.0.0.0/8]", 1)
		},
			func(i int) http.Header {
				ip := fmt.Sprintf("203.0.113.%d", i)
				return http.Header{"X-Forwarded-For": {ip}, "X-Real-Ip": {ip}, "True-Client-Ip": {ip}, "Cf-Connecting-Ip": {ip}, "Forwarded": {"for=" + ip}, "X-Client-Ip": {ip}, "X-Cluster-Client-Ip": {ip}}
			}},
		"a proxy appends": {func(s string) string { return s },
			func(i int) http.Header {
				ip := fmt.Sprintf("203.0.113.%d", i)
				return http.Header{"X-Forwarded-For": {ip + ", 198.51.100.1"}, "X-Real-Ip": {ip}, "True-Client-Ip": {ip}, "Cf-Connecting-Ip": {ip}, "Forwarded": {"for=" + ip}}
			}},
		"a proxy appends a line": {func(s string) string { return s },
			func(i int) http.Header {
				return http.Header{"X-Forwarded-For": {fmt.Sprintf("203.0.113.%d", i), "127.0.0.1,garbage", "198.51.100.1"}}
			}},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t, "", c.edit)
			tried := 0
			for i := range 9 {
				b := h.browse("barun.test", "")
				b.header = c.header(i)
				if verdict(b.login("kim@example.com", other)) == "refused" {
					tried++
				}
			}
			if tried != 5 {
				t.Errorf("%d passwords were tried from one place", tried)
			}
		})
	}
}
