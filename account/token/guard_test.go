package token

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"madang"
)

func TestPrincipal(t *testing.T) {
	g := newGuard(t, withSecret(nil))
	p := accepts(t, g, hs(`{"userId":12345678901234567890,"username":"민수","exp":1767326645.5,"roles":["a"],"n":{"x":1.50}}`))
	if p.App != "app" || p.Guard != "api" || p.User != "12345678901234567890" || p.Name != "민수" {
		t.Errorf("%+v", p)
	}
	if want := time.UnixMilli(1767326645500).Add(10 * time.Second); !p.Expires.Equal(want) {
		t.Errorf("expires %v, want %v", p.Expires, want)
	}
	if got := p.Claim("userId"); got != json.Number("12345678901234567890") {
		t.Errorf("claim %v in %s", got, p.Claims)
	}
}

func TestGuardsNameIsTheCredentials(t *testing.T) {
	g := newGuard(t, withSecret(nil))
	p, err := g.Authenticate(t.Context(), madang.Credentials{Token: hs(good()), Guard: "admin"})
	if err != nil || p.Guard != "admin" || p.App != "" {
		t.Errorf("%+v %v", p, err)
	}
}

// at returns a number of seconds from the start of the tests' clock.
func at(d time.Duration) int64 { return startDay.Add(d).Unix() }

func TestClaims(t *testing.T) {
	audience := func(c *Config) { c.Audience = []string{"web", "app"} }
	issuer := func(c *Config) { c.Issuer = "https://id.example" }
	noExp := func(c *Config) { c.RequireExp = false }
	maxAge := func(c *Config) { c.MaxAge = time.Minute }
	app := func(c *Config) { c.App = "app" }
	otherApp := func(c *Config) { c.App = "other" }
	appClaim := func(c *Config) { c.AppClaim = "tenant" }
	for _, test := range []struct {
		name    string
		payload string
		change  func(*Config)
		want    error
	}{
		{"minimal", good(), nil, nil},
		{"not an object", `[]`, nil, ErrMalformed},
		{"not JSON", `Example of Ed25519 signing`, nil, ErrMalformed},
		{"empty", ``, nil, ErrMalformed},
		{"two objects", good() + good(), nil, ErrMalformed},
		{"claim twice", `{"sub":"u1","exp":9999999999,"sub":"u2"}`, nil, ErrMalformed},
		{"claim twice, escaped", `{"sub":"u1","exp":9999999999,"\u0073ub":"u2"}`, nil, ErrMalformed},
		{"claim twice, nested", `{"sub":"u1","exp":9999999999,"a":[{"b":1,"b":2}]}`, nil, ErrMalformed},
		{"too deep", `{"sub":"u1","exp":9999999999,"a":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`, nil, ErrMalformed},
		{"not UTF-8", "{\"sub\":\"u\xff\",\"exp\":9999999999}", nil, ErrMalformed},

		{"no exp", good("exp", nil), nil, ErrClaim},
		{"no exp, allowed", good("exp", nil), noExp, nil},
		{"exp null", `{"sub":"u1","exp":null}`, noExp, ErrClaim},
		{"exp text", good("exp", fmt.Sprint(at(time.Hour))), nil, ErrClaim},
		{"exp fraction", `{"sub":"u1","exp":1767326645.25}`, nil, nil},
		{"exp exponent", `{"sub":"u1","exp":1.8e9}`, nil, nil},
		{"exp in milliseconds", good("exp", startDay.Add(time.Hour).UnixMilli()), nil, ErrClaim},
		{"exp huge", `{"sub":"u1","exp":9223372036854775808}`, nil, ErrClaim},
		{"exp infinite", `{"sub":"u1","exp":1e999}`, nil, ErrClaim},
		{"exp hugely negative", `{"sub":"u1","exp":-1e300}`, nil, ErrClaim},
		{"exp negative", good("exp", -1), nil, ErrExpired},
		{"exp true", good("exp", true), nil, ErrClaim},
		{"expired within leeway", good("exp", at(-9*time.Second)), nil, nil},
		{"expired", good("exp", at(-10*time.Second)), nil, ErrExpired},
		{"expired long ago", good("exp", 1), noExp, ErrExpired},
		{"nbf within leeway", good("nbf", at(10*time.Second)), nil, nil},
		{"nbf", good("nbf", at(11*time.Second)), nil, ErrNotYetValid},
		{"nbf text", good("nbf", "now"), nil, ErrClaim},
		{"iat in the future", good("iat", at(11*time.Second)), nil, ErrNotYetValid},
		{"iat object", good("iat", map[string]any{}), nil, ErrClaim},
		{"young", good("iat", at(-69*time.Second)), maxAge, nil},
		{"too old", good("iat", at(-70*time.Second)), maxAge, ErrExpired},
		{"age unknown", good(), maxAge, ErrClaim},

		{"issuer", good("iss", "https://id.example"), issuer, nil},
		{"issuer missing", good(), issuer, ErrIssuer},
		{"issuer prefix", good("iss", "https://id.example/"), issuer, ErrIssuer},
		{"issuer list", good("iss", []string{"https://id.example"}), issuer, ErrIssuer},
		{"audience", good("aud", "app"), audience, nil},
		{"audience list", good("aud", []any{"x", 1, "web"}), audience, nil},
		{"audience missing", good(), audience, ErrAudience},
		{"audience of others", good("aud", []string{"x"}), audience, ErrAudience},
		{"audience empty", good("aud", ""), audience, ErrAudience},
		{"audience number", good("aud", 1), audience, ErrAudience},

		{"no user", good("sub", nil), nil, ErrUser},
		{"user empty", good("sub", ""), nil, ErrUser},
		{"user fraction", good("sub", 1.5), nil, ErrUser},
		{"user exponent", `{"sub":1e2,"exp":9999999999}`, nil, ErrUser},
		{"user minus zero", `{"sub":-0,"exp":9999999999}`, nil, ErrUser},
		{"user object", good("sub", map[string]any{"id": 1}), nil, ErrUser},
		{"user true", good("sub", true, "id", "x"), nil, ErrUser},
		{"user with control character", good("sub", "a\nb"), nil, ErrUser},
		{"user with lone surrogate", `{"sub":"\ud800","exp":9999999999}`, nil, ErrUser},
		{"user longest", good("sub", strings.Repeat("a", MaxUser)), nil, nil},
		{"user too long", good("sub", strings.Repeat("a", MaxUser+1)), nil, ErrUser},

		{"app of the endpoint", good(), app, nil},
		{"app of another endpoint", good(), otherApp, ErrApp},
		{"app claim", good("tenant", "app"), appClaim, nil},
		{"app claim of another", good("tenant", "other"), appClaim, ErrApp},
		{"app claim missing", good(), appClaim, ErrApp},
		{"app claim number", good("tenant", 1), appClaim, ErrApp},
		{"expired and for others", good("exp", 1, "aud", "x"), audience, ErrAudience},
	} {
		t.Run(test.name, func(t *testing.T) {
			g := newGuard(t, withSecret(test.change))
			if test.want == nil {
				accepts(t, g, hs(test.payload))
			} else {
				refuses(t, g, hs(test.payload), test.want)
			}
		})
	}
}

