package signin

import (
	"slices"
	"strings"
	"testing"
	"time"

	"madang/account"
	"madang/account/totp"
)

func TestTwoFactor(t *testing.T) {
	h := newHouse(t)
	p := h.add(h.members, "kim@example.com")
	s, ctx, from := h.members, h.ctx(), at("192.0.2.1")

	plain := h.login(s, p.Email).SignedIn
	if r := refused(t, s.EnableFactor(ctx, from, plain, false), CodeConfirm); r.Class != Locked {
		t.Errorf("%+v", r)
	}
	who := h.confirmed(s, p.Email)
	_, err := s.FactorSecret(ctx, who)
	refused(t, err, CodeNotFound)
	if codes, err := s.RecoveryCodes(ctx, who); err != nil || codes != nil {
		t.Errorf("%v, %v", codes, err)
	}
	refused(t, s.NewRecoveryCodes(ctx, from, who), CodeNotFound)
	refused(t, s.ConfirmFactor(ctx, from, who, "123456"), CodeFactor)

	good(t, s.EnableFactor(ctx, from, who, false))
	secret, err := s.FactorSecret(ctx, who)
	good(t, err)
	good(t, s.EnableFactor(ctx, from, who, false)) // who has a secret keeps it
	if again, err := s.FactorSecret(ctx, who); err != nil || again != secret {
		t.Errorf("%v: another secret", err)
	}
	if e := h.login(s, p.Email); e.Challenged() {
		t.Error("a factor that is not confirmed is asked for")
	}
	svg, url, err := s.FactorQR(ctx, who)
	if err != nil || !strings.HasPrefix(svg, "<svg") || !strings.Contains(url, secret) || !strings.Contains(url, "issuer=Madang") {
		t.Errorf("%.20s, %s, %v", svg, url, err)
	}
	refused(t, s.ConfirmFactor(ctx, from, who, h.code(secret, 5)), CodeFactor)
	code := h.code(secret, 0)
	good(t, s.ConfirmFactor(ctx, from, who, code))
	if m := h.mailed(p.Email); m.Subject != "Two-factor authentication is on" {
		t.Errorf("%+v", m)
	}

	kept, err := h.store.Person(ctx, "default", p.ID)
	good(t, err)
	if !kept.Factor.On() || strings.Contains(string(kept.Factor.Secret), secret) {
		t.Errorf("%+v: the secret can be read", kept.Factor)
	}
	e := h.login(s, p.Email)
	if !e.Challenged() {
		t.Fatal("no second factor was asked for")
	}
	_, err = s.Session(ctx, from, e.Secret)
	refused(t, err, CodeUnauthenticated)
	if waits, err := s.Challenging(ctx, e.Secret); err != nil || !waits {
		t.Errorf("%v, %v", waits, err)
	}
	_, err = s.Challenge(ctx, from, e.Secret, ChallengeForm{Code: code}) // the one that confirmed it
	refused(t, err, CodeFactor)
	h.pass(30 * time.Second)
	in, err := s.Challenge(ctx, from, e.Secret, ChallengeForm{Code: h.code(secret, 0)})
	good(t, err)
	if in.Secret == e.Secret || in.Challenged() {
		t.Errorf("%+v", in)
	}
	_, err = s.Session(ctx, from, in.Secret)
	good(t, err)
	if waits, err := s.Challenging(ctx, e.Secret); err != nil || waits {
		t.Errorf("%v, %v: the old id still waits", waits, err)
	}

	in, err = s.ConfirmPassword(ctx, from, in.SignedIn, secretWord)
	good(t, err)
	good(t, s.DisableFactor(ctx, from, in.SignedIn))
	good(t, s.DisableFactor(ctx, from, in.SignedIn))
	if h.login(s, p.Email).Challenged() {
		t.Error("a factor that is off is asked for")
	}
	if m := h.mailed(p.Email); m.Subject != "Two-factor authentication is off" {
		t.Errorf("%+v", m)
	}
	for _, act := range []account.Act{account.ActFactorOn, account.ActFactorConfirmed, account.ActFactorOff, account.ActChallenged, account.ActConfirmed} {
		if !h.noted(p.ID, act) {
			t.Errorf("%s was not noted", act)
		}
	}
}

func TestRecoveryCodes(t *testing.T) {
	h := newHouse(t)
	p := h.add(h.members, "kim@example.com")
	s, ctx, from := h.members, h.ctx(), at("192.0.2.1")
	h.factor(s, p.Email)
	e := h.login(s, p.Email)
	kept, err := h.store.Person(ctx, "default", p.ID)
	good(t, err)
	codes, err := s.recoveryCodes(kept)
	good(t, err)
	if len(codes) != totp.RecoveryCodes {
		t.Fatal(codes)
	}
	_, err = s.Challenge(ctx, from, e.Secret, ChallengeForm{RecoveryCode: "aaaaaaaaaa-bbbbbbbbbb"})
	if r := refused(t, err, CodeFactor); r.Errors.Of("recovery_code")[0] != "The provided two factor recovery code was invalid." || r.Verdict.Limit != 5 {
		t.Errorf("%+v", r)
	}
	in, err := s.Challenge(ctx, from, e.Secret, ChallengeForm{RecoveryCode: codes[2]})
	good(t, err)
	if m := h.mailed(p.Email); m.Subject != "A recovery code was used" || !h.noted(p.ID, account.ActRecoveryUsed) {
		t.Errorf("%+v", m)
	}
	in, err = s.ConfirmPassword(ctx, from, in.SignedIn, secretWord)
	good(t, err)
	left, err := s.RecoveryCodes(ctx, in.SignedIn)
	if err != nil || len(left) != 8 || slices.Contains(left, codes[2]) || left[0] != codes[0] {
		t.Errorf("%v, %v", left, err)
	}
	_, err = s.Challenge(ctx, from, h.login(s, p.Email).Secret, ChallengeForm{RecoveryCode: codes[2]})
	refused(t, err, CodeFactor)
	good(t, s.NewRecoveryCodes(ctx, from, in.SignedIn))
	if other, err := s.RecoveryCodes(ctx, in.SignedIn); err != nil || slices.ContainsFunc(other, func(c string) bool { return slices.Contains(left, c) }) {
		t.Errorf("%v, %v: codes that were replaced", other, err)
	}
}

// A challenge is for who has said the password, and no longer than the configuration says.
func TestChallengeExpires(t *testing.T) {
	h := newHouse(t)
	p := h.add(h.members, "kim@example.com")
	s, ctx, from := h.members, h.ctx(), at("192.0.2.1")
	full := h.login(s, p.Email)
	secret := h.factor(s, p.Email)
	e := h.login(s, p.Email)
	h.pass(10*time.Minute + time.Second)
	for _, cookie := range []string{e.Secret, full.Secret, "", "nobody's"} {
		_, err := s.Challenge(ctx, from, cookie, ChallengeForm{Code: h.code(secret, 0)})
		if r := refused(t, err, CodeFactor); r.Errors.Of("code")[0] != "The provided two factor authentication code was invalid." {
			t.Error(r.Errors.Message())
		}
	}
}
