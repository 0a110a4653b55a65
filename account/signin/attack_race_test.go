package signin

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"madang/account"
)

// parallel calls a function many times at once and returns how often it reported no error. Errors that are no refusals fail.
func parallel(t *testing.T, n int, call func(i int) error) int {
	t.Helper()
	var wg sync.WaitGroup
	var accepted atomic.Int64
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			err := call(i)
			var r *Refusal
			switch {
			case err == nil:
				accepted.Add(1)
			case !errors.As(err, &r):
				t.Errorf("%d: %v", i, err)
			}
		})
	}
	close(start)
	wg.Wait()
	return int(accepted.Load())
}

// wide allows as many attempts as a race needs.
func wide(c *Config) {
	c.Limits.TwoFactor.Max, c.Limits.Login.Max, c.Limits.LoginIP.Max, c.Limits.Form.Max, c.Limits.Confirm.Max = 1000, 1000, 1000, 1000, 1000
}

// One code lets one in, however many show it at once, each with a challenge of their own.
func TestOneCodeInParallel(t *testing.T) {
	for range 20 {
		h := newHouse(t, wide)
		p := h.add(h.members, "kim@example.com")
		secret := h.factor(h.members, p.Email)
		cookies := make([]string, 16)
		for i := range cookies {
			cookies[i] = h.login(h.members, p.Email).Secret
		}
		code := h.code(secret, 0)
		if n := parallel(t, len(cookies), func(i int) error {
			_, err := h.members.Challenge(h.ctx(), at("192.0.2.1"), cookies[i], ChallengeForm{Code: code})
			return err
		}); n != 1 {
			t.Fatalf("%d were let in by one code", n)
		}
	}
}

// So does a recovery code; and one challenge with eight good ones makes one session.
func TestRecoveryCodesInParallel(t *testing.T) {
	h := newHouse(t, wide)
	p := h.add(h.members, "kim@example.com")
	h.factor(h.members, p.Email)
	kept, err := h.store.Person(h.ctx(), "default", p.ID)
	good(t, err)
	codes, err := h.members.recoveryCodes(kept)
	good(t, err)
	cookies := make([]string, 16)
	for i := range cookies {
		cookies[i] = h.login(h.members, p.Email).Secret
	}
	if n := parallel(t, len(cookies), func(i int) error {
		_, err := h.members.Challenge(h.ctx(), at("192.0.2.1"), cookies[i], ChallengeForm{RecoveryCode: codes[0]})
		return err
	}); n != 1 {
		t.Errorf("%d were let in by one recovery code", n)
	}
	one := h.login(h.members, p.Email).Secret
	if n := parallel(t, 7, func(i int) error {
		_, err := h.members.Challenge(h.ctx(), at("192.0.2.1"), one, ChallengeForm{RecoveryCode: codes[i+1]})
		return err
	}); n != 1 {
		t.Errorf("%d sessions of one challenge", n)
	}
}

// A refresh token is exchanged once; the second try ends the family, whoever was first (Keycloak #45647).
func TestRefreshInParallel(t *testing.T) {
	for range 20 {
		h := newHouse(t)
		p := h.add(h.users, "kim@example.com")
		g, err := h.users.Issue(h.ctx(), at("192.0.2.1"), p)
		good(t, err)
		if n := parallel(t, 16, func(int) error {
			_, err := h.users.Exchange(h.ctx(), at("192.0.2.1"), g.Family.ID, g.Next)
			return err
		}); n != 1 {
			t.Fatalf("%d were exchanged", n)
		}
		_, err = h.users.Token(h.ctx(), g.Family.ID, "")
		refused(t, err, CodeUnauthenticated)
		if e := h.told(); len(e.Families) != 1 || !h.noted(p.ID, account.ActReused) || h.mailed(p.Email).Subject != "A device was signed out for safety" {
			t.Errorf("%+v, %v", e, h.acts(p.ID))
		}
	}
}

