//go:build unix

// Pages of others that ask on somebody's behalf: requests that a browser was made to send (a GET that has an effect), pages that pass
// for the display (cross-site WebSocket hijacking), and names that are made to lead to the box (DNS rebinding, as in CVE-2018-11316
// of Sonos and CVE-2018-12716 of Google Home).
//
// Here who asks, and who is the display by where they are, must not be the page of another origin, nor call the box by a name that is
// not its own. Parts: device/home TestOtherSites, FuzzRequest.

package attack

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
)

// elsewhere are the marks of pages that are not the box's own, at 127.0.0.1. The key Host stands for what the request calls the box.
func elsewhere() map[string]http.Header {
	all := map[string]http.Header{
		"another site": {"Origin": {"https://evil.example"}}, "a sandbox": {"Origin": {"null"}}, "a file": {"Origin": {"file://"}}, "another port": {"Origin": {"https://127.0.0.1:8081"}},
		"a name that begins so": {"Origin": {"https://127.0.0.1.evil.example"}}, "a user of that name": {"Origin": {"https://127.0.0.1@evil.example"}}, "another address": {"Origin": {"https://127.0.0.2"}},
		"an extension": {"Origin": {"chrome-extension://abc"}}, "the box by another name": {"Origin": {"https://localhost"}},
		"fetch, cross-site": {"Sec-Fetch-Site": {"cross-site"}, "Origin": {}}, "fetch, same-site": {"Sec-Fetch-Site": {"same-site"}, "Origin": {}},
		"fetch that says nothing of it": {"Origin": {"https://evil.example"}, "Sec-Fetch-Site": {"same-origin"}},
	}
	for _, host := range []string{"evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "evil.example:80", "box-1", "127.0.0.1:80:80", "xn--127-6na"} {
		all["rebinding as "+host] = http.Header{"Host": {host}, "Origin": {"https://" + host}}
		all["rebinding without an origin as "+host] = http.Header{"Host": {host}, "Origin": {}}
	}
	return all
}

// asPage makes a request as some page.
func asPage(b *browser, method, path string, header http.Header) *http.Request {
	r := b.request(method, path, nil)
	for name, v := range header {
		switch {
		case name == "Host":
			r.Host = v[0]
		case len(v) == 0:
			r.Header.Del(name)
		default:
			r.Header[name] = v
		}
	}
	return r
}

// TestOtherPagesAskForNoCode asks for codes, and tries some, from pages of others, at home and in the cloud.
func TestOtherPagesAskForNoCode(t *testing.T) {
	h := open(t, home+"\n  pairing: {hub: {pace: 0s}}")
	at := h.browse("127.0.0.1", "127.0.0.1")
	screen, err := at.join("/", nil, onTheBox())
	if err != nil {
		t.Fatal(err)
	}
	phone := h.browse("192.0.2.1", "192.0.2.77") // by the address of the box
	phone.host = "127.0.0.1"
	marks := elsewhere()
	maps.Copy(marks, map[string]http.Header{
		"looking ahead": {"Sec-Purpose": {"prefetch"}}, "drawing ahead": {"Sec-Purpose": {"prefetch;prerender"}}, "looking ahead, as of old": {"Purpose": {"prefetch"}},
		"two origins": {"Origin": {"https://127.0.0.1", "https://evil.example"}}, "two sites": {"Sec-Fetch-Site": {"same-origin", "cross-site"}},
	})
	for what, header := range marks {
		for _, r := range []*http.Request{asPage(phone, http.MethodGet, "/code", header), asPage(phone, http.MethodPost, "/codecheck", header), asPage(phone, http.MethodOptions, "/codecheck", header)} {
			a, err := send(r)
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			if a.status < 300 && r.Method != http.MethodOptions || strings.Contains(a.body, wrongCode) || strings.Contains(a.body, expiredCode) {
				t.Errorf("%s: %s %s: %d %s", what, r.Method, r.URL.Path, a.status, a.body)
			}
			if to := a.header.Get("Access-Control-Allow-Origin"); to != "" {
				t.Errorf("%s: %s %s may be read by %s", what, r.Method, r.URL.Path, to)
			}
		}
	}
	for _, method := range []string{http.MethodHead, http.MethodPost, http.MethodPut, "GETX"} {
		if a, err := send(asPage(phone, method, "/code", nil)); err != nil || a.status < 400 {
			t.Errorf("%s /code: %d %v", method, a.status, err)
		}
	}
	a, err := send(asPage(phone, http.MethodGet, "/code", http.Header{"Origin": {}}))
	if err != nil || a.status != http.StatusOK {
		t.Fatalf("the client of the box: %d %s %v", a.status, a.body, err)
	}
	if text, err := screen.until("pairing.shown"); err != nil || !strings.Contains(text, "192.0.2.77") {
		t.Errorf("the display says %s %v", text, err)
	}
	if a := phone.tries("", h.code(screen)); a.status != http.StatusCreated { // it is the first code that was shown
		t.Errorf("%d %s", a.status, a.body)
	}
}

