package signin

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"madang/account"
	"madang/account/words"
)

// Each way to write an address has the same attempts (CVE-2025-24806), and so has each address of one network.
func TestOneBudget(t *testing.T) {
	h := newHouse(t)
	h.add(h.members, "kim@example.com")
	ways := []string{"kim@example.com", "KIM@example.com", " kim@example.com ", "Kim@Example.Com", "kim@EXAMPLE.com"}
	for i, email := range ways {
		_, err := h.members.Login(h.ctx(), at(fmt.Sprintf("2001:db8:1:2::%d", i)), LoginForm{Email: email, Password: otherWord})
		if r := refused(t, err, CodeCredentials); r.Verdict.Remaining != int64(4-i) {
			t.Errorf("%+v", r.Verdict)
		}
	}
	_, err := h.members.Login(h.ctx(), at("2001:db8:1:2:ffff::"), LoginForm{Email: "kim@example.com", Password: secretWord})
	r := refused(t, err, CodeThrottled)
	if r.Class != TooMany || r.Errors.Of("email")[0] != "Too many login attempts. Please try again in 60 seconds." || r.Verdict.Allowed {
		t.Errorf("%+v", r)
	}
	_, err = h.members.LoginTokens(h.ctx(), at("2001:db8:1:2::9"), LoginForm{Email: "kim@example.com", Password: secretWord})
	refused(t, err, CodeThrottled)
	korean := at("2001:db8:1:2::1")
	korean.Speaker.Language = words.Korean
	_, err = h.members.Login(h.ctx(), korean, LoginForm{Email: "kim@example.com", Password: secretWord})
	if r := refused(t, err, CodeThrottled); r.Errors.Of("email")[0] != "로그인을 너무 여러 번 시도했습니다. 60초 뒤에 다시 해 주세요." {
		t.Error(r.Errors.Message())
	}
	h.pass(time.Minute)
	h.login(h.members, "kim@example.com")
}

// Many networks that try one account are stopped, but they do not lock its owner out where they are signed in.
func TestNoLockOut(t *testing.T) {
	h := newHouse(t)
	p := h.add(h.members, "kim@example.com")
	here := h.login(h.members, p.Email)
	stopped := 0
	for i := range 100 {
		_, err := h.members.Login(h.ctx(), at(fmt.Sprintf("198.51.100.%d", i)), LoginForm{Email: p.Email, Password: otherWord})
		var r *Refusal
		if errors.As(err, &r) && r.Code == CodeThrottled {
			stopped++
		}
	}
	if stopped != 51 { // one attempt was the owner's
		t.Errorf("%d attempts were stopped", stopped)
	}
	_, err := h.members.Login(h.ctx(), at("203.0.113.9"), LoginForm{Email: p.Email, Password: secretWord})
	refused(t, err, CodeThrottled)
	h.login(h.members, p.Email) // from 192.0.2.1, where they are signed in
	good(t, h.members.Logout(h.ctx(), at("192.0.2.1"), here.SignedIn))
	token := h.reset(h.members, p.Email) // and by mail everywhere
	good(t, h.members.ResetPassword(h.ctx(), at("203.0.113.9"), ResetForm{Token: token, Email: p.Email, Password: otherWord, Confirmation: otherWord}))
}

// One network cannot use up what everybody has.
func TestNetworkLimit(t *testing.T) {
	h := newHouse(t)
	p := h.add(h.members, "kim@example.com")
	for i := range 200 {
		_, err := h.members.Login(h.ctx(), at("198.51.100.1"), LoginForm{Email: fmt.Sprintf("%d@example.com", i), Password: otherWord})
		want := CodeCredentials
		if i >= 60 {
			want = CodeThrottled
		}
		refused(t, err, want)
	}
	h.login(h.members, p.Email)
	if n := h.hasher.checks.Load(); n != 61 {
		t.Errorf("%d passwords were checked", n)
	}
}

// Second factors, one's own password and forms are counted too (CVE-2024-32868), whatever session they come from.
func TestOtherLimits(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.Limits.Login.Max = 100 })
	p := h.add(h.members, "kim@example.com")
	s, ctx := h.members, h.ctx()
	secret := h.factor(s, p.Email)
	for i := range 5 {
		_, err := s.Challenge(ctx, at(fmt.Sprintf("198.51.100.%d", i)), h.login(s, p.Email).Secret, ChallengeForm{Code: "abcdef"})
		refused(t, err, CodeFactor)
		h.pass(time.Second)
	}
	e, err := s.Challenge(ctx, at("192.0.2.1"), h.login(s, p.Email).Secret, ChallengeForm{Code: h.code(secret, 0)})
	if r := refused(t, err, CodeThrottled); r.Class != TooMany || e.Secret != "" {
		t.Errorf("%+v", r)
	}
	h.pass(time.Minute)
	e, err = s.Challenge(ctx, at("192.0.2.1"), h.login(s, p.Email).Secret, ChallengeForm{Code: h.code(secret, 0)})
	good(t, err)
	for range 5 {
		_, err = s.ConfirmPassword(ctx, at("192.0.2.1"), e.SignedIn, otherWord)
		refused(t, err, CodeCredentials)
	}
	_, err = s.DeleteAccount(ctx, at("192.0.2.1"), e.SignedIn, secretWord)
	refused(t, err, CodeThrottled)
	refused(t, s.EndOthers(ctx, at("192.0.2.1"), e.SignedIn, secretWord), CodeThrottled)
	for i := range 10 {
		refused(t, s.ResetPassword(ctx, at("198.51.100.1"), ResetForm{Token: fmt.Sprint(i), Email: p.Email, Password: otherWord, Confirmation: otherWord}), CodeLink)
	}
	refused(t, s.ForgotPassword(ctx, at("198.51.100.1"), p.Email), CodeThrottled)
}

