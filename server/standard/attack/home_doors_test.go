//go:build unix

// What is for one thing and opens another: CVE-2026-88770 (Keycloak: tokens of the locked), CVE-2026-55672 and CVE-2026-6334 (tokens
// of another client), CVE-2026-33217 (nats-server: rules that were passed by).
//
// Here what a box, a display or a pairing shows is a principal of its own, never the person; it may do what is listed for its kind,
// with its own hub, and nothing of any other feature. Parts: device/relay TestHubGuard, TestTokenGuard, device/proof TestRead.

package attack

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// opensNothing shows something at every door that is not one of devices, and fails the test if one of them opens.
func (h *house) opensNothing(what, shown string) {
	t := h.t
	t.Helper()
	if h.shows(shown) {
		t.Errorf("%s signs somebody in", what)
	}
	b := h.browse("barun.test", "192.0.2.99")
	b.bearer = shown
	for _, r := range []struct{ method, path string }{
		{"GET", "/v1/rooms"}, {"POST", "/v1/rooms"}, {"GET", "/user/confirmed-password-status"}, {"PUT", "/user/password"}, {"GET", "/user/api-tokens"},
		{"POST", "/user/api-tokens"}, {"DELETE", "/user"}, {"POST", "/api/auth/logout"}, {"PUT", "/api/auth/password"},
		{"POST", "/apps/app1/events"}, {"GET", "/apps/app1/channels"}, {"POST", "/channels/x/messages"}, {"GET", "/channels/x/messages"}, {"GET", "/stats"},
		{"POST", "/auth/re-create"}, {"GET", "/code?serial=box-1"}, {"POST", "/codecheck"},
	} {
		if a := b.ask(r.method, r.path, values{"name": "x", "current_password": password}); a.status < 300 {
			t.Errorf("%s opens %s %s: %d %.200s", what, r.method, r.path, a.status, a.body)
		}
	}
	if w, err := b.chat(shown, nil); err == nil {
		t.Errorf("%s opens the chat", what)
		_ = w.conn.Close() // all was seen
	}
	if _, text, err := b.ably(shown); err == nil {
		t.Errorf("%s opens a connection of the Ably protocol: %.200s", what, text)
	}
	if w, id, err := b.pusher(nil); err == nil {
		for _, channel := range []string{"private-x", "presence-x", "private-user.kim", "presence-box-1"} {
			if b.authorize(w, id, channel) {
				t.Errorf("%s opens %s", what, channel)
			}
		}
		_ = w.conn.Close() // all was seen
	}
	if w, err := b.dialWire("/?v=3&format=json&key="+url.QueryEscape(shown), nil); err == nil {
		if text, err := w.until(`"action":4`, `"action":9`); err == nil && strings.Contains(text, `"action":4`) {
			t.Errorf("%s is a key of the Ably protocol", what)
		}
		_ = w.conn.Close() // all was seen
	}
}

// procedures are all that can be called about devices, with arguments that would do something at box-1.
func procedures(place string) map[string]values {
	return map[string]values{
		"device.hello": {"devices": []values{{"id": "forged", "name": "forged", "capabilities": []string{"lock"}}}}, "device.report": {"device": "lamp", "values": values{"on": true}, "version": 99},
		"device.answer": {"command": "x", "done": true}, "device.press": {}, "device.withdraw": {},
		"device.command": {"hub": "box-1", "device": "lamp", "set": values{"on": true}, "no_wait": true}, "device.devices": {"hub": "box-1"}, "device.unpair": {"hub": "box-1"},
		"device.places": {}, "device.make_place": {"name": "forged"}, "device.delete_place": {"place": place}, "device.set_role": {"place": place, "person": "kim", "role": "member"},
		"device.rename_place": {"place": place, "name": "forged"}, "device.invite": {"place": place}, "device.join": {"secret": "x"}, "device.remove_member": {"place": place, "person": "kim"},
		"device.code": {"hub": "box-1"}, "device.check": {"hub": "box-1", "code": "x"}, "device.remove_hub": {"hub": "box-1"}, "device.audit": {"place": place},
		// what is not there
		"sendMessage": {"room": "x", "message": "x"}, "unread": {}, "device.register": {"serial": "box-1"}, "subscribe": {"channel": "private-x"},
	}
}

