package signin

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"madang/account"
)

func TestResetPassword(t *testing.T) {
	h := newHouse(t)
	p := h.add(h.members, "kim@example.com", func(p *account.Person) { p.VerifiedAt = time.Time{} })
	s, ctx, from := h.members, h.ctx(), at("192.0.2.1")
	in := h.login(s, p.Email)
	g, err := s.Issue(ctx, from, p)
	good(t, err)
	form := ResetForm{Token: h.reset(s, p.Email), Email: "KIM@example.com", Password: otherWord, Confirmation: otherWord}

	for name, change := range map[string]func(*ResetForm){
		"no token": func(f *ResetForm) { f.Token = "" }, "no address": func(f *ResetForm) { f.Email = "" },
		"a short password": func(f *ResetForm) { f.Password, f.Confirmation = "short", "short" }, "two passwords": func(f *ResetForm) { f.Confirmation = "12345678" },
	} {
		bad := form
		change(&bad)
		if err := s.ResetPassword(ctx, at("192.0.2.2"), bad); err == nil {
			t.Error(name)
		}
		refused(t, s.ResetPassword(ctx, at("192.0.2.2"), bad), CodeInvalid)
	}
	good(t, s.ResetPassword(ctx, from, form))
	if r := refused(t, s.ResetPassword(ctx, from, form), CodeLink); r.Errors.Of("email")[0] != "This password reset token is invalid." {
		t.Error(r.Errors.Message())
	}
	if e := h.told(); len(e.Sessions) != 1 || e.Sessions[0] != in.Session.ID || len(e.Families) != 1 || e.Families[0] != g.Family.ID {
		t.Errorf("%+v", e)
	}
	if m := h.mailed(p.Email); m.Subject != "Your password was changed" {
		t.Errorf("%+v", m)
	}
	_, err = s.Login(ctx, from, LoginForm{Email: p.Email, Password: secretWord})
	refused(t, err, CodeCredentials)
	e, err := s.Login(ctx, from, LoginForm{Email: p.Email, Password: otherWord})
	if err != nil || !e.Person.Verified() {
		t.Errorf("%+v, %v", e.Person, err)
	}

	h.pass(time.Minute)
	token := h.reset(s, p.Email)
	h.pass(30 * time.Minute)
	form.Token = token
	refused(t, s.ResetPassword(ctx, from, form), CodeLink)
}

func TestForgotPause(t *testing.T) {
	h := newHouse(t)
	h.add(h.members, "kim@example.com")
	ctx, from := h.ctx(), at("192.0.2.1")
	for s, pause := range map[*Service]time.Duration{h.members: 30 * time.Second, h.users: time.Minute} {
		good(t, s.ForgotPassword(ctx, from, "kim@example.com"))
		h.pass(pause - time.Second)
		if r := refused(t, s.ForgotPassword(ctx, from, " KIM@example.com"), CodeThrottled); r.Class != Invalid || r.Errors.Of("email")[0] != "Please wait before retrying." {
			t.Errorf("%+v", r)
		}
		h.pass(time.Second)
		good(t, s.ForgotPassword(ctx, from, "kim@example.com"))
	}
	refused(t, h.members.ForgotPassword(ctx, from, "kim"), CodeInvalid)
}

// link returns the parts of the last link to prove an address.
func (h *house) link(email string) (id, emailHash, signature string) {
	h.t.Helper()
	m := regexp.MustCompile(`/email/verify/(\d+)/([0-9a-f]{40})\?expires=\d+&signature=([\w-]+)`).FindStringSubmatch(h.mailed(email).Text)
	if m == nil {
		h.t.Fatalf("no link was sent to %s: %q", email, h.mailed(email).Text)
	}
	return m[1], m[2], m[3]
}

func TestVerify(t *testing.T) {
	h := newHouse(t)
	unproved := func(p *account.Person) { p.VerifiedAt = time.Time{} }
	p, other := h.add(h.members, "kim@example.com", unproved), h.add(h.members, "lee@example.com", unproved)
	s, ctx, from := h.members, h.ctx(), at("192.0.2.1")
	who, lee := h.login(s, p.Email).SignedIn, h.login(s, other.Email).SignedIn
	sent, err := s.SendVerification(ctx, from, who)
	if err != nil || !sent {
		t.Fatal(sent, err)
	}
	id, emailHash, signature := h.link(p.Email)
	for name, err := range map[string]error{
		"another person": s.Verify(ctx, from, lee, id, emailHash, signature), "another id": s.Verify(ctx, from, who, other.User(), emailHash, signature),
		"another address": s.Verify(ctx, from, who, id, EmailHash("lee@example.com"), signature),
		"another secret":  s.Verify(ctx, from, who, id, emailHash, signature+"A"), "none": s.Verify(ctx, from, who, id, emailHash, ""),
	} {
		if r := refused(t, err, CodeLink); r.Class != Forbidden {
			t.Error(name)
		}
	}
	h.pass(time.Minute) // those were counted
	good(t, s.Verify(ctx, from, who, id, emailHash, signature))
	good(t, s.Verify(ctx, from, who, id, emailHash, signature)) // again
	if q, err := h.store.Person(ctx, "default", p.ID); err != nil || !q.Verified() || !h.noted(p.ID, account.ActVerified) {
		t.Errorf("%+v, %v", q, err)
	}
	if sent, err := s.SendVerification(ctx, from, who); err != nil || sent {
		t.Errorf("%v, %v: there is nothing to prove", sent, err)
	}

	if _, err = s.SendVerification(ctx, from, lee); err != nil {
		t.Fatal(err)
	}
	id, emailHash, signature = h.link(other.Email)
	h.pass(time.Hour)
	lee, err = s.Session(ctx, from, h.login(s, other.Email).Secret)
	good(t, err)
	refused(t, s.Verify(ctx, from, lee, id, emailHash, signature), CodeLink)
}

