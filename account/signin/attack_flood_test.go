package signin

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"madang/account"
	"madang/account/limit"
	"madang/shared"
)

// Whoever registers an address before its owner comes along leaves nothing behind that keeps the owner out: not a session, not a
// family, and not a second factor (CVE-2024-38351 and its kind).
func TestPreHijack(t *testing.T) {
	h := newHouse(t)
	s, ctx, from := h.members, h.ctx(), at("198.51.100.1")
	thief, err := s.Register(ctx, from, RegisterForm{Name: "Kim", Email: "kim@example.com", Password: otherWord, Confirmation: otherWord, Terms: true})
	good(t, err)
	sure, err := s.ConfirmPassword(ctx, from, thief.SignedIn, otherWord)
	good(t, err)
	good(t, s.EnableFactor(ctx, from, sure.SignedIn, false))
	secret, err := s.FactorSecret(ctx, sure.SignedIn)
	good(t, err)
	good(t, s.ConfirmFactor(ctx, from, sure.SignedIn, h.code(secret, 0)))
	family, err := s.Issue(ctx, from, thief.Person)
	good(t, err)

	h.mailed("") // those before are sent
	token := h.reset(s, "kim@example.com")
	good(t, s.ResetPassword(ctx, at("192.0.2.1"), ResetForm{Token: token, Email: "kim@example.com", Password: secretWord, Confirmation: secretWord}))
	if e := h.login(s, "kim@example.com"); e.Challenged() {
		t.Error("the owner is asked for a code of somebody else's app")
	}
	_, err = s.Session(ctx, from, sure.Secret)
	refused(t, err, CodeUnauthenticated)
	_, err = s.Exchange(ctx, from, family.Family.ID, family.Next)
	refused(t, err, CodeUnauthenticated)
}

// A link for a new password takes nobody's second factor away who had proved the address before.
func TestResetKeepsTheFactor(t *testing.T) {
	h := newHouse(t)
	p := h.add(h.members, "kim@example.com")
	h.factor(h.members, p.Email)
	good(t, h.members.ResetPassword(h.ctx(), at("192.0.2.1"), ResetForm{Token: h.reset(h.members, p.Email), Email: p.Email, Password: secretWord, Confirmation: secretWord}))
	if !h.login(h.members, p.Email).Challenged() {
		t.Error("who reads the mail is in without a code")
	}
}

// However many networks try an account, its owner gets in anywhere by a link.
func TestInByMail(t *testing.T) {
	h := newHouse(t)
	p := h.add(h.members, "kim@example.com")
	for i := range 100 {
		_, err := h.members.Login(h.ctx(), at(fmt.Sprintf("198.51.100.%d", i)), LoginForm{Email: p.Email, Password: otherWord})
		if err == nil {
			t.Fatal("let in")
		}
	}
	here := at("203.0.113.9")
	_, err := h.members.Login(h.ctx(), here, LoginForm{Email: p.Email, Password: secretWord})
	refused(t, err, CodeThrottled)
	good(t, h.members.ResetPassword(h.ctx(), here, ResetForm{Token: h.reset(h.members, p.Email), Email: p.Email, Password: otherWord, Confirmation: otherWord}))
	_, err = h.members.Login(h.ctx(), here, LoginForm{Email: "KIM@example.com", Password: otherWord})
	good(t, err)
	_, err = h.members.Login(h.ctx(), at("203.0.113.10"), LoginForm{Email: p.Email, Password: otherWord})
	refused(t, err, CodeThrottled)
	for range 5 { // but nobody else's attempts are free there
		_, err = h.members.Login(h.ctx(), here, LoginForm{Email: p.Email, Password: secretWord})
		refused(t, err, CodeCredentials)
	}
	_, err = h.members.Login(h.ctx(), here, LoginForm{Email: p.Email, Password: secretWord})
	refused(t, err, CodeThrottled)
}

