package guards_test

import (
	"net/url"
	"strings"
	"testing"

	"madang"
	"madang/account/guards"
)

// Whatever stands in the headers, a cookie counts only for a page of the host that was asked, or of a configured one.
func FuzzOrigin(f *testing.F) {
	for _, s := range []string{
		"https://chat.barun.test", "https://chat.barun.test:443", "https://evil.example", "null", "https://chat.barun.test@evil.example", "//chat.barun.test",
		"https:chat.barun.test", "https://chat.barun.test/", "https://CHAT.barun.test", "https://chat.barun.test:443:443", "https://[::1]:80", "https://app.barun.test",
		"https://chat.barun.test#@evil.example", "https://chat.barun.test\\@evil.example",
	} {
		f.Add(s, site, "", "")
		f.Add("", site, "", s+"/page")
	}
	f.Add("", site, "same-origin", "")
	h := newHouse(f, func(c *guards.WebConfig) { c.Origins = []string{"https://app.barun.test"} })
	e := h.login(h.person("minji").Email)
	f.Fuzz(func(t *testing.T, origin, host, fetch, referer string) {
		_, err := h.web.Authenticate(t.Context(), madang.Credentials{Header: headers(
			"Origin", origin, "Host", host, "Sec-Fetch-Site", fetch, "Referer", referer, "Cookie", cookie+"="+e.Secret)})
		if err != nil {
			return
		}
		if origin == "" && (fetch == "same-origin" || fetch == "none") {
			return
		}
		page := origin
		if page == "" {
			page = referer
		}
		u, err := url.Parse(page)
		if err != nil || u.Scheme != "https" || u.User != nil {
			t.Fatalf("it counts from %q", page)
		}
		name := strings.TrimSuffix(strings.ToLower(u.Host), ":443")
		if name != "app.barun.test" && name != strings.TrimSuffix(strings.ToLower(host), ":443") || name == "" {
			t.Fatalf("it counts from %q at %q", page, host)
		}
	})
}

// No Cookie header signs anybody in that does not have the session's own.
func FuzzCookies(f *testing.F) {
	h := newHouse(f)
	e := h.login(h.person("minji").Email)
	f.Add("a=b; " + cookie + "=")
	f.Add(cookie + "=x; " + cookie + "=y")
	f.Add(`"` + cookie + `"="x"`)
	f.Add(strings.Repeat("a=b;", 1000))
	f.Fuzz(func(t *testing.T, cookies string) {
		who, err := h.web.Authenticate(t.Context(), madang.Credentials{Header: headers("Host", site, "Origin", "https://"+site, "Cookie", cookies)})
		if err == nil && !strings.Contains(cookies, e.Secret) {
			t.Fatalf("%q signs %s in", cookies, who.User)
		}
	})
}
