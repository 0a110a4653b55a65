package signin

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"madang/account"
	"madang/account/password"
	"madang/account/words"
)

func TestLogin(t *testing.T) {
	h := newHouse(t)
	p := h.add(h.members, "Kim@Example.com")
	h.add(h.members, "old@example.com", func(p *account.Person) { p.Password = "$old$" + secretWord })
	h.add(h.members, "gone@example.com", func(p *account.Person) { p.DisabledAt = h.now() })
	h.add(h.members, "none@example.com", func(p *account.Person) { p.Password = "" })
	h.add(h.members, "odd@example.com", func(p *account.Person) { p.Password = "$odd$" })
	h.add(h.members, "busy@example.com", func(p *account.Person) { p.Password = "$busy$" })
	for i, c := range []struct {
		email, password string
		code            Code // empty: signed in
	}{
		{"kim@example.com", secretWord, ""}, {" KIM@example.COM ", secretWord, ""}, {"old@example.com", secretWord, ""},
		{"kim@example.com", otherWord, CodeCredentials}, {"lee@example.com", secretWord, CodeCredentials},
		{"gone@example.com", secretWord, CodeCredentials}, {"none@example.com", secretWord, CodeCredentials},
		{"odd@example.com", secretWord, CodeCredentials}, {"kim\x00@example.com", secretWord, CodeCredentials},
		{"\xff@example.com", secretWord, CodeCredentials}, {strings.Repeat("k", 300) + "@example.com", secretWord, CodeCredentials},
		{"busy@example.com", secretWord, CodeBusy}, {"", secretWord, CodeInvalid}, {"kim@example.com", "", CodeInvalid}, {" ", " ", CodeInvalid},
	} {
		e, err := h.members.Login(h.ctx(), at(fmt.Sprintf("192.0.2.%d", i)), LoginForm{Email: c.email, Password: c.password})
		if c.code != "" {
			if r := refused(t, err, c.code); c.code == CodeCredentials && (r.Class != Invalid || r.Errors.Message() != "These credentials do not match our records." || e.Secret != "") {
				t.Errorf("%q: %+v", c.email, r)
			}
			continue
		}
		good(t, err)
		who, err := h.members.Session(h.ctx(), at("192.0.2.1"), e.Secret)
		if err != nil || e.Challenged() || who.Person.ID != e.Person.ID || e.Verdict.Remaining != 4 {
			t.Errorf("%q: %+v, %v", c.email, e, err)
		}
	}
	if !h.noted(p.ID, account.ActSignedIn) || !h.noted(p.ID, account.ActRefused) {
		t.Error(h.acts(p.ID))
	}
	if q, err := h.store.PersonByEmail(h.ctx(), "default", "members", "old@example.com"); err != nil || q.Password != "$new$"+secretWord {
		t.Errorf("%q, %v: the hash was not replaced", q.Password, err)
	}
}

func TestSessions(t *testing.T) {
	h := newHouse(t)
	p := h.add(h.members, "kim@example.com")
	s, from := h.members, at("192.0.2.1")
	short := h.login(s, p.Email)
	long, err := s.Login(h.ctx(), from, LoginForm{Email: p.Email, Password: secretWord, Remember: true})
	good(t, err)
	for range 3 { // what is used lives on
		h.pass(90 * time.Minute)
		_, err = s.Session(h.ctx(), from, short.Secret)
		good(t, err)
	}
	h.pass(2 * time.Hour)
	_, err = s.Session(h.ctx(), from, short.Secret)
	refused(t, err, CodeUnauthenticated)
	who, err := s.Session(h.ctx(), at("192.0.2.9"), long.Secret)
	good(t, err)
	if all, err := s.SignIns(h.ctx(), who); err != nil || len(all) != 1 || !all[0].Current || all[0].Client.Address != "192.0.2.9" {
		t.Errorf("%+v, %v", all, err)
	}
	good(t, s.Logout(h.ctx(), from, who))
	good(t, s.Logout(h.ctx(), from, who)) // once more is no error
	if e := h.told(); len(e.Sessions) != 1 || e.Sessions[0] != who.Session.ID {
		t.Errorf("%+v", e)
	}
	for _, secret := range []string{long.Secret, "", "x", strings.Repeat("x", 1<<16), long.Secret[:20]} {
		_, err = s.Session(h.ctx(), from, secret)
		refused(t, err, CodeUnauthenticated)
	}
	h.pass(31 * 24 * time.Hour)
}

