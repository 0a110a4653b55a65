package signin

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"madang/account/totp"
)

// A code is accepted once, also when it belongs to the window before or after (CVE-2022-25838): after one of them, only later ones.
func TestCodeOnce(t *testing.T) {
	for off := int64(-totp.Skew); off <= totp.Skew; off++ {
		h := newHouse(t)
		p := h.add(h.members, "kim@example.com")
		s, ctx := h.members, h.ctx()
		secret := h.factor(s, p.Email)
		code, used := h.code(secret, off), totp.Step(h.now())+off
		try := func(code string) error {
			e := h.login(s, p.Email)
			_, err := s.Challenge(ctx, at("192.0.2.1"), e.Secret, ChallengeForm{Code: code})
			return err
		}
		good(t, try(code))
		for range 3 {
			refused(t, try(code), CodeFactor)
			h.pass(30 * time.Second)
		}
		h.pass(time.Minute)
		kept, err := h.store.Person(ctx, "default", p.ID)
		if err != nil || kept.Factor.Step != used {
			t.Errorf("step %d is kept, %v, want %d", kept.Factor.Step, err, used)
		}
		good(t, try(h.code(secret, 0)))
		refused(t, try(h.code(secret, -1)), CodeFactor) // one that was never shown, but is older
	}
}

// A code that was used to sign in with tokens is used for sessions too.
func TestCodeOnceEverywhere(t *testing.T) {
	h := newHouse(t)
	p := h.add(h.members, "kim@example.com")
	secret := h.factor(h.members, p.Email)
	code := h.code(secret, 0)
	_, err := h.members.LoginTokens(h.ctx(), at("192.0.2.1"), LoginForm{Email: p.Email, Password: secretWord, Code: code})
	good(t, err)
	_, err = h.members.Challenge(h.ctx(), at("192.0.2.1"), h.login(h.members, p.Email).Secret, ChallengeForm{Code: code})
	refused(t, err, CodeFactor)
}

// What is sealed for one person opens for nobody else.
func TestFactorOfAnother(t *testing.T) {
	h := newHouse(t)
	a, b := h.add(h.members, "kim@example.com"), h.add(h.members, "lee@example.com")
	secret := h.factor(h.members, a.Email)
	mine, err := h.store.Person(h.ctx(), "default", a.ID)
	good(t, err)
	b.Factor = mine.Factor
	if _, err = h.store.SavePerson(h.ctx(), b); err != nil {
		t.Fatal(err)
	}
	if _, err = h.members.Challenge(h.ctx(), at("192.0.2.1"), h.login(h.members, b.Email).Secret, ChallengeForm{Code: h.code(secret, 0)}); err == nil {
		t.Error("a secret that was copied was accepted")
	}
}

// Truncated and lengthened secrets are nobody's (CVE-2026-27840).
func TestNearlyTheSecret(t *testing.T) {
	h := newHouse(t)
	p := h.add(h.members, "kim@example.com")
	s, ctx, from := h.members, h.ctx(), at("192.0.2.1")
	e := h.login(s, p.Email)
	_, shown, err := s.AddAPIToken(ctx, from, e.SignedIn, "robot", nil)
	good(t, err)
	for _, bad := range []string{shown[:len(shown)-1], shown + "a", shown[2:], "1|", "|", "1", "", "2" + shown[1:], "-1" + shown[1:], "0" + shown[1:], "1|" + fmt.Sprintf("%01000d", 0)} {
		_, err = s.APIToken(ctx, bad)
		refused(t, err, CodeUnauthenticated)
	}
	for _, bad := range []string{e.Secret[:len(e.Secret)-1], e.Secret + "A", " " + e.Secret} {
		_, err = s.Session(ctx, from, bad)
		refused(t, err, CodeUnauthenticated)
	}
	_, err = s.APIToken(ctx, shown)
	good(t, err)
}

// A refresh token is more than the family and the id that stand in other tokens' claims, and garbage ends nobody's family.
func TestRefreshTokenIsSealed(t *testing.T) {
	h := newHouse(t)
	s := h.users
	p := h.add(s, "kim@example.com")
	first, err := s.Issue(h.ctx(), at("192.0.2.1"), p)
	good(t, err)
	second, err := s.Issue(h.ctx(), at("192.0.2.1"), p)
	good(t, err)
	_, sealed, _ := strings.Cut(first.Refresh(), ".")
	for _, bad := range []string{
		first.Family.ID + "." + first.Next, first.Family.ID + ".", first.Family.ID + ".x", second.Family.ID + "." + sealed, first.Refresh() + "A", first.Refresh() + "=",
		first.Refresh()[:len(first.Refresh())-1], first.Family.ID + "." + sealed[:20] + "\n" + sealed[20:], strings.ToLower(first.Refresh()),
	} {
		if _, _, ok := s.SplitRefresh(bad); ok {
			t.Errorf("%q is a refresh token", bad)
		}
	}
	family, next, ok := s.SplitRefresh(first.Refresh())
	if !ok {
		t.Fatal("the good one is none")
	}
	_, err = s.Exchange(h.ctx(), at("192.0.2.1"), family, next)
	good(t, err)
	family, next, ok = s.SplitRefresh(first.Refresh()) // it was given, and used: that is a thief
	if !ok {
		t.Fatal("one that was used is not known")
	}
	_, err = s.Exchange(h.ctx(), at("192.0.2.1"), family, next)
	refused(t, err, CodeReused)
}
