package bearer

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"madang"
	"madang/account/signin"
	"madang/account/token"
)

// claimsOf are what a principal says of itself.
func claimsOf(t *testing.T, p *madang.Principal) (all map[string]any) {
	t.Helper()
	good(t, json.Unmarshal(p.Claims, &all))
	return all
}

func TestPrincipal(t *testing.T) {
	h := newHouse(t)
	p := h.add("kim@example.com")
	g := h.grant(p.Email)
	for use, jti := range map[Use]string{UseLogin: g.Next, UseAccess: "", UseAbly: ""} {
		raw := h.sign(g.SignedIn, use, jti)
		who, err := h.tokens.Principal(h.ctx(), madang.Credentials{App: "default", Token: raw})
		if err != nil {
			t.Fatalf("%s: %v", use, err)
		}
		if who.User != p.User() || who.Guard != "api" || who.Name != "Kim" || who.App != "default" || !who.Expires.Equal(h.now().Add(time.Hour)) {
			t.Errorf("%s: %+v", use, who)
		}
		c := claimsOf(t, who)
		if c["sign_in"] != "tokens:"+g.Family.ID || c["email"] != p.Email || c["email_verified"] != true || len(c) != 3 {
			t.Errorf("%s: %v", use, c)
		}
	}
	if _, err := h.tokens.Principal(h.ctx(), madang.Credentials{Token: h.sign(g.SignedIn, UseRenew, "")}); !errors.Is(err, ErrClaims) {
		t.Errorf("a token for renewals opens something: %v", err)
	}
	text := h.apiToken(p.Email, "read", "delete", "fly")
	who, err := h.tokens.Principal(h.ctx(), madang.Credentials{Header: func(string) string { return "bearer " + text }})
	good(t, err)
	c := claimsOf(t, who)
	if got, _ := json.Marshal(c["abilities"]); string(got) != `["read","delete"]` || !strings.HasPrefix(c["sign_in"].(string), "api_token:") || !who.Expires.IsZero() {
		t.Errorf("%+v, %v", who, c)
	}
}

// What connections count by is what people see in their list.
func TestSignInIDs(t *testing.T) {
	h := newHouse(t)
	p := h.add("kim@example.com")
	g := h.grant(p.Email)
	apiToken, _, err := h.service.AddAPIToken(h.ctx(), visitor(), g.SignedIn, "phone", nil)
	good(t, err)
	e, err := h.service.Login(h.ctx(), visitor(), signin.LoginForm{Email: p.Email, Password: word})
	good(t, err)
	all, err := h.service.SignIns(h.ctx(), g.SignedIn)
	good(t, err)
	ids := map[string]bool{}
	for _, x := range all {
		ids[x.ID] = true
	}
	for _, who := range []signin.SignedIn{g.SignedIn, e.SignedIn, {Person: p, APIToken: apiToken}} {
		if id := SignInOf(who); !ids[id] {
			t.Errorf("%q is not among %v", id, ids)
		}
	}
	if id := SignInOf(signin.SignedIn{}); id != "" {
		t.Errorf("nobody is %q", id)
	}
}