func TestConfirmPassword(t *testing.T) {
	h := newHouse(t)
	h.add(h.members, "kim@example.com")
	s, from := h.members, at("192.0.2.1")
	e := h.login(s, "kim@example.com")
	if s.Confirmed(e.SignedIn, 0) {
		t.Error("a login alone confirms nothing")
	}
	for _, wrong := range []string{"", otherWord} {
		_, err := s.ConfirmPassword(h.ctx(), from, e.SignedIn, wrong)
		if r := refused(t, err, CodeCredentials); r.Errors.Of("password")[0] != "The provided password was incorrect." {
			t.Error(r.Errors.Message())
		}
	}
	c, err := s.ConfirmPassword(h.ctx(), from, e.SignedIn, secretWord)
	good(t, err)
	if told := h.told(); c.Secret == e.Secret || len(told.Sessions) != 1 || told.Sessions[0] != e.Session.ID {
		t.Errorf("the session kept its id: %+v", told)
	}
	_, err = s.Session(h.ctx(), from, e.Secret)
	refused(t, err, CodeUnauthenticated)
	for range 2 { // used now and then, as pages do
		h.pass(90*time.Minute - time.Second)
		c.SignedIn, err = s.Session(h.ctx(), from, c.Secret)
		good(t, err)
	}
	if !s.Confirmed(c.SignedIn, 0) || s.Confirmed(c.SignedIn, time.Hour) || !s.Confirmed(c.SignedIn, 24*time.Hour) {
		t.Error("3 hours, or less if that is asked for")
	}
	if h.pass(2 * time.Second); s.Confirmed(c.SignedIn, 0) || s.Confirmed(c.SignedIn, 24*time.Hour) {
		t.Error("confirmed for longer than 3 hours")
	}
	if _, err := s.ConfirmPassword(h.ctx(), from, SignedIn{}, secretWord); err == nil {
		t.Error("nobody has confirmed their password")
	}
}

func TestRegister(t *testing.T) {
	h := newHouse(t)
	h.add(h.members, "lee@example.com")
	h.add(h.users, "kim@example.com") // of another provider: no hindrance
	ok := RegisterForm{Name: " 김철수 ", Email: " Kim@Example.com ", Password: "12345678", Confirmation: "12345678", Terms: true}
	for i, c := range []struct {
		field  string
		key    words.Key
		change func(*RegisterForm)
	}{
		{"name", words.Required, func(f *RegisterForm) { f.Name = " " }},
		{"name", words.MaxString, func(f *RegisterForm) { f.Name = strings.Repeat("a", 256) }},
		{"name", words.String, func(f *RegisterForm) { f.Name = "Kim\r\nLee" }},
		{"email", words.Required, func(f *RegisterForm) { f.Email = "" }},
		{"email", words.Email, func(f *RegisterForm) { f.Email = "kim" }},
		{"email", words.Email, func(f *RegisterForm) { f.Email = "Kim <kim@example.com>" }},
		{"email", words.Email, func(f *RegisterForm) { f.Email = "kim@example.com\r\nBcc: lee@example.com" }},
		{"email", words.MaxString, func(f *RegisterForm) { f.Email = strings.Repeat("a", 251) + "@b.c" }},
		{"email", words.Unique, func(f *RegisterForm) { f.Email = "LEE@example.com" }},
		{"password", words.Required, func(f *RegisterForm) { f.Password, f.Confirmation = "", "" }},
		{"password", words.MinString, func(f *RegisterForm) { f.Password, f.Confirmation = "1234567", "1234567" }},
		{"password", words.MaxString, func(f *RegisterForm) {
			f.Password = strings.Repeat("a", password.MaxLength+1)
			f.Confirmation = f.Password
		}},
		{"password", words.String, func(f *RegisterForm) { f.Password, f.Confirmation = "\xff2345678", "\xff2345678" }},
		{"password", words.Confirmed, func(f *RegisterForm) { f.Confirmation = "12345679" }},
		{"terms", words.Accepted, func(f *RegisterForm) { f.Terms = false }},
	} {
		form := ok
		c.change(&form)
		_, err := h.members.Register(h.ctx(), at(fmt.Sprintf("198.51.100.%d", i)), form)
		if err == nil {
			t.Fatalf("%+v was taken", form)
		}
		r := refused(t, err, CodeInvalid)
		texts := r.Errors.Of(c.field)
		want := words.Speaker{}.Say(c.key, "attribute", c.field, "min", "8", "max", map[bool]string{true: "1024", false: map[bool]string{true: "254", false: "255"}[c.field == "email"]}[c.field == "password"])
		if len(texts) != 1 || texts[0] != want {
			t.Errorf("%s: %q, want %q", c.field, texts, want)
		}
	}
	if n := h.hasher.hashes.Load(); n != 0 {
		t.Errorf("%d hashes for what was refused", n)
	}
	e, err := h.members.Register(h.ctx(), at("192.0.2.1"), ok)
	good(t, err)
	if e.Person.Name != "김철수" || e.Person.Email != "Kim@Example.com" || e.Person.Verified() || !h.noted(e.Person.ID, account.ActRegistered) {
		t.Errorf("%+v", e.Person)
	}
	_, err = h.members.Session(h.ctx(), at("192.0.2.1"), e.Secret)
	good(t, err)
	if m := h.mailed("Kim@Example.com"); !strings.Contains(m.Text, "https://barun.test/email/verify/"+e.Person.User()+"/"+EmailHash("Kim@Example.com")+"?expires=") {
		t.Errorf("%q", m.Text)
	}
	g, err := h.users.RegisterTokens(h.ctx(), at("192.0.2.1"), RegisterForm{Name: "Park", Email: "park@example.com", Password: secretWord, Confirmation: secretWord, Terms: true})
	good(t, err)
	_, err = h.users.Token(h.ctx(), g.Family.ID, g.Next)
	good(t, err)
}

