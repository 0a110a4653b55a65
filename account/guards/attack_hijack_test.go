package guards_test

import (
	"testing"

	"madang"
	"madang/account/guards"
	"madang/account/token"
)

// A cookie is sent along whatever page opens a connection. Servers that have trusted it alone let every page in the world read
// and speak as its visitor (CWE-1385): CVE-2018-14732 (webpack-dev-server), CVE-2023-0957 (Gitpod: accounts were taken over by
// a page that opened a WebSocket), CVE-2024-26135 (MeshCentral: the same).
func TestHijackByAnotherPage(t *testing.T) {
	h := newHouse(t, func(c *guards.WebConfig) { c.Origins = []string{"https://app.barun.test:443", "http://localhost:3000"} })
	e := h.login(h.person("minji").Email)
	for name, x := range map[string]struct {
		pairs []string
		ok    bool
	}{
		"the server's own page":                   {[]string{"Origin", "https://chat.barun.test"}, true},
		"with the port that https has anyway":     {[]string{"Origin", "https://chat.barun.test", "Host", "Chat.Barun.Test:443"}, true},
		"a configured page":                       {[]string{"Origin", "https://app.barun.test"}, true},
		"a configured page in development":        {[]string{"Origin", "http://localhost:3000"}, true},
		"another page":                            {[]string{"Origin", "https://evil.example"}, false},
		"a page that hides (sandbox, file, data)": {[]string{"Origin", "null"}, false},
		"a sibling host":                          {[]string{"Origin", "https://partner.barun.test"}, false},
		"a name that ends alike":                  {[]string{"Origin", "https://evilchat.barun.test"}, false},
		"a name that begins alike":                {[]string{"Origin", "https://chat.barun.test.evil.example"}, false},
		"the name as a user":                      {[]string{"Origin", "https://chat.barun.test@evil.example"}, false},
		"the name as a path":                      {[]string{"Origin", "https://evil.example/chat.barun.test"}, false},
		"another port":                            {[]string{"Origin", "https://chat.barun.test:8443"}, false},
		"a configured name by http":               {[]string{"Origin", "http://app.barun.test"}, false},
		// Somebody on the way can make a page of http at any name.
		"the own name by http": {[]string{"Origin", "http://chat.barun.test"}, false},
		"another scheme":       {[]string{"Origin", "ftp://chat.barun.test"}, false},
		"an extension":         {[]string{"Origin", "chrome-extension://chat.barun.test"}, false},
		"no host was asked":    {[]string{"Origin", "https://chat.barun.test", "Host", ""}, false},
		"both empty":           {[]string{"Origin", "https://", "Host", ""}, false},
		// Without Origin: a GET of long polling, or of a page that loads a script.
		"the own page's GET":          {[]string{"Origin", "", "Sec-Fetch-Site", "same-origin"}, true},
		"an address that was typed":   {[]string{"Origin", "", "Sec-Fetch-Site", "none"}, true},
		"another page's GET":          {[]string{"Origin", "", "Sec-Fetch-Site", "cross-site", "Referer", "https://chat.barun.test/"}, false},
		"a sibling's GET":             {[]string{"Origin", "", "Sec-Fetch-Site", "same-site"}, false},
		"an unknown word":             {[]string{"Origin", "", "Sec-Fetch-Site", "Same-Origin"}, false},
		"the own page, older browser": {[]string{"Origin", "", "Referer", "https://chat.barun.test/rooms/7?x=1#y"}, true},
		"another page, older browser": {[]string{"Origin", "", "Referer", "https://evil.example/https://chat.barun.test/"}, false},
		"nothing is said":             {[]string{"Origin", ""}, false},
		// What a page could say of itself does not make up for where it is.
		"a forged Referer":        {[]string{"Origin", "https://evil.example", "Referer", "https://chat.barun.test/"}, false},
		"a forged Sec-Fetch-Site": {[]string{"Origin", "https://evil.example", "Sec-Fetch-Site", "same-origin"}, false},
	} {
		who, err := h.web.Authenticate(t.Context(), from(e.Secret, x.pairs...))
		if x.ok {
			if err != nil || who.User == "" {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		refused(t, name, err, token.CodeMissing)
	}
}

// On a server without https there is no better page than its own.
func TestOriginWithoutHTTPS(t *testing.T) {
	h := newHouse(t, func(c *guards.WebConfig) { c.Cookie = "madang_session" })
	e := h.login(h.person("minji").Email)
	asks := func(origin, host string) error {
		_, err := h.web.Authenticate(t.Context(), madang.Credentials{
			Header: headers("Host", host, "Origin", origin, "Cookie", "madang_session="+e.Secret),
		})
		return err
	}
	ok(t, asks("http://192.168.0.5:8080", "192.168.0.5:8080"))
	ok(t, asks("http://[::1]:8080", "[::1]:8080"))
	ok(t, asks("http://home.test", "home.test:80"))
	refused(t, "another port", asks("http://192.168.0.5:9090", "192.168.0.5:8080"), token.CodeMissing)
	refused(t, "another host", asks("http://192.168.0.6:8080", "192.168.0.5:8080"), token.CodeMissing)
}