func TestNotOurs(t *testing.T) {
	h := newHouse(t)
	h.add("kim@example.com")
	c := token.Defaults()
	c.Secret = strings.Repeat("s", 32)
	foreign, err := token.Sign(c, token.Claims{User: "7"})
	good(t, err)
	other := newHouse(t) // another server, with keys of its own
	other.add("kim@example.com")
	moved := h.tokensOf(h.service, func(c *Config) { c.Issuer = "https://other.test" })
	movedToken, err := moved.sign(h.ctx(), h.grant("kim@example.com").SignedIn, UseAccess, "", "", h.now().Add(time.Hour))
	good(t, err)
	for name, raw := range map[string]string{
		"nothing": "", "a secret's": foreign, "another server's": other.login("kim@example.com"), "another issuer's": movedToken.token,
		"a word": "hello", "an Ably key": "app.key:secret", "a bar": "|", "a name and a bar": "kim|secret", "a long number": strings.Repeat("1", 20) + "|x",
		"a minus": "-1|x",
	} {
		if _, err := h.tokens.Principal(h.ctx(), madang.Credentials{Token: raw}); !errors.Is(err, ErrNotOurs) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := h.tokens.Principal(h.ctx(), madang.Credentials{}); !errors.Is(err, ErrMissing) {
		t.Errorf("%v", err)
	}
}

func TestRefusals(t *testing.T) {
	h := newHouse(t)
	p := h.add("kim@example.com")
	g := h.grant(p.Email)
	raw := h.sign(g.SignedIn, UseAccess, "")
	check := func(name, raw string, want error, code string) {
		t.Helper()
		_, err := h.tokens.Principal(h.ctx(), madang.Credentials{App: "default", Token: raw, Locale: "en"})
		r, ok := errors.AsType[*madang.Refusal](err)
		if !errors.Is(err, want) || !errors.Is(err, madang.ErrUnauthenticated) || errors.Is(err, ErrNotOurs) || !ok || r.Code != code {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := h.tokens.Principal(h.ctx(), madang.Credentials{App: "blog", Token: raw}); !errors.Is(err, ErrClaims) {
		t.Errorf("in another app: %v", err)
	}
	check("no such API token", "7|secret", ErrEnded, token.CodeInvalid)
	h.pass(time.Hour)
	check("expired", raw, ErrExpired, token.CodeExpired)
	raw = h.sign(g.SignedIn, UseAccess, "")
	h.pass(-time.Minute)
	check("early", raw, ErrEarly, token.CodeInvalid)
	h.pass(time.Minute)
	good(t, h.service.Logout(h.ctx(), visitor(), g.SignedIn))
	check("signed out", raw, ErrEnded, token.CodeInvalid)
	h.pass(time.Minute)
	raw = h.login(p.Email)
	good(t, h.service.Disable(h.ctx(), visitor(), "test", p.ID))
	check("disabled", raw, ErrEnded, token.CodeInvalid)
}

func TestLives(t *testing.T) {
	h := newHouse(t)
	g := h.grant(h.add("kim@example.com").Email)
	for id, want := range map[string]bool{
		SignInOf(g.SignedIn): true, "tokens:": false, "tokens:x": false, "": false, g.Family.ID: false, "session:" + g.Family.ID: false,
	} {
		if got, err := h.tokens.Lives(h.ctx(), id); err != nil || got != want {
			t.Errorf("%q: %v, %v", id, got, err)
		}
	}
	if p, err := h.tokens.Of(h.ctx(), SignInOf(g.SignedIn)); err != nil || p.User != g.Person.User() || p.Guard != "api" || p.Claim("sign_in") != SignInOf(g.SignedIn) {
		t.Errorf("%+v, %v", p, err)
	}
	good(t, h.service.Logout(h.ctx(), visitor(), g.SignedIn))
	if got, err := h.tokens.Lives(h.ctx(), SignInOf(g.SignedIn)); err != nil || got {
		t.Errorf("after it has ended: %v, %v", got, err)
	}
}

// A token never outlives its sign-in.
func TestEndsWithItsFamily(t *testing.T) {
	h := newHouse(t, func(c *signin.Config) { c.FamilyExpiry = 30 * time.Minute })
	raw := h.login(h.add("kim@example.com").Email)
	_, p, err := h.tokens.Authenticate(h.ctx(), raw)
	if err != nil || !p.Expires.Equal(h.now().Add(30*time.Minute)) {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestConfig(t *testing.T) {
	h := newHouse(t)
	for _, change := range []func(*Config){
		func(c *Config) { c.Issuer = "" }, func(c *Config) { c.Issuer = "barun.test" }, func(c *Config) { c.TTL = time.Second },
		func(c *Config) { c.AccessTTL = 25 * time.Hour }, func(c *Config) { c.Style = "passport" },
	} {
		c := Defaults()
		c.Issuer = issuer
		change(&c)
		if _, err := NewTokens(c, h.service, h.ring, nil); err == nil {
			t.Errorf("%+v is accepted", c)
		}
	}
}

// TestWholeTime says at any moment of a second that a token is good for its whole time.
func TestWholeTime(t *testing.T) {
	for _, past := range []time.Duration{0, 1, time.Second / 2, time.Second - 1} {
		now := time.Unix(1000, 0).Add(past)
		if got := seconds(time.Unix(now.Add(time.Hour).Unix(), 0).Sub(now)); got != 3600 {
			t.Errorf("%v after a second: %d", past, got)
		}
	}
}