// TestEachToItsOwn has every kind of connection call everything, at a hub that is not its own.
func TestEachToItsOwn(t *testing.T) {
	h := open(t, cloud+letters)
	x, y, z := h.box("box-1"), h.box("box-2"), h.box("box-3")
	kim, eve := h.somebody("kim", "192.0.2.1"), h.somebody("eve", "192.0.2.2")
	token, other := h.pair(kim, x), h.pair(eve, y)
	owner := h.at(kim, values{"token": kim.bearer})
	place := h.placeOf(owner)
	from := h.browse("barun.test", "192.0.2.3")
	for who, c := range map[string]struct {
		w   *wire
		may string // of what it may call with these arguments
	}{
		"another hub":          {y.hub, "hello report press withdraw"}, // of its own
		"another display":      {y.screen, "press withdraw"},
		"another pairing":      {h.at(from, values{"token": other}), ""},
		"another person":       {h.at(eve, values{"token": eve.bearer}), "places make_place code"},
		"the hub":              {x.hub, "hello report press withdraw"},
		"the display":          {x.screen, "press withdraw command devices"},
		"a pairing":            {h.at(from, values{"token": token}), "command devices"},
		"a pairing that poses": {h.at(from, values{"token": token, "person": "kim", "guard": "api", "user": "kim"}), "command devices"},
		"a hub that poses":     {h.at(from, values{"token": z.shown, "serial": "box-1", "hub": "box-1"}), "hello report press withdraw"},
		"a display that poses": {h.at(from, values{"token": y.shown, "display": "true", "serial": "box-1"}), "press withdraw"},
	} {
		id := 0
		for name, arg := range procedures(place) {
			short := strings.TrimPrefix(name, "device.")
			if short == "unpair" && strings.Contains(who, "pairing") || who == "the hub" && strings.Contains("hello report", short) {
				continue // it would end, or change, what comes next
			}
			id++
			c.w.send("42/home," + fmt.Sprint(id) + `["` + name + `",` + jsonOf(arg) + `]`)
			answer := ""
			if strings.HasPrefix(name, "device.") && name != "device.register" {
				var err error
				if answer, err = c.w.until(fmt.Sprintf("43/home,%d[", id)); err != nil {
					t.Fatalf("%s calls %s: %v", who, name, err)
				}
			}
			done := answer != "" && !strings.Contains(answer, `{"error":`)
			if may := strings.Contains(" "+c.may+" ", " "+short+" "); done && !may {
				t.Errorf("%s calls %s: %.200s", who, name, answer)
			}
			if strings.Contains(answer, "internal") {
				t.Errorf("%s brings %s into trouble: %s", who, name, answer)
			}
		}
	}
	a := h.granted(owner, 1, "device.devices", values{"hub": "box-1"})
	if strings.Contains(a, "forged") || !strings.Contains(a, `"id":"door"`) || strings.Contains(a, `"version":99`) {
		t.Errorf("box-1 is %.300s", a)
	}
}

func jsonOf(v any) string {
	text, _ := json.Marshal(v) // all that is given to it has a JSON
	return string(text)
}