// The 65536 networks of a /48, which anybody gets for the asking, do not have 65536 times the attempts of one.
func TestWideNetwork(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.Limits.LoginIP = limit.Rule{Max: 3, Window: time.Minute}; c.Limits.Form.Max = 1 })
	h.add(h.members, "kim@example.com")
	checked, asked := 0, 0
	for i := range 100 {
		from := at(fmt.Sprintf("2001:db8:1:%x::1", i))
		_, err := h.members.Login(h.ctx(), from, LoginForm{Email: fmt.Sprintf("%d@example.com", i), Password: otherWord})
		if r, ok := errors.AsType[*Refusal](err); ok && r.Code == CodeCredentials {
			checked++
		}
		if err := h.members.ForgotPassword(h.ctx(), from, fmt.Sprintf("%d@example.com", i)); err == nil {
			asked++
		}
	}
	if checked != 30 || asked != 10 {
		t.Errorf("%d passwords were checked, and %d links asked for", checked, asked)
	}
	h.login(h.members, "kim@example.com")
	_, err := h.members.Login(h.ctx(), at("2001:db8:2::1"), LoginForm{Email: "kim@example.com", Password: secretWord})
	good(t, err)
}

// Whoever is refused again and again writes one line into the audit log, not one for each try, and is counted by no more keys.
func TestRefusedQuietly(t *testing.T) {
	h := newHouse(t)
	keys := &keys{Counter: shared.NewMemory(h.now), seen: map[string]bool{}}
	h.members.Limiter = limit.New(keys)
	for i := range 500 {
		_, err := h.members.Login(h.ctx(), at("198.51.100.1"), LoginForm{Email: fmt.Sprintf("%d@example.com", i%250), Password: otherWord})
		if err == nil {
			t.Fatal("let in")
		}
	}
	entries, err := h.store.Audit(h.ctx(), account.AuditQuery{App: "default", Limit: 1000})
	good(t, err)
	if len(entries) != 61 || entries[0].Detail != "too many attempts: 60@example.com" {
		t.Errorf("%d entries, the last one says %q", len(entries), entries[0].Detail)
	}
	if len(keys.seen) > 61+60+3 { // by both addresses; by that of mail; and three that are everybody's
		t.Errorf("%d keys are kept", len(keys.seen))
	}
}

// keys remembers what was counted by.
type keys struct {
	limit.Counter
	seen map[string]bool
}

func (k *keys) Add(ctx context.Context, key string, window time.Duration) (int64, time.Duration, error) {
	k.seen[key] = true
	return k.Counter.Add(ctx, key, window)
}

// What somebody is signed in by is bounded. What goes first is what waits for a code, and then what was not used for the longest
// time, so that whoever knows the password alone cannot end the owner's.
func TestSignInsAreBounded(t *testing.T) {
	h := newHouse(t, wide, func(c *Config) { c.Limits.LoginAny.Max = 10000 })
	p := h.add(h.members, "kim@example.com")
	old := h.login(h.members, p.Email)
	h.pass(time.Second)
	mine := h.login(h.members, p.Email)
	h.factor(h.members, p.Email)
	h.told()
	for range maxSignIns + 20 {
		h.pass(time.Millisecond)
		if !h.login(h.members, p.Email).Challenged() {
			t.Fatal("let in without a code")
		}
	}
	for _, e := range []Entry{old, mine} {
		if _, err := h.members.Session(h.ctx(), at("192.0.2.1"), e.Secret); err != nil {
			t.Error(err)
		}
	}
	for i := range maxSignIns + 20 {
		h.pass(time.Millisecond)
		if _, err := h.members.open(h.ctx(), at("192.0.2.1"), p, false, false); err != nil {
			t.Fatal(err)
		}
		g, err := h.members.Issue(h.ctx(), at("192.0.2.1"), p)
		good(t, err)
		if i == maxSignIns+19 {
			_, err = h.members.Token(h.ctx(), g.Family.ID, "")
			good(t, err)
		}
	}
	_, err := h.members.Session(h.ctx(), at("192.0.2.1"), old.Secret)
	refused(t, err, CodeUnauthenticated)
	sessions, err1 := h.store.Sessions(h.ctx(), "default", p.ID, h.now())
	families, err2 := h.store.Families(h.ctx(), "default", p.ID, h.now())
	if len(sessions) != maxSignIns || len(families) != maxSignIns || err1 != nil || err2 != nil {
		t.Errorf("%d sessions and %d families, %v, %v", len(sessions), len(families), err1, err2)
	}
	if e := h.told(); len(e.Sessions) < 20 || len(e.Families) != 20 {
		t.Errorf("%d sessions and %d families were told of", len(e.Sessions), len(e.Families))
	}
}