func TestUpdateProfile(t *testing.T) {
	h := newHouse(t)
	p := h.add(h.members, "kim@example.com")
	h.add(h.members, "lee@example.com")
	s, ctx, from := h.members, h.ctx(), at("192.0.2.1")
	who := h.login(s, p.Email).SignedIn
	for _, form := range []ProfileForm{{Email: p.Email}, {Name: "Kim"}, {Name: "Kim", Email: "kim"}, {Name: "Kim", Email: "LEE@example.com"}} {
		_, err := s.UpdateProfile(ctx, from, who, form)
		refused(t, err, CodeInvalid)
	}
	q, err := s.UpdateProfile(ctx, from, who, ProfileForm{Name: "Kim Min-ji", Email: "Kim@example.com"})
	if err != nil || !q.Verified() || q.Name != "Kim Min-ji" {
		t.Errorf("%+v, %v", q, err)
	}
	stale := h.reset(s, "Kim@example.com")
	q, err = s.UpdateProfile(ctx, from, who, ProfileForm{Name: "Kim Min-ji", Email: "minji@example.com"})
	if err != nil || q.Verified() || h.mailed("Kim@example.com").Subject != "Your email address was changed" {
		t.Errorf("%+v, %v", q, err)
	}
	h.link("minji@example.com")
	for _, email := range []string{"Kim@example.com", "minji@example.com"} { // a link to the address before is worth nothing
		refused(t, s.ResetPassword(ctx, from, ResetForm{Token: stale, Email: email, Password: otherWord, Confirmation: otherWord}), CodeLink)
	}
	old, err := s.SetPhoto(ctx, from, who, "photos/1")
	good(t, err)
	if again, err := s.SetPhoto(ctx, from, who, ""); err != nil || old != "" || again != "photos/1" {
		t.Errorf("%q, %q, %v", old, again, err)
	}
}

func TestChangePassword(t *testing.T) {
	h := newHouse(t)
	p := h.add(h.members, "kim@example.com")
	s, ctx, from := h.members, h.ctx(), at("192.0.2.1")
	here, there := h.login(s, p.Email), h.login(s, p.Email)
	g, err := s.Issue(ctx, from, p)
	good(t, err)
	token, shown, err := s.AddAPIToken(ctx, from, here.SignedIn, "robot", []string{"read"})
	good(t, err)
	for _, c := range []struct {
		form  PasswordForm
		field string
	}{
		{PasswordForm{Current: "", Password: otherWord, Confirmation: otherWord}, "current_password"}, {PasswordForm{Current: otherWord, Password: otherWord, Confirmation: otherWord}, "current_password"},
		{PasswordForm{Current: secretWord, Password: "short", Confirmation: "short"}, "password"}, {PasswordForm{Current: secretWord, Password: otherWord, Confirmation: secretWord}, "password"},
	} {
		_, err := s.ChangePassword(ctx, from, here.SignedIn, c.form)
		var r *Refusal
		if !errors.As(err, &r) || !r.Errors.Has(c.field) {
			t.Errorf("%+v: %v", c.form, err)
		}
	}
	next, err := s.ChangePassword(ctx, from, here.SignedIn, PasswordForm{Current: secretWord, Password: otherWord, Confirmation: otherWord})
	good(t, err)
	_, err = s.Session(ctx, from, next.Secret)
	good(t, err)
	if e := h.told(); len(e.Sessions) != 2 || len(e.Families) != 1 || len(e.APITokens) != 1 || e.APITokens[0] != token.ID {
		t.Errorf("%+v", e)
	}
	for _, secret := range []string{here.Secret, there.Secret} {
		_, err = s.Session(ctx, from, secret)
		refused(t, err, CodeUnauthenticated)
	}
	_, err = s.APIToken(ctx, shown)
	refused(t, err, CodeUnauthenticated)
	_, err = s.Token(ctx, g.Family.ID, "")
	refused(t, err, CodeUnauthenticated)
	if m := h.mailed(p.Email); m.Subject != "Your password was changed" || !h.noted(p.ID, account.ActPasswordChanged) {
		t.Errorf("%+v", m)
	}
}

