package signin

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"madang/account"
)

func TestLoginTokens(t *testing.T) {
	h := newHouse(t)
	p := h.add(h.users, "kim@example.com")
	s, ctx, from := h.users, h.ctx(), at("192.0.2.1")
	_, err := s.LoginTokens(ctx, from, LoginForm{Email: p.Email, Password: otherWord})
	refused(t, err, CodeCredentials)
	g, err := s.LoginTokens(ctx, from, LoginForm{Email: p.Email, Password: secretWord})
	good(t, err)
	family, next, ok := s.SplitRefresh(g.Refresh())
	if !ok || family != g.Family.ID || next != g.Next || g.Verdict.Limit != 5 {
		t.Errorf("%+v", g)
	}
	who, err := s.Token(ctx, family, next)
	if err != nil || who.Person.ID != p.ID {
		t.Errorf("%+v, %v", who, err)
	}
	second, err := s.Exchange(ctx, from, family, next)
	good(t, err)
	_, err = s.Token(ctx, family, next) // the jti before is refused at once
	refused(t, err, CodeUnauthenticated)
	_, err = s.Token(ctx, family, second.Next)
	good(t, err)
	good(t, s.Logout(ctx, from, second.SignedIn))
	_, err = s.Token(ctx, family, "")
	refused(t, err, CodeUnauthenticated)
	for _, bad := range []string{"", ".", "a.", ".b", "ab", strings.Repeat("a", 200) + "." + strings.Repeat("b", 200)} {
		if _, _, ok := s.SplitRefresh(bad); ok {
			t.Errorf("%q is a refresh token", bad)
		}
	}
	h.factor(s, p.Email)
	_, err = s.LoginTokens(ctx, from, LoginForm{Email: p.Email, Password: secretWord})
	if r := refused(t, err, CodeFactorNeeded); r.Class != Unauthenticated {
		t.Errorf("%+v", r)
	}
	_, err = s.LoginTokens(ctx, from, LoginForm{Email: p.Email, Password: secretWord, Code: "abcdef"})
	refused(t, err, CodeFactor)
	h.pass(15 * 24 * time.Hour)
}

// TestFamilies compares families with a model: which have ended, and what the last one of each is.
func TestFamilies(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := newHouse(t)
		p := h.add(h.users, "kim@example.com")
		s, ctx, from := h.users, h.ctx(), at("192.0.2.1")
		type family struct {
			id     string
			given  []string
			expiry time.Time
			ended  bool
		}
		var all []*family
		for range rapid.IntRange(1, 40).Draw(rt, "steps") {
			h.pass(time.Duration(rapid.IntRange(0, 48).Draw(rt, "hours")) * time.Hour)
			if len(all) == 0 || rapid.IntRange(0, 5).Draw(rt, "new") == 0 {
				g, err := s.Issue(ctx, from, p)
				good(t, err)
				all = append(all, &family{id: g.Family.ID, given: []string{g.Next}, expiry: h.now().Add(20160 * time.Minute)})
				continue
			}
			f := rapid.SampledFrom(all).Draw(rt, "family")
			shown := rapid.IntRange(max(0, len(f.given)-2), len(f.given)-1).Draw(rt, "shown")
			lives := !f.ended && h.now().Before(f.expiry)
			switch rapid.SampledFrom([]string{"exchange", "exchange", "exchange", "token", "end"}).Draw(rt, "what") {
			case "exchange":
				g, err := s.Exchange(ctx, from, f.id, f.given[shown])
				switch {
				case !lives:
					refused(t, err, CodeUnauthenticated)
				case shown < len(f.given)-1:
					refused(t, err, CodeReused)
					if e := h.told(); !slices.Equal(e.Families, []string{f.id}) {
						rt.Fatalf("%+v was told", e)
					}
					f.ended = true
				default:
					good(t, err)
					f.given = append(f.given, g.Next)
				}
			case "token":
				_, err := s.Token(ctx, f.id, f.given[shown])
				if ok := lives && shown == len(f.given)-1; ok != (err == nil) {
					rt.Fatalf("signed in: %v, want %v", err, ok)
				}
			case "end":
				good(t, s.Logout(ctx, from, SignedIn{Person: p, Family: account.Family{ID: f.id}}))
				h.told()
				f.ended = true
			}
		}
	})
}

func TestAPITokens(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.Limits.Change.Max = 1000 })
	p := h.add(h.members, "kim@example.com")
	unproved := h.add(h.members, "lee@example.com", func(p *account.Person) { p.VerifiedAt = time.Time{} })
	s, ctx, from := h.members, h.ctx(), at("192.0.2.1")
	who, lee := h.login(s, p.Email).SignedIn, h.login(s, unproved.Email).SignedIn
	_, _, err := s.AddAPIToken(ctx, from, lee, "robot", nil)
	refused(t, err, CodeUnverified)
	_, _, err = s.AddAPIToken(ctx, from, who, "", nil)
	refused(t, err, CodeInvalid)
	token, shown, err := s.AddAPIToken(ctx, from, who, "robot", []string{"update", "read", "fly", "*"})
	good(t, err)
	id, secret, _ := strings.Cut(shown, "|")
	if !slices.Equal(token.Abilities, []string{"read", "update"}) || id != "1" || len(secret) != 40 {
		t.Errorf("%+v, %s", token, shown)
	}
	in, err := s.APIToken(ctx, shown)
	if err != nil || in.Person.ID != p.ID || !in.APIToken.UsedAt.Equal(h.now()) {
		t.Errorf("%+v, %v", in, err)
	}
	first := h.now()
	for range 5 { // noted at most once a minute
		h.pass(11 * time.Second)
		if in, err = s.APIToken(ctx, shown); err != nil || !in.APIToken.UsedAt.Equal(first) {
			t.Errorf("%v, %v", in.APIToken.UsedAt, err)
		}
	}
	h.pass(5 * time.Second)
	if in, err = s.APIToken(ctx, shown); err != nil || !in.APIToken.UsedAt.Equal(h.now()) {
		t.Errorf("%v, %v", in.APIToken.UsedAt, err)
	}
	refused(t, s.SetAbilities(ctx, from, who, 99, nil), CodeNotFound)
	refused(t, s.SetAbilities(ctx, from, h.login(s, h.add(h.members, "park@example.com").Email).SignedIn, token.ID, nil), CodeNotFound)
	good(t, s.SetAbilities(ctx, from, who, token.ID, []string{"delete", "root"}))
	if all, err := s.APITokens(ctx, who); err != nil || len(all) != 1 || !slices.Equal(all[0].Abilities, []string{"delete"}) {
		t.Errorf("%+v, %v", all, err)
	}
	good(t, s.EndAPIToken(ctx, from, who, token.ID))
	refused(t, s.EndAPIToken(ctx, from, who, token.ID), CodeNotFound)
	_, err = s.APIToken(ctx, shown)
	refused(t, err, CodeUnauthenticated)
	if e := h.told(); len(e.APITokens) != 2 || !h.noted(p.ID, account.ActTokenMade) || !h.noted(p.ID, account.ActTokenEnded) {
		t.Errorf("%+v", e)
	}
	for range maxTokens {
		_, _, err = s.AddAPIToken(ctx, from, who, "robot", nil)
		good(t, err)
	}
	_, _, err = s.AddAPIToken(ctx, from, who, "robot", nil)
	refused(t, err, CodeForbidden)
}