// What somebody changes is written down for good, so they cannot do it as fast as they can ask.
func TestChangesAreCounted(t *testing.T) {
	h := newHouse(t)
	p := h.add(h.members, "kim@example.com")
	who := h.confirmed(h.members, p.Email)
	s, ctx, from := h.members, h.ctx(), at("192.0.2.1")
	g, err := s.Issue(ctx, from, p)
	good(t, err)
	for range 60 {
		good(t, s.EnableFactor(ctx, from, who, true))
		g, err = s.Exchange(ctx, from, g.Family.ID, g.Next)
		good(t, err)
	}
	_, err = s.Exchange(ctx, from, g.Family.ID, g.Next)
	refused(t, err, CodeThrottled)
	_, err = s.UpdateProfile(ctx, from, who, ProfileForm{Name: "Lee", Email: p.Email})
	refused(t, err, CodeThrottled)
	_, err = s.SetPhoto(ctx, from, who, "profile-photos/x.jpg")
	refused(t, err, CodeThrottled)
	_, _, err = s.AddAPIToken(ctx, from, who, "robot", nil)
	refused(t, err, CodeThrottled)
	for _, err := range []error{s.NewRecoveryCodes(ctx, from, who), s.DisableFactor(ctx, from, who), s.EndAPIToken(ctx, from, who, 1)} {
		refused(t, err, CodeThrottled)
	}
	for range 6 {
		good(t, s.TakePhoto(ctx, who))
	}
	refused(t, s.TakePhoto(ctx, who), CodeThrottled)
	h.pass(time.Minute)
	_, err = s.Exchange(ctx, from, g.Family.ID, g.Next)
	good(t, err)
}

// Whoever asks for links to somebody's address again and again does not keep the owner from using one: the last of a few stays
// good until there are new ones.
func TestLinksWithoutEnd(t *testing.T) {
	h := newHouse(t)
	p := h.add(h.members, "kim@example.com")
	h.add(h.members, "lee@example.com")
	ask := func(email string) (sent int) {
		for range 55 { // half an hour, in which a link is good
			if err := h.members.ForgotPassword(h.ctx(), at("198.51.100.1"), email); err == nil {
				sent++
			}
			h.pass(h.members.config.ResetPause)
		}
		return sent
	}
	if n, m := ask(p.Email), ask("nobody@example.com"); n != maxLinks || m != n {
		t.Errorf("%d links, and for nobody %d", n, m)
	}
	last := h.reset(h.members, "lee@example.com")
	for range 4 {
		h.pass(h.members.config.ResetPause)
		last = h.reset(h.members, "lee@example.com")
	}
	for range 50 {
		h.pass(h.members.config.ResetPause)
		refused(t, h.members.ForgotPassword(h.ctx(), at("198.51.100.1"), "lee@example.com"), CodeThrottled)
	}
	good(t, h.members.ResetPassword(h.ctx(), at("192.0.2.1"), ResetForm{Token: last, Email: "lee@example.com", Password: otherWord, Confirmation: otherWord}))
	h.mailed("") // that the password was changed
	h.pass(h.members.config.ResetPause)
	h.reset(h.members, "lee@example.com")
}