// TestForgedInTheCloud does it with the cookies of somebody who is signed in, and makes requests below /v1 as well.
func TestForgedInTheCloud(t *testing.T) {
	h := open(t, cloud+letters)
	x := h.box("box-1")
	kim := h.browse("barun.test", "192.0.2.1").register("kim@example.com")
	kim.header.Set("Origin", "https://barun.test")
	h.pair(kim, x)
	kim.header.Del("Origin")
	if w, id, err := kim.pusher(nil); err != nil || !kim.authorize(w, id, "private-home.box-1") {
		t.Fatalf("one's own page does not hear what happens at home: %v", err)
	}
	for what, header := range map[string]http.Header{
		"another site": {"Origin": {"https://evil.example"}, "Referer": {"https://evil.example/"}}, "a sandbox": {"Origin": {"null"}}, "a sibling": {"Origin": {"https://x.barun.test"}},
		"a link": {"Sec-Fetch-Site": {"cross-site"}, "Sec-Fetch-Mode": {"navigate"}, "Referer": {}}, "fetch, same-site": {"Sec-Fetch-Site": {"same-site"}, "Referer": {}},
	} {
		for _, r := range append(restOf("box-1", "x"), []struct {
			method, path string
			body         values
		}{{"GET", "/code?serial=box-1", nil}, {"POST", "/codecheck", nil}}...) {
			a := kim.forgery(r.method, r.path, "text/plain", jsonOf(r.body), header)
			if a.status < 300 || strings.Contains(a.body, wrongCode) || strings.Contains(a.body, expiredCode) {
				t.Errorf("%s: %s %s: %d %.200s", what, r.method, r.path, a.status, a.body)
			}
			if a.header.Get("Access-Control-Allow-Credentials") == "true" {
				t.Errorf("%s: %s %s may be read with cookies", what, r.method, r.path)
			}
		}
		if w, id, err := kim.pusher(header); err == nil {
			form := values{"socket_id": id, "channel_name": "private-home.box-1"}
			if a := kim.forgery(http.MethodPost, "/broadcasting/auth", "application/x-www-form-urlencoded", forms(form), header); a.status < 300 {
				t.Errorf("%s: /broadcasting/auth: %d %.200s", what, a.status, a.body)
			}
			if header["Origin"] != nil && w.subscribe("private-home.box-1", values{}) {
				t.Errorf("%s hears what happens at home, by a cookie", what)
			}
			_ = w.conn.Close() // all was seen
		}
		for _, auth := range []values{nil, {"display": true}} {
			if w, err := kim.join("/home", auth, header); err == nil && what != "fetch, same-site" && what != "a link" {
				t.Errorf("%s opens /home with a cookie: %s", what, h.refusal(w, 1, "device.places", values{}))
			}
		}
	}
	if heard := x.screen.heardBy("44/nowhere", "40/nowhere,"); strings.Contains(heard, `"code"`) {
		t.Errorf("the display was made to show a code: %s", heard)
	}
	if kim.asks("box-1") != http.StatusOK {
		t.Error("one's own page gets no code")
	}
}