// Six digits can be guessed in weeks at five a minute, so there is a limit by the hour; but none that keeps the owner, who has
// recovery codes, from getting in, and none on codes that were right.
func TestGuessingCodes(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.Limits.Login.Max, c.Limits.LoginAny.Max = 100, 1000 })
	p := h.add(h.members, "kim@example.com")
	s, ctx, from := h.members, h.ctx(), at("192.0.2.1")
	secret := h.factor(s, p.Email)
	kept, err := h.store.Person(ctx, "default", p.ID)
	good(t, err)
	codes, err := s.recoveryCodes(kept)
	good(t, err)
	try := func(form ChallengeForm) error {
		h.pass(30 * time.Second)
		_, err := s.Challenge(ctx, from, h.login(s, p.Email).Secret, form)
		return err
	}
	for range 60 { // half an hour of signing in
		good(t, try(ChallengeForm{Code: h.code(secret, 1)}))
	}
	for range 30 {
		refused(t, try(ChallengeForm{Code: "abcdef"}), CodeFactor)
	}
	refused(t, try(ChallengeForm{Code: h.code(secret, 1)}), CodeThrottled)
	good(t, try(ChallengeForm{RecoveryCode: codes[0]}))
}

// Nobody has the server write to one address after another, or asks it who has them.
func TestMailingByProfile(t *testing.T) {
	h := newHouse(t)
	p := h.add(h.members, "kim@example.com")
	who := h.login(h.members, p.Email).SignedIn
	for i := range 6 {
		_, err := h.members.UpdateProfile(h.ctx(), at("192.0.2.1"), who, ProfileForm{Name: "Kim", Email: fmt.Sprintf("%d@example.com", i)})
		good(t, err)
	}
	_, err := h.members.UpdateProfile(h.ctx(), at("192.0.2.1"), who, ProfileForm{Name: "Kim", Email: "6@example.com"})
	refused(t, err, CodeThrottled)
	_, err = h.members.UpdateProfile(h.ctx(), at("192.0.2.1"), who, ProfileForm{Name: "Min-ji", Email: "5@example.com"}) // the name alone writes to nobody
	good(t, err)
}

// TestLimits compares the limit of logins with a model that remembers every attempt, on one network each.
func TestLimits(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := newHouse(t, func(c *Config) {
			c.Limits.LoginIP.Max, c.Limits.LoginAny.Max = 1000, 1000
		})
		h.add(h.members, "a@example.com")
		h.add(h.members, "b@example.com")
		type pair struct{ email, ip string }
		begun, counts := map[pair]time.Time{}, map[pair]int{}
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			h.pass(time.Duration(rapid.IntRange(0, 15).Draw(rt, "seconds")) * time.Second)
			k := pair{rapid.SampledFrom([]string{"a@example.com", "b@example.com", "c@example.com"}).Draw(rt, "email"), rapid.SampledFrom([]string{"192.0.2.1", "192.0.2.2"}).Draw(rt, "ip")}
			text := rapid.SampledFrom([]string{otherWord, otherWord, otherWord, secretWord}).Draw(rt, "password")
			if h.now().Sub(begun[k]) >= time.Minute {
				begun[k], counts[k] = h.now(), 0
			}
			counts[k]++
			_, err := h.members.Login(h.ctx(), at(k.ip), LoginForm{Email: k.email, Password: text})
			switch {
			case counts[k] > 5:
				if r := refused(t, err, CodeThrottled); r.Verdict.Retry != begun[k].Add(time.Minute).Sub(h.now()) {
					rt.Fatalf("%+v", r.Verdict)
				}
			case text == secretWord && k.email != "c@example.com":
				good(t, err)
				delete(begun, k)
				delete(counts, k)
			default:
				if r := refused(t, err, CodeCredentials); r.Verdict.Remaining != int64(5-counts[k]) {
					rt.Fatalf("%+v, %d attempts", r.Verdict, counts[k])
				}
			}
		}
	})
}

// What was counted stays counted when the login is refused for another reason (CVE-2026-35597).
func TestCountedThoughDisabled(t *testing.T) {
	h := newHouse(t)
	h.add(h.members, "gone@example.com", func(p *account.Person) { p.DisabledAt = h.now() })
	for i := range 7 {
		_, err := h.members.Login(h.ctx(), at("192.0.2.1"), LoginForm{Email: "gone@example.com", Password: secretWord})
		want := CodeCredentials
		if i >= 5 {
			want = CodeThrottled
		}
		refused(t, err, want)
	}
}