// restOf are requests that would do something at a hub.
func restOf(serial, place string) []struct {
	method, path string
	body         values
} {
	hub, at := "/v1/hubs/"+serial, "/v1/places/"+place
	return []struct {
		method, path string
		body         values
	}{
		{"GET", "/v1/places", nil}, {"POST", "/v1/places", values{"name": "forged"}}, {"GET", at, nil}, {"PATCH", at, values{"name": "forged"}}, {"GET", at + "/members", nil},
		{"PUT", at + "/members/kim", values{"role": "member"}}, {"DELETE", at + "/members/kim", nil}, {"POST", at + "/invitations", values{"role": "owner"}},
		{"GET", at + "/audit", nil}, {"GET", at + "/hubs", nil}, {"DELETE", at + "/hubs/" + serial, nil}, {"DELETE", at, nil},
		{"POST", hub + "/code", nil}, {"POST", hub + "/pair", values{"code": "x"}}, {"GET", hub + "/tokens", nil}, {"DELETE", hub + "/tokens/x", nil},
		{"GET", hub, nil}, {"GET", hub + "/devices", nil}, {"GET", hub + "/devices/lamp", nil}, {"POST", hub + "/devices/lamp/commands", values{"set": values{"on": true}}},
		{"GET", hub + "/commands", nil}, {"GET", hub + "/commands/x", nil}, {"POST", hub + "/hello", values{"devices": []values{}}},
		{"POST", hub + "/report", values{"device": "lamp", "values": values{"on": true}, "version": 99}}, {"POST", hub + "/answer", values{"command": "x", "done": true}},
		{"POST", hub + "/press", nil}, {"POST", hub + "/withdraw", nil}, {"GET", hub + "/pending", nil}, {"POST", hub + "/ably-token", nil},
	}
}

// TestOthersRequests makes every request below /v1 as nobody, another person, another pairing and another hub, and as what a token of
// the hub is not for.
func TestOthersRequests(t *testing.T) {
	h := open(t, cloud+letters)
	x, y := h.box("box-1"), h.box("box-2")
	kim, eve := h.somebody("kim", "192.0.2.1"), h.somebody("eve", "192.0.2.2")
	token, other := h.pair(kim, x), h.pair(eve, y)
	place := h.placeOf(h.at(kim, values{"token": kim.bearer}))
	as := func(bearer string) *browser {
		b := h.browse("barun.test", "192.0.2.3")
		b.bearer = bearer
		return b
	}
	for who, c := range map[string]struct {
		b   *browser
		may []string
	}{
		"nobody": {as(""), nil}, "nonsense": {as("x.y.z"), nil}, "another person": {eve, []string{"/v1/places", "/v1/hubs/box-1/code"}}, "another pairing": {as(other), nil}, "another hub": {as(y.shown), nil},
		"the hub with another's secret": {as("box-1:" + y.shown[len("box-2:"):]), nil}, "the hub without a secret": {as("box-1:"), nil}, "the hub with a zero": {as("box-1:" + strings.Repeat("0", 64)), nil},
		"a pairing": {as(token), []string{"/v1/hubs/box-1", "/v1/hubs/box-1/devices", "/v1/hubs/box-1/devices/lamp", "/v1/hubs/box-1/devices/lamp/commands", "/v1/hubs/box-1/commands", "/v1/hubs/box-1/tokens", "/v1/hubs/box-1/ably-token"}},
		"the hub":   {as(x.shown), []string{"/v1/hubs/box-1/report", "/v1/hubs/box-1/press", "/v1/hubs/box-1/withdraw", "/v1/hubs/box-1/pending", "/v1/hubs/box-1/hello", "/v1/hubs/box-1/ably-token"}},
	} {
		for _, r := range restOf("box-1", place) {
			var body any
			if r.body != nil {
				body = r.body
			}
			a := c.b.ask(r.method, r.path, body)
			may := false
			for _, path := range c.may {
				may = may || r.path == path
			}
			if a.status < 300 && !may || a.status >= 500 {
				t.Errorf("%s: %s %s: %d %.200s", who, r.method, r.path, a.status, a.body)
			}
			if strings.Contains(a.body, "box-1") && !may && who != "the hub" && who != "a pairing" {
				t.Errorf("%s learns of %s %s: %.200s", who, r.method, r.path, a.body)
			}
		}
	}
	if a := kim.ask(http.MethodGet, "/v1/places/"+place, nil); a.status != http.StatusOK || !strings.Contains(a.body, `"role":"owner"`) || strings.Contains(a.body, "forged") {
		t.Errorf("in the end it is %d %s", a.status, a.body)
	}
}