// TestDisplayIsNotHijacked connects as the display of a box, from its own address, on behalf of others' pages; and from elsewhere, with
// whatever can be said of where one comes from.
func TestDisplayIsNotHijacked(t *testing.T) {
	h := open(t, home+"\n  display_token: "+displayToken+"\n  pairing: {format: base20-8}")
	h.secret(displayToken)
	on := h.browse("127.0.0.1", "127.0.0.1")
	screen, err := on.join("/", nil, onTheBox())
	if err != nil {
		t.Fatal(err)
	}
	spies := map[string]spy{}
	add := func(what string, b *browser, header http.Header, auth values) {
		c := b.clone()
		if host := header.Get("Host"); host != "" {
			c.host = host
		}
		header = maps.Clone(header)
		delete(header, "Host")
		if b == on { // nobody has forwarded it, so all that is wrong is what the page is
			for _, name := range []string{"X-Forwarded-For", "X-Forwarded-Proto"} {
				header[name] = nil
			}
		}
		for ns, more := range map[string]values{"/": {}, "/home": {"display": true}} {
			maps.Copy(more, auth)
			if w, err := c.join(ns, more, header); err == nil {
				if ns == "/home" {
					t.Errorf("%s is a display at /home", what)
				}
				spies[what+" at "+ns] = spy{w, "40/nowhere,", "44/nowhere"}
			}
		}
	}
	for what, header := range elsewhere() {
		add(what, on, header, nil)
	}
	for what, ip := range map[string]string{
		"another machine": "192.0.2.7", "one that lies": "127.0.0.1, 192.0.2.7", "one that lies twice": "::1, 127.0.0.1, 192.0.2.7", "one in IPv6": "2001:db8::1", "one that is mapped": "::ffff:192.0.2.7", "nobody that can be read": "localhost", "somebody unknown": "unknown", "one with a port": "192.0.2.7:4711", "an empty hop": "192.0.2.7,",
	} {
		add(what, h.browse("127.0.0.1", ip), http.Header{"Origin": {"http://127.0.0.1"}}, nil)
	}
	for what, header := range map[string]http.Header{
		"who came by a proxy that says so otherwise": {"Forwarded": {"for=192.0.2.7"}}, "whose address is in another header": {"X-Real-Ip": {"192.0.2.7"}}, "who came by a proxy that says no address": {"Via": {"1.1 box"}},
	} {
		header["Origin"] = []string{"http://127.0.0.1"}
		add(what, on, header, nil)
	}
	far := h.browse("127.0.0.1", "192.0.2.7")
	for what, token := range map[string]string{"half a token": displayToken[:16], "another token": strings.Repeat("x", 32), "a longer one": displayToken + "x", "spaces": " ", "the serial": "box-1:"} {
		add(what, far, http.Header{"Origin": {"https://127.0.0.1"}}, values{"token": token})
	}
	sids := h.pollSpies(on)
	withToken, err := far.join("/home", values{"token": displayToken, "display": true}, nil)
	if err != nil {
		t.Fatalf("the display's token does not open /home: %v", err)
	}
	phone := h.browse("127.0.0.1", "192.0.2.77")
	if a := phone.ask(http.MethodGet, "/code", nil); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	code := h.code(screen)
	if h.code(withToken) != code {
		t.Error("two displays show two codes")
	}
	for who, s := range spies {
		if heard := s.heardBy(s.last, s.send); strings.Contains(heard, code) || strings.Contains(heard, "pairing") {
			t.Errorf("%s hears the code: %.300s", who, heard)
		}
	}
	for origin, sid := range sids {
		a := on.forgery(http.MethodPost, "/socket.io/?EIO=4&transport=polling&sid="+sid, "text/plain", "40/nowhere,", http.Header{"Origin": {origin}, "X-Forwarded-For": nil, "X-Forwarded-Proto": nil})
		b := on.forgery(http.MethodGet, "/socket.io/?EIO=4&transport=polling&sid="+sid, "text/plain", "", http.Header{"Origin": {origin}, "X-Forwarded-For": nil, "X-Forwarded-Proto": nil})
		if strings.Contains(a.body+b.body, code) {
			t.Errorf("a page of %s polls the code: %.300s", origin, b.body)
		}
	}
}

// displayToken is what the display shows that does not stand on the box.
const displayToken = "display-token-of-the-attacks-0123"

// pollSpies are sessions of polling that pages of others have begun on the box, by the origin.
func (h *house) pollSpies(on *browser) map[string]string {
	h.t.Helper()
	all := map[string]string{}
	for _, origin := range []string{"https://evil.example", "null", "https://127.0.0.1:3000"} {
		header := http.Header{"Origin": {origin}, "X-Forwarded-For": nil, "X-Forwarded-Proto": nil}
		a := on.forgery(http.MethodGet, "/socket.io/?EIO=4&transport=polling", "text/plain", "", header)
		_, rest, _ := strings.Cut(a.body, `"sid":"`)
		sid, _, _ := strings.Cut(rest, `"`)
		if sid == "" {
			continue
		}
		on.forgery(http.MethodPost, "/socket.io/?EIO=4&transport=polling&sid="+sid, "text/plain", "40", header)
		if a = on.forgery(http.MethodGet, "/socket.io/?EIO=4&transport=polling&sid="+sid, "text/plain", "", header); !strings.Contains(a.body, "40{") {
			h.t.Logf("%s: %s", origin, fmt.Sprint(a.status))
		}
		all[origin] = sid
	}
	return all
}
