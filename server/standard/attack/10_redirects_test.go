//go:build unix

// Class 10, redirects to where somebody else wants: GHSA-36f2-fcrx-fp4j (Authelia), GO-2026-5737 and CVE-2026-54072
// (Authorizer), CVE-2026-29192 (Zitadel).
//
// Here a redirect leads to a path of the same host, and what a browser would read as another host is no path. Parts:
// account/laravel TestFlashLeadsNowhereElse, TestLocalPath.

package attack

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// targets are addresses elsewhere, in the ways that browsers read.
func targets() []string {
	return []string{
		"https://evil.example/", "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example", "/%09/evil.example", "https:evil.example",
		"javascript:alert(1)", "data:text/html,x", "/%2F/evil.example", "/..//evil.example", "https://partner.barun.test@evil.example/", "/@evil.example", "evil.example", "\u3000//evil.example",
	}
}

// TestRedirectsStayHere asks every route that redirects, as pages without scripts do, with every way to name another place.
func TestRedirectsStayHere(t *testing.T) {
	h := open(t, withHosts)
	b := h.browse("partner.barun.test", "192.0.2.1").register("kim@example.com")
	h.assign("kim@example.com", "partner")
	check := func(what string, a reply) {
		t.Helper()
		to := a.header.Get("Location")
		if to == "" {
			to = a.header.Get("X-Inertia-Location")
		}
		if to == "" {
			return
		}
		u, err := url.Parse(to)
		if err != nil || strings.ContainsAny(to, "\\\t\r\n") || strings.HasPrefix(to, "//") || u.Host != "" && !strings.HasSuffix("."+u.Hostname(), ".barun.test") || u.Host == "" && !strings.HasPrefix(to, "/") {
			t.Errorf("%s leads to %q", what, to)
		}
	}
	for _, target := range targets() {
		q := "?redirect=" + url.QueryEscape(target) + "&next=" + url.QueryEscape(target) + "&intended=" + url.QueryEscape(target) + "&return_to=" + url.QueryEscape(target) + "&url=" + url.QueryEscape(target)
		for name, who := range map[string]*browser{"guest": h.browse("partner.barun.test", "192.0.2.9"), "member": b.clone()} {
			who.header = http.Header{"Accept": {"text/html"}, "Referer": {target}, "Sec-Fetch-Site": {"same-origin"}, "X-Forwarded-Host": {"evil.example"}}
			for _, path := range []string{"/login", "/user/profile", "/user/confirm-password", "/email/verify/1/x", "/reset-password/x", "/", "/two-factor-challenge"} {
				check(name+" GET "+path, who.do(who.request(http.MethodGet, path+q, nil)))
			}
			for _, path := range []string{"/login", "/forgot-password", "/register", "/two-factor-challenge", "/user/confirm-password", "/logout"} {
				check(name+" POST "+path, who.do(who.request(http.MethodPost, path+q, values{"email": "nobody@example.com", "redirect": target, "intended": target})))
			}
		}
	}
	// www sends people on to the base, with their path; no path makes another host of it.
	for _, path := range []string{"/", "/a/b?c=d", "//evil.example", "///evil.example/x", "/\\evil.example", "/%5cevil.example", "/@evil.example", "/.evil.example"} {
		loc, ok := h.location(http.MethodGet, path, "www.barun.test")
		if !ok {
			continue
		}
		u, err := url.Parse(loc)
		if err != nil || u.Scheme != "https" || u.Host != "barun.test" || u.User != nil || strings.Contains(loc, "\\") {
			t.Errorf("www%s leads to %q", path, loc)
		}
	}
}