func TestUserAndNameClaims(t *testing.T) {
	g := newGuard(t, withSecret(nil))
	for _, test := range []struct{ payload, user, name string }{
		{good("sub", "a", "userId", "b", "name", "N", "username", "U"), "a", "N"},
		{good("sub", "", "userId", 7, "username", "U"), "7", "U"},
		{good("sub", nil, "user_id", "c", "name", 1, "username", "U"), "c", "U"},
		{good("sub", nil, "id", -3, "name", "a\tb"), "-3", ""},
	} {
		if p := accepts(t, g, hs(test.payload)); p.User != test.user || p.Name != test.name {
			t.Errorf("%s: user %q name %q", test.payload, p.User, p.Name)
		}
	}
	g = newGuard(t, withSecret(func(c *Config) { c.UserClaims, c.NameClaims = []string{"email"}, nil }))
	refuses(t, g, hs(good()), ErrUser)
	if p := accepts(t, g, hs(good("email", "a@b.example", "name", "N"))); p.User != "a@b.example" || p.Name != "" {
		t.Errorf("%+v", p)
	}
}

func TestExpires(t *testing.T) {
	for _, test := range []struct {
		name    string
		payload string
		maxAge  time.Duration
		want    time.Time
	}{
		{"never", good("exp", nil), 0, time.Time{}},
		{"exp", good(), 0, startDay.Add(time.Hour + 10*time.Second)},
		{"age", good("iat", startDay.Unix()), time.Minute, startDay.Add(time.Minute + 10*time.Second)},
		{"age without exp", good("iat", startDay.Unix(), "exp", nil), time.Minute, startDay.Add(time.Minute + 10*time.Second)},
		{"exp before age", good("iat", startDay.Unix()), 2 * time.Hour, startDay.Add(time.Hour + 10*time.Second)},
	} {
		g := newGuard(t, withSecret(func(c *Config) { c.RequireExp, c.MaxAge = false, test.maxAge }))
		if p := accepts(t, g, hs(test.payload)); !p.Expires.Equal(test.want) || p.Expires.IsZero() != test.want.IsZero() {
			t.Errorf("%s: expires %v, want %v", test.name, p.Expires, test.want)
		}
	}
}

func TestRefusalSpeaksTheClientsLanguage(t *testing.T) {
	g := newGuard(t, withSecret(nil))
	for _, test := range []struct{ token, locale, code, text string }{
		{"", "", "token_missing", "인증 토큰이 누락되었습니다."},
		{"", "en-US,en;q=0.9", "token_missing", "The authentication token is missing."},
		{"x", "ko", "token_invalid", "유효하지 않거나 만료된 토큰입니다."},
		{"x", "en", "token_invalid", "The token is invalid or has expired."},
		{hs(good("exp", 1)), "de", "token_expired", "유효하지 않거나 만료된 토큰입니다."},
		{hs(good("exp", 1)), "de,en;q=0.1", "token_expired", "The token is invalid or has expired."},
	} {
		_, err := g.Authenticate(t.Context(), madang.Credentials{Token: test.token, Locale: test.locale})
		var r *madang.Refusal
		if !errors.As(err, &r) || r.Code != test.code || r.Text != test.text {
			t.Errorf("%s %s: %v", test.code, test.locale, err)
		}
	}
}

func TestLogTellsTheReasonAndNoToken(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	g := newGuard(t, withSecret(nil), WithLogger(log))
	raw := hs(good("exp", 1))
	refuses(t, g, raw, ErrExpired)
	if s := out.String(); !strings.Contains(s, "level=DEBUG") || !strings.Contains(s, ErrExpired.Error()) {
		t.Errorf("log: %s", s)
	}
	refuses(t, g, raw+"!", ErrMalformed)
	refuses(t, g, raw[:len(raw)-3], ErrSignature)
	for _, part := range append(strings.Split(raw, "."), testSecret) {
		if strings.Contains(out.String(), part) {
			t.Errorf("the log has %q of the token", part)
		}
	}
}