func TestDeleteAccount(t *testing.T) {
	h := newHouse(t)
	p := h.add(h.members, "kim@example.com")
	s, ctx, from := h.members, h.ctx(), at("192.0.2.1")
	e := h.login(s, p.Email)
	_, err := s.DeleteAccount(ctx, from, e.SignedIn, otherWord)
	if r := refused(t, err, CodeCredentials); r.Errors.Of("password")[0] != "The password is incorrect." {
		t.Error(r.Errors.Message())
	}
	_, err = s.DeleteAccount(ctx, from, e.SignedIn, secretWord)
	good(t, err)
	if told := h.told(); len(told.Sessions) != 1 || !h.noted(p.ID, account.ActDeleted) {
		t.Errorf("%+v", told)
	}
	_, err = s.Session(ctx, from, e.Secret)
	refused(t, err, CodeUnauthenticated)
	_, err = s.DeleteAccount(ctx, from, e.SignedIn, secretWord)
	refused(t, err, CodeUnauthenticated)
}

func TestSignIns(t *testing.T) {
	h := newHouse(t)
	p, other := h.add(h.members, "kim@example.com"), h.add(h.members, "lee@example.com")
	s, ctx, from := h.members, h.ctx(), at("192.0.2.1")
	here, there, lee := h.login(s, p.Email), h.login(s, p.Email), h.login(s, other.Email)
	g, err := s.Issue(ctx, from, p)
	good(t, err)
	token, _, err := s.AddAPIToken(ctx, from, here.SignedIn, "robot", nil)
	good(t, err)
	all, err := s.SignIns(ctx, here.SignedIn)
	good(t, err)
	current := 0
	for _, x := range all {
		if x.Current {
			current++
		}
		refused(t, s.EndOne(ctx, from, lee.SignedIn, x.ID), CodeNotFound) // another's
		if strings.Contains(x.ID, here.Secret) || strings.Contains(x.ID, there.Secret) || strings.Contains(x.ID, g.Next) {
			t.Errorf("%s has a secret in it", x.ID)
		}
	}
	if len(all) != 4 || current != 1 {
		t.Errorf("%+v", all)
	}
	refused(t, s.EndOthers(ctx, from, here.SignedIn, otherWord), CodeCredentials)
	good(t, s.EndOthers(ctx, from, here.SignedIn, secretWord))
	if all, err = s.SignIns(ctx, here.SignedIn); err != nil || len(all) != 2 || all[1].Kind != KindAPIToken || all[1].Name != "robot" {
		t.Errorf("%+v, %v", all, err)
	}
	h.told()
	for _, x := range all {
		good(t, s.EndOne(ctx, from, here.SignedIn, x.ID))
		refused(t, s.EndOne(ctx, from, here.SignedIn, x.ID), CodeNotFound)
	}
	if e := h.told(); len(e.Sessions) != 1 || len(e.APITokens) != 1 || e.APITokens[0] != token.ID {
		t.Errorf("%+v", e)
	}
	g, err = s.Issue(ctx, from, p)
	good(t, err)
	good(t, s.EndOne(ctx, from, g.SignedIn, "tokens:"+g.Family.ID))
	_, err = s.Token(ctx, g.Family.ID, "")
	refused(t, err, CodeUnauthenticated)
}

func TestOperator(t *testing.T) {
	h := newHouse(t)
	p, user := h.add(h.members, "kim@example.com"), h.add(h.users, "kim@example.com")
	s, ctx, from := h.members, h.ctx(), at("")
	e := h.login(s, p.Email)
	refused(t, s.Disable(ctx, from, "console", user.ID), CodeNotFound)
	refused(t, s.SignOut(ctx, from, "console", 99), CodeNotFound)
	good(t, s.Disable(ctx, from, "console", p.ID))
	if told := h.told(); len(told.Sessions) != 1 || told.Sessions[0] != e.Session.ID {
		t.Errorf("%+v", told)
	}
	_, err := s.Login(ctx, at("192.0.2.1"), LoginForm{Email: p.Email, Password: secretWord})
	refused(t, err, CodeCredentials)
	good(t, s.Enable(ctx, from, "console", p.ID))
	e = h.login(s, p.Email)
	good(t, s.SignOut(ctx, from, "console", p.ID))
	_, err = s.Session(ctx, from, e.Secret)
	refused(t, err, CodeUnauthenticated)
	entries, err := h.store.Audit(ctx, account.AuditQuery{App: "default", Person: p.ID, Act: account.ActDisabled, Limit: 9})
	if err != nil || len(entries) != 1 || entries[0].By != "console" {
		t.Errorf("%+v, %v", entries, err)
	}
}