// A link is used once (CVE-2026-3590).
func TestLinkInParallel(t *testing.T) {
	h := newHouse(t, wide)
	p := h.add(h.members, "kim@example.com")
	form := ResetForm{Token: h.reset(h.members, p.Email), Email: p.Email}
	if n := parallel(t, 16, func(i int) error {
		f := form
		f.Password = fmt.Sprintf("password %d", i)
		f.Confirmation = f.Password
		return h.members.ResetPassword(h.ctx(), at("192.0.2.1"), f)
	}); n != 1 {
		t.Errorf("%d passwords by one link", n)
	}
}

// An address is registered once.
func TestRegisterInParallel(t *testing.T) {
	h := newHouse(t, wide)
	if n := parallel(t, 16, func(int) error {
		_, err := h.members.Register(h.ctx(), at("192.0.2.1"), RegisterForm{Name: "Kim", Email: "kim@example.com", Password: secretWord, Confirmation: secretWord, Terms: true})
		return err
	}); n != 1 {
		t.Errorf("%d have the same address", n)
	}
}

// slow is a Hasher during whose work something else happens.
type slow struct {
	*cheap
	meanwhile func()
}

func (s slow) Verify(ctx context.Context, hash, text string) (bool, bool, error) {
	ok, replace, err := s.cheap.Verify(ctx, hash, text)
	if s.meanwhile != nil && ok {
		s.meanwhile()
	}
	return ok, replace, err
}

// Whoever knew the old password is out when it changes, also if they were just signing in.
func TestLoginWhileThePasswordChanges(t *testing.T) {
	for name, change := range map[string]func(*account.Person){
		"password": func(p *account.Person) { p.Password = "$new$" + otherWord }, "disabled": func(p *account.Person) { p.DisabledAt = p.CreatedAt },
	} {
		h := newHouse(t)
		p := h.add(h.members, "kim@example.com")
		h.members.Hasher = slow{h.hasher, func() {
			q, err := h.store.Person(h.ctx(), "default", p.ID)
			good(t, err)
			change(&q)
			_, err = h.store.SavePerson(h.ctx(), q)
			good(t, err)
			_, err = h.store.EndAll(h.ctx(), "default", p.ID, account.Except{})
			good(t, err)
		}}
		_, err := h.members.Login(h.ctx(), at("192.0.2.1"), LoginForm{Email: p.Email, Password: secretWord})
		refused(t, err, CodeCredentials)
		_, err = h.members.LoginTokens(h.ctx(), at("192.0.2.1"), LoginForm{Email: p.Email, Password: secretWord})
		refused(t, err, CodeCredentials)
		sessions, err1 := h.store.Sessions(h.ctx(), "default", p.ID, h.now())
		families, err2 := h.store.Families(h.ctx(), "default", p.ID, h.now())
		if err1 != nil || err2 != nil || len(sessions)+len(families) != 0 {
			t.Errorf("%s: %v, %v survived", name, sessions, families)
		}
	}
}

// Two logins that both replace an old hash both succeed.
func TestRehashInParallel(t *testing.T) {
	h := newHouse(t, wide)
	h.add(h.members, "kim@example.com", func(p *account.Person) { p.Password = "$old$" + secretWord })
	if n := parallel(t, 16, func(int) error {
		_, err := h.members.Login(h.ctx(), at("192.0.2.1"), LoginForm{Email: "kim@example.com", Password: secretWord})
		return err
	}); n != 16 {
		t.Errorf("%d of 16 signed in", n)
	}
}

// As many attempts are made as are allowed, however many come at once.
func TestLimitInParallel(t *testing.T) {
	h := newHouse(t)
	h.add(h.members, "kim@example.com")
	parallel(t, 64, func(int) error {
		_, err := h.members.Login(h.ctx(), at("192.0.2.1"), LoginForm{Email: "kim@example.com", Password: otherWord})
		return err
	})
	if n := h.hasher.checks.Load(); n != 5 {
		t.Errorf("%d passwords were checked, 5 are allowed", n)
	}
	h.pass(time.Minute)
	h.login(h.members, "kim@example.com")
}
