package token

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestSign(t *testing.T) {
	c := withSecret(func(c *Config) {
		c.Issuer, c.Audience, c.AppClaim = "https://id.example", []string{"web", "app"}, "tenant"
		c.MaxAge = time.Hour
	})
	g := newGuard(t, c)
	raw, err := Sign(c, Claims{User: "민수", Name: "김민수", App: "app", Issued: startDay, Extra: map[string]any{"roles": []string{"a"}}})
	if err != nil {
		t.Fatal(err)
	}
	p := accepts(t, g, raw)
	if p.User != "민수" || p.Name != "김민수" || p.App != "app" || p.Claim("iss") != c.Issuer || p.Claim("aud") != "web" {
		t.Errorf("%+v", p)
	}
	if want := startDay.Add(DefaultTTL + c.Leeway); !p.Expires.Equal(want) {
		t.Errorf("expires %v, want %v", p.Expires, want)
	}
	raw = must(Sign(c, Claims{User: "u", App: "app", Issued: startDay.Add(-time.Hour), TTL: time.Minute}))
	refuses(t, g, raw, ErrExpired)
	refuses(t, g, must(Sign(c, Claims{User: "u", App: "app", Issued: startDay, TTL: -time.Hour})), ErrExpired)
	raw = must(Sign(withSecret(nil), Claims{User: "u"}))
	accepts(t, newGuard(t, withSecret(nil), WithClock(time.Now)), raw)
}

func TestSignRefuses(t *testing.T) {
	who := Claims{User: "u"}
	for want, test := range map[string]struct {
		change func(*Config)
		who    Claims
	}{
		"there is no key":            {func(c *Config) { c.Secret = "" }, who},
		"there is no secret":         {func(c *Config) { c.Secret, c.JWKSFile = "", "x" }, who},
		`user "" is empty`:           {nil, Claims{}},
		`user "a\x00" is empty`:      {nil, Claims{User: "a\x00"}},
		"an app must be given":       {nil, Claims{User: "u", App: "a"}},
		"must be given if and":       {func(c *Config) { c.AppClaim = "app" }, who},
		`claim "exp" is given twice`: {nil, Claims{User: "u", Extra: map[string]any{"exp": 1}}},
		`claim "sub" is given twice`: {func(c *Config) { c.NameClaims = []string{"sub"} }, Claims{User: "u", Name: "n"}},
		"unsupported type":           {nil, Claims{User: "u", Extra: map[string]any{"f": func() {}}}},
		"the token would have":       {nil, Claims{User: "u", Extra: map[string]any{"x": strings.Repeat("x", MaxToken)}}},
	} {
		if raw, err := Sign(withSecret(test.change), test.who); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %q %v", want, raw, err)
		}
	}
}

// Whatever Sign signs, the guard accepts and reads back.
func TestSignedIsAccepted(t *testing.T) {
	g := newGuard(t, withSecret(nil))
	rapid.Check(t, func(t *rapid.T) {
		user := rapid.StringMatching(`[^\p{C}\x{FFFD}]{1,60}`).Draw(t, "user")
		name := rapid.StringMatching(`[^\p{C}\x{FFFD}]{0,60}`).Draw(t, "name")
		ttl := time.Duration(rapid.IntRange(1, 1<<30).Draw(t, "ttl")) * time.Second
		raw, err := Sign(withSecret(nil), Claims{User: user, Name: name, TTL: ttl, Issued: startDay})
		if err != nil {
			t.Fatal(err)
		}
		p, err := try(g, raw)
		if err != nil {
			t.Fatal(reason(err))
		}
		if p.User != user || p.Name != name || !p.Expires.Equal(startDay.Add(ttl+10*time.Second)) {
			t.Fatalf("%+v", p)
		}
	})
}