// TestWhatIsForDevicesOpensNothingElse shows what boxes and pairings show at all other doors, while it is good and afterwards.
func TestWhatIsForDevicesOpensNothingElse(t *testing.T) {
	h := open(t, cloud+letters+"\n")
	x := h.box("box-1")
	h.user("app@example.com")
	kim := h.browse("barun.test", "192.0.2.1")
	kim.bearer = h.tokens("app@example.com")["access_token"]
	token := h.pair(kim, x)
	h.opensNothing("a hub's secret", x.shown)
	h.opensNothing("the token of a pairing", token)
	claims := claimsOf(t, token)
	header := map[string]any{"typ": "JWT", "alg": "HS256"}
	forged := map[string]string{}
	for name, change := range map[string]map[string]any{
		"by the operator's issuer": {}, "for another hub": {"aud": "hub:box-2", "api_serial": "box-2"}, "for ever": {"exp": time.Now().Add(1e5 * time.Hour).Unix()}, "of another use": {"use": "access"},
	} {
		all := maps.Clone(claims)
		maps.Copy(all, change)
		forged[name] = hs256(header, all, jwtSecret)
	}
	parts := strings.Split(token, ".")
	forged["without a signature"] = b64([]byte(`{"alg":"none"}`)) + "." + parts[1] + "."
	forged["with another's signature"] = parts[0] + "." + parts[1] + "." + strings.Split(kim.bearer, ".")[2]
	for name, shown := range forged {
		if w, err := h.browse("barun.test", "192.0.2.1").join("/home", values{"token": shown}, nil); err == nil {
			if h.refusal(w, 1, "device.devices", values{"hub": "box-1"}) == "" {
				t.Errorf("a pairing %s is good", name)
			}
		}
	}
	for name, shown := range map[string]string{"a person's token": kim.bearer, "a pairing's token": token, "a secret and more": x.shown + "x", "another serial": "box-9:" + x.shown[6:], "nothing": ""} {
		for _, display := range []any{true, "1", 1, "true"} {
			if _, err := h.browse("barun.test", "127.0.0.1").join("/home", values{"token": shown, "display": display}, nil); err == nil {
				t.Errorf("%s is a display, by %v", name, display)
			}
		}
	}
	// Un-paired, it opens nothing of devices either, and its connection ends.
	w := h.at(h.browse("barun.test", "192.0.2.1"), values{"token": token})
	gone := w.over()
	begin := time.Now()
	h.granted(h.at(kim, values{"token": kim.bearer}), 1, "device.unpair", values{"hub": "box-1"})
	within(t, "the connection of a pairing that has ended", gone)
	t.Logf("the connection ended within %v", time.Since(begin))
	h.opensNothing("the token of a pairing that has ended", token)
	if _, err := h.browse("barun.test", "192.0.2.1").join("/home", values{"token": token}, nil); err == nil {
		t.Error("the token of a pairing that has ended opens /home")
	}
	b := h.browse("barun.test", "192.0.2.1")
	b.bearer = token
	for _, r := range restOf("box-1", "x") {
		if a := b.ask(r.method, r.path, r.body); a.status != http.StatusUnauthorized {
			t.Errorf("%s %s with the token of a pairing that has ended: %d %.200s", r.method, r.path, a.status, a.body)
		}
	}
}

// proofOf makes a proof as a hub with a key of its own does.
func proofOf(key ed25519.PrivateKey, header, claims map[string]any) string {
	text := b64([]byte(jsonOf(header))) + "." + b64([]byte(jsonOf(claims)))
	return text + "." + b64(ed25519.Sign(key, []byte(text)))
}

