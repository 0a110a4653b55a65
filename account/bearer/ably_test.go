package bearer

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"
)

// payload is what a token says, as everybody can read it.
func payload(t *testing.T, raw string) (all map[string]any) {
	t.Helper()
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		t.Fatalf("%q is no JWT", raw)
	}
	b, err := base64.RawURLEncoding.DecodeString(parts[1])
	good(t, err)
	good(t, json.Unmarshal(b, &all))
	return all
}

// TestAblySignIn is the way of a page: it signs in, talks to both servers with one token, and gets the next with nothing but the
// cookie when that one is over.
func TestAblySignIn(t *testing.T) {
	s := newSite(newHouse(t, noMail))
	w := s.send("POST", "/auth/register", form{"email": "kim@example.com", "password": word})
	raw := s.text(w, 201, "token")
	c := payload(t, raw)
	if c["sub"] != "1" || !strings.HasPrefix(c["x-ably-token"].(string), "ably.tokens:") || c["exp"] != float64(s.now().Add(30*time.Minute).Unix()) {
		t.Errorf("%v", c)
	}
	if me := s.object(s.send("GET", "/api/user", nil, bearerOf(raw)...)); me["email"] != "kim@example.com" || me["name"] != "kim" {
		t.Errorf("%v", me)
	}
	cookie := w.Result().Cookies()[0]
	pair := cookie.Name + "=" + cookie.Value
	s.pass(3 * time.Hour) // long after the token's end
	if w := s.send("GET", "/api/user", nil, bearerOf(raw)...); w.Code != 401 {
		t.Errorf("the token is still good: %d", w.Code)
	}
	next := s.send("GET", "/auth/re-create?clientId=lee%40example.com&rnd=7", nil, "Cookie", pair)
	details := s.object(next)
	if next.Code != 200 || details["clientId"] != "kim@example.com" || details["issued"] != float64(s.now().UnixMilli()) ||
		details["expires"] != float64(s.now().Add(30*time.Minute).UnixMilli()) || next.Header().Get("Content-Type") != "application/json" {
		t.Errorf("%d %v", next.Code, details)
	}
	again := payload(t, details["token"].(string))
	if again["x-ably-token"] != c["x-ably-token"] || again["fam"] != c["fam"] || again["jti"] == c["jti"] {
		t.Errorf("%v after %v", again, c)
	}
	// A page elsewhere shows the token while it is good.
	if w := s.send("GET", "/auth/re-create", nil, bearerOf(details["token"].(string))...); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	out := s.send("POST", "/auth/logout", nil, "Cookie", pair)
	if out.Code != 204 || out.Result().Cookies()[0].MaxAge != -1 {
		t.Errorf("%d %v", out.Code, out.Result().Cookies())
	}
	if w := s.send("GET", "/auth/re-create", nil, "Cookie", pair); w.Code != 403 {
		t.Errorf("after the end: %d", w.Code)
	}
}

// Without Ably there is nothing at its addresses.
func TestNoAbly(t *testing.T) {
	s := newSite(newHouse(t, noMail), func(o *Options) { o.Ably = nil })
	for _, path := range []string{"/auth/login", "/auth/register", "/auth/logout", "/auth/re-create"} {
		if w := s.send("POST", path, nil); w.Code != 404 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

// On a server without https, for trying things out, cookies have no prefix that browsers would refuse.
func TestPlainCookies(t *testing.T) {
	h := newHouse(t, noMail)
	h.add("kim@example.com")
	h.tokens = h.tokensOf(h.service, func(c *Config) { c.Issuer = "http://127.0.0.1:8080" })
	s := newSite(h)
	c := s.send("POST", "/auth/login", form{"email": "kim@example.com", "password": word}).Result().Cookies()[0]
	if c.Name != "ably_sign_in" || c.Secure || !c.HttpOnly {
		t.Errorf("%+v", c)
	}
	if w := s.send("GET", "/auth/re-create", nil, "Cookie", c.Name+"="+c.Value); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// Who may have no connections yet is told so, and nothing is left of the attempt.
func TestNoConnectionYet(t *testing.T) {
	s := newSite(newHouse(t, noMail))
	p := s.add("unproved@example.com")
	w := s.send("POST", "/auth/login", form{"email": p.Email, "password": word})
	if w.Code != 403 || w.Body.String() != `{"statusCode":403,"message":"Your email address is not verified.","error":"Forbidden"}` || len(w.Result().Cookies()) != 0 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if all, err := s.store.Families(s.ctx(), "default", p.ID, s.now()); err != nil || len(all) != 0 {
		t.Errorf("%v, %v", all, err)
	}
	w = s.send("GET", "/auth/re-create", nil, bearerOf(s.login(p.Email))...)
	if want := `{"error":{"code":40300,"message":"Your email address is not verified.","statusCode":403}}`; w.Code != 403 || w.Body.String() != want {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// What clients of this interface leave out is not asked for; what they send counts.
func TestShortRegistration(t *testing.T) {
	s := newSite(newHouse(t))
	for name, c := range map[string]struct {
		more   form
		status int
	}{
		"as in the post": {form{}, 201}, "a name": {form{"name": "Kim"}, 201}, "yes": {form{"terms": true}, 201}, "no": {form{"terms": false}, 400},
		"another password": {form{"password_confirmation": "wrong horse"}, 400},
	} {
		body := form{"email": strings.ReplaceAll(name, " ", ".") + "@example.com", "password": word}
		maps.Copy(body, c.more)
		if w := s.send("POST", "/auth/register", body); w.Code != c.status {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
}