func TestConfig(t *testing.T) {
	web, api := Defaults("web"), Defaults("api")
	if web.Provider != "members" || web.ResetExpiry != 30*time.Minute || web.ResetPause != 30*time.Second || web.PasswordTimeout != 3*time.Hour ||
		api.Provider != "users" || api.ResetExpiry != time.Hour || api.ResetPause != time.Minute {
		t.Errorf("%+v\n%+v", web, api)
	}
	for name, change := range map[string]func(*Config){
		"no app": func(c *Config) { c.App = "" }, "no address": func(c *Config) { c.URL = "" }, "a path alone": func(c *Config) { c.URL = "/x" },
		"a query": func(c *Config) { c.URL += "?a=b" }, "a site": func(c *Config) { c.Sites = map[string]string{"admin": "javascript:alert(1)"} },
		"a short password": func(c *Config) { c.MinPassword = 7 }, "no time": func(c *Config) { c.SessionIdle = 0 },
		"no limit": func(c *Config) { c.Limits.Login.Max = 0 }, "an ability": func(c *Config) { c.DefaultAbilities = []string{"fly"} },
	} {
		c := Defaults("web")
		if c.URL = "https://barun.test"; c.Validate() != nil {
			t.Fatal(c.Validate())
		}
		if change(&c); c.Validate() == nil {
			t.Errorf("%s was taken", name)
		}
		if _, err := New(c, Parts{}); err == nil {
			t.Errorf("%s was opened", name)
		}
	}
}

// What is off is not there.
func TestFeatures(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.Features = Features{} })
	h.add(h.members, "kim@example.com")
	who := h.confirmed(h.members, "kim@example.com")
	s, ctx, from := h.members, h.ctx(), at("192.0.2.1")
	for name, call := range map[string]func() error{
		"register":  func() error { _, err := s.Register(ctx, from, RegisterForm{}); return err },
		"forgot":    func() error { return s.ForgotPassword(ctx, from, "kim@example.com") },
		"reset":     func() error { return s.ResetPassword(ctx, from, ResetForm{}) },
		"verify":    func() error { return s.Verify(ctx, from, who, "", "", "") },
		"send":      func() error { _, err := s.SendVerification(ctx, from, who); return err },
		"profile":   func() error { _, err := s.UpdateProfile(ctx, from, who, ProfileForm{}); return err },
		"password":  func() error { _, err := s.ChangePassword(ctx, from, who, PasswordForm{}); return err },
		"factor":    func() error { return s.EnableFactor(ctx, from, who, false) },
		"delete":    func() error { _, err := s.DeleteAccount(ctx, from, who, secretWord); return err },
		"API token": func() error { _, _, err := s.AddAPIToken(ctx, from, who, "x", nil); return err },
	} {
		var r *Refusal
		if err := call(); !errors.As(err, &r) || r.Code != CodeOff || r.Class != NotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
}