// TestProofIsGoodOnce shows what a hub has signed again, changed, too late, too early, for others, and at other doors.
func TestProofIsGoodOnce(t *testing.T) {
	h := open(t, cloud)
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	text := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	for _, serial := range []string{"box-1", "box-2"} {
		if err := h.rules.RegisterKey(t.Context(), "app1", serial, "House", text); err != nil { // one key, two hubs
			t.Fatal(err)
		}
	}
	now := time.Now().Unix()
	header := map[string]any{"alg": "EdDSA", "typ": "JWT", "kid": "box-1"}
	claims := map[string]any{"iss": "box-1", "aud": "https://barun.test", "iat": now, "exp": now + 60, "jti": "first"}
	good := proofOf(key, header, claims)
	h.secret(good)
	from := h.browse("barun.test", "192.0.2.1")
	if _, err := from.join("/home", values{"token": good}, nil); err != nil {
		t.Fatal(err)
	}
	with := func(more map[string]any) map[string]any {
		c := maps.Clone(claims)
		c["jti"] = fmt.Sprint(more)
		maps.Copy(c, more)
		return c
	}
	parts := strings.Split(good, ".")
	for what, proof := range map[string]string{
		"shown again": good, "with spaces": " " + good, "with another signature": parts[0] + "." + parts[1] + "." + b64(make([]byte, 64)), "unsigned": parts[0] + "." + parts[1] + ".",
		"of the other hub by the same key, in its name": proofOf(key, header, with(map[string]any{"iss": "box-2"})), "for another server": proofOf(key, header, with(map[string]any{"aud": "https://evil.test"})),
		"for the app's id": proofOf(key, header, with(map[string]any{"aud": "app1"})), "for a part of the address": proofOf(key, header, with(map[string]any{"aud": "https://barun"})),
		"for several, not this": proofOf(key, header, with(map[string]any{"aud": []any{"x", map[string]any{}, []any{}}})), "of yesterday": proofOf(key, header, with(map[string]any{"iat": now - 90000, "exp": now - 89000})),
		"of tomorrow": proofOf(key, header, with(map[string]any{"iat": now + 86400, "exp": now + 86460})), "for a day": proofOf(key, header, with(map[string]any{"exp": now + 86400})),
		"backwards": proofOf(key, header, with(map[string]any{"iat": now + 60, "exp": now})), "without an end": proofOf(key, header, with(map[string]any{"exp": nil})), "without an id": proofOf(key, header, with(map[string]any{"jti": ""})),
		"with a long id": proofOf(key, header, with(map[string]any{"jti": strings.Repeat("x", 65)})), "with a list for an id": proofOf(key, header, with(map[string]any{"jti": []any{"x"}})),
		"with an endless end": proofOf(key, header, with(map[string]any{"exp": 1e300})), "by the key as a secret": hs256(map[string]any{"alg": "HS256", "kid": "box-1"}, with(nil), text),
		"by no algorithm": b64([]byte(`{"alg":"none","kid":"box-1"}`)) + "." + parts[1] + ".", "of nobody": proofOf(key, map[string]any{"alg": "EdDSA", "kid": "box-9"}, with(map[string]any{"iss": "box-9"})),
	} {
		if _, err := from.join("/home", values{"token": proof}, nil); err == nil {
			t.Errorf("a proof %s is good", what)
		}
		b := h.browse("barun.test", "192.0.2.1")
		b.bearer = proof
		if a := b.ask(http.MethodGet, "/v1/hubs/box-1/pending", nil); a.status < 300 || a.status >= 500 {
			t.Errorf("a proof %s is good for requests: %d %.200s", what, a.status, a.body)
		}
	}
	// Many at once with one proof: one of them is in.
	proof := proofOf(key, header, with(map[string]any{"jti": "many"}))
	in := make(chan bool)
	for range 8 {
		go func() {
			w, err := h.browse("barun.test", "192.0.2.1").join("/home", values{"token": proof}, nil)
			in <- err == nil && w != nil
		}()
	}
	n := 0
	for range 8 {
		if <-in {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d connections by one proof", n)
	}
	// Somebody whose issuer writes tokens that look like proofs is a person, and not the hub of that name.
	person := hs256(map[string]any{"typ": "JWT", "alg": "HS256"}, map[string]any{"userId": "kim", "iss": "box-1", "exp": now + 60}, jwtSecret)
	h.secret(person)
	w := h.at(from, values{"token": person})
	if code := h.refusal(w, 1, "device.press", values{}); code != "forbidden" {
		t.Errorf("a person presses the button: %q", code)
	}
	h.granted(w, 2, "device.places", values{})
	h.opensNothing("a hub's proof", proofOf(key, header, with(map[string]any{"jti": "elsewhere"})))
}
