//go:build unix

// Hubs that ask by OAuth: RFC 8628, sections 5.1 to 5.6 (guessed user codes and device codes, phishing, clients), RFC 9700
// (BCP 240), and RFC 10027 (BCP 247).
//
// Here the device code has 260 bits and is good for its hub, once; user codes are counted before they are judged, by person and
// network; nobody decides who has not seen the request; and what a hub gets is a pairing with itself. Parts: device/oauth TestGuessing, TestRedeemedOnce, TestModel.

package attack

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// oauth sends a form as a client does.
func (h *house) oauth(path string, form url.Values) reply {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), http.MethodPost, "http://"+h.addr+path, strings.NewReader(form.Encode()))
	if err != nil {
		h.t.Fatal(err)
	}
	r.Host = "barun.test"
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	a, err := send(r)
	if err != nil {
		h.t.Fatal(err)
	}
	return a
}

// A client8628 is a hub that speaks OAuth.
type client8628 struct {
	h              *house
	serial, secret string
	device, user   string // its codes
}

// client8628 makes a hub known that asks for consent.
func (h *house) client8628(serial string) *client8628 {
	h.t.Helper()
	secret, err := h.rules.Register(h.t.Context(), "app1", serial, "Hub "+serial)
	if err != nil {
		h.t.Fatal(err)
	}
	c := &client8628{h: h, serial: serial, secret: secret}
	a := h.oauth("/oauth/device_authorization", url.Values{"client_id": {serial}, "client_secret": {secret}})
	if c.device, c.user = a.text("device_code"), a.text("user_code"); a.status != http.StatusOK || c.device == "" || len(c.user) != 9 {
		h.t.Fatalf("%d %s", a.status, a.body)
	}
	h.secret(secret, c.device, c.user)
	return c
}

// poll asks for the token with a device code, and returns the error or the token.
func (c *client8628) poll(code string) string {
	c.h.t.Helper()
	a := c.h.oauth("/oauth/token", url.Values{
		"client_id": {c.serial}, "client_secret": {c.secret}, "device_code": {code}, "grant_type": {"urn:ietf:params:oauth:grant-type:device_code"},
	})
	if token := a.text("access_token"); token != "" {
		c.h.secret(token)
		return token
	}
	return a.text("error")
}

// decide decides about a request.
func (b *browser) decide(serial, request string, approve bool) reply {
	b.h.t.Helper()
	return b.ask(http.MethodPost, "/oauth/device", values{"request": request, "hub": serial, "approve": approve})
}

// TestHubsThatSpeakOAuth plays a hub that asks for another's token, too often, again, after it was refused, and many times at once.
func TestHubsThatSpeakOAuth(t *testing.T) {
	h := open(t, cloud)
	a, b, c := h.client8628("oauth-1"), h.client8628("oauth-2"), h.client8628("oauth-3")
	kim, eve := h.somebody("kim", "192.0.2.1"), h.somebody("eve", "192.0.2.2")
	for what, got := range map[string][2]string{
		"another hub's code": {b.poll(a.device), "invalid_grant"}, "half a code": {b.poll(b.device[:26]), "invalid_grant"}, "nothing": {b.poll(""), "invalid_request"},
		"the user code": {b.poll(b.user), "invalid_grant"}, "too long a code": {b.poll(strings.Repeat("x", 4000)), "invalid_grant"}, "its own": {b.poll(b.device), "authorization_pending"}, "its own at once": {c.poll(c.device), "authorization_pending"},
	} {
		if got[0] != got[1] {
			t.Errorf("%s: %s, want %s", what, got[0], got[1])
		}
	}
	for i := range 3 {
		if got := c.poll(c.device); got != "slow_down" {
			t.Errorf("the %dth question too early: %s", i+2, got)
		}
	}
	for what, form := range map[string]url.Values{
		"another's secret": {"client_id": {a.serial}, "client_secret": {b.secret}}, "no secret": {"client_id": {a.serial}}, "an unknown hub": {"client_id": {"oauth-9"}, "client_secret": {a.secret}},
		"two hubs": {"client_id": {a.serial, b.serial}, "client_secret": {a.secret}}, "a bad serial": {"client_id": {"../x"}, "client_secret": {a.secret}},
	} {
		if x := h.oauth("/oauth/device_authorization", form); x.status < 400 || x.text("device_code") != "" {
			t.Errorf("%s: %d %s", what, x.status, x.body)
		}
	}
	// Nobody decides who has not seen the request, and nothing tells which hubs there are.
	_, err := h.rules.Register(t.Context(), "app1", "oauth-8", "Nobody's")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	for _, serial := range []string{a.serial, "oauth-8", "oauth-9"} {
		x := eve.decide(serial, "guessed", true)
		seen[serial] = fmt.Sprint(x.status, strings.ReplaceAll(x.body, serial, "SERIAL"))
	}
	if seen[a.serial] != seen["oauth-9"] || seen["oauth-8"] != seen["oauth-9"] || strings.HasPrefix(seen[a.serial], "2") {
		t.Errorf("deciding about what one has not seen tells hubs apart: %v", seen)
	}
	x := kim.ask(http.MethodGet, "/oauth/device?user_code="+a.user, nil)
	request := x.text("request")
	if x.status != http.StatusOK || request == "" || !strings.Contains(x.body, "Hub oauth-1") || x.json("asked_at") == nil {
		t.Fatalf("%d %s", x.status, x.body)
	}
	if x := kim.decide(b.serial, request, true); x.status < 300 {
		t.Errorf("the request of one hub decides about another: %d %s", x.status, x.body)
	}
	for _, header := range []http.Header{{"Origin": {"https://evil.example"}}, {"Sec-Fetch-Site": {"cross-site"}}} {
		m := h.browse("barun.test", "192.0.2.1")
		m.cookies = kim.cookies
		if x := m.forgery(http.MethodPost, "/oauth/device", "text/plain", jsonOf(values{"request": request, "hub": a.serial, "approve": true}), header); x.status < 300 {
			t.Errorf("another page agrees: %d %s", x.status, x.body)
		}
	}
	if x := kim.decide(a.serial, request, true); x.status != http.StatusOK {
		t.Fatalf("%d %s", x.status, x.body)
	}
	for what, x := range map[string]reply{"again": kim.decide(a.serial, request, true), "the opposite": kim.decide(a.serial, request, false), "somebody else": eve.ask(http.MethodGet, "/oauth/device?user_code="+a.user, nil)} {
		if x.status != http.StatusNotFound && x.status != http.StatusForbidden {
			t.Errorf("when it is decided, %s: %d %s", what, x.status, x.body)
		}
	}
	many := make(chan string)
	for range 8 {
		go func() { many <- a.poll(a.device) }()
	}
	token, n := "", 0
	for range 8 {
		if got := <-many; strings.Contains(got, ".") {
			token, n = got, n+1
		} else if got != "invalid_grant" {
			t.Errorf("of many questions at once: %s", got)
		}
	}
	if n != 1 {
		t.Fatalf("%d tokens", n)
	}
	h.opensNothing("the token of a hub that speaks OAuth", token)
	robot := h.browse("barun.test", "192.0.2.9")
	robot.bearer = token
	for _, r := range restOf(b.serial, "x") {
		if x := robot.ask(r.method, r.path, r.body); x.status < 300 {
			t.Errorf("it opens %s %s: %d", r.method, r.path, x.status)
		}
	}
	if got := a.poll(a.device); got != "invalid_grant" {
		t.Errorf("a code is redeemed again: %s", got)
	}
	// Who may not agree any more has not agreed: the hub belongs to kim's place by now, and eve was never in it.
	x = eve.ask(http.MethodGet, "/oauth/device?user_code="+b.user, nil)
	if x := eve.decide(b.serial, x.text("request"), false); x.status != http.StatusOK {
		t.Errorf("%d %s", x.status, x.body)
	}
	if got := b.poll(b.device); got != "access_denied" {
		t.Errorf("refused: %s", got)
	}
}

// TestUserCodesAreCounted guesses user codes as one person from many networks, and as many people from one.
func TestUserCodesAreCounted(t *testing.T) {
	h := open(t, cloud)
	c := h.client8628("oauth-1")
	guess := func(b *browser, i int) int {
		text := []byte("BBBBBBBB")
		for j := range text {
			text[j] = "BCDFGHJKLMNPQRSTVWXZ"[i%20]
			i /= 20
		}
		if string(text) == strings.ReplaceAll(c.user, "-", "") {
			return http.StatusNotFound
		}
		return b.ask(http.MethodGet, "/oauth/device?user_code="+string(text), nil).status
	}
	for what, f := range map[string]func(i int) *browser{
		"one person": func(i int) *browser { return h.somebody("eve", fmt.Sprintf("2001:db8:%x::1", i)) },
		"a network": func(i int) *browser {
			return h.somebody(fmt.Sprintf("eve-%d", i), fmt.Sprintf("2001:db8:ffff:1::%x", i))
		},
	} {
		judged, counted := 0, 0
		for i := range 40 {
			switch status := guess(f(i), i); status {
			case http.StatusNotFound:
				judged++
			case http.StatusTooManyRequests:
				counted++
			default:
				t.Errorf("%s: %d", what, status)
			}
		}
		if judged > 20 || counted < 20 {
			t.Errorf("%s makes %d guesses", what, judged)
		}
	}
	for _, name := range []string{"eve", "eve-39"} { // over a limit the right one is as good as a wrong one
		if a := h.somebody(name, "2001:db8:ffff:1::ffff").ask(http.MethodGet, "/oauth/device?user_code="+c.user, nil); a.status != http.StatusTooManyRequests {
			t.Errorf("%s, over the limit: %d %s", name, a.status, a.body)
		}
	}
}
