package signin

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"madang/account"
	"madang/account/limit"
	"madang/account/password"
	"madang/account/seal"
	"madang/account/signin/mails"
	"madang/mail"
	"madang/shared"
	"madang/store/memory"
)

// Forms have nothing in them but what people may say of themselves (CVE-2026-27946): what else is sent changes nothing.
func TestMassAssignment(t *testing.T) {
	h := newHouse(t)
	victim := h.add(h.members, "lee@example.com")
	const extra = `"id":1,"ID":1,"app":"other","App":"other","provider":"users","Provider":"users","verified_at":"2026-01-01T00:00:00Z","VerifiedAt":"2026-01-01T00:00:00Z",
		"email_verified_at":"2026-01-01T00:00:00Z","Rev":7,"role":"admin","roles":["admin"],"Factor":{"ConfirmedAt":"2026-01-01T00:00:00Z"},"disabled_at":null,"Locale":"xx","Photo":"x"`
	var form RegisterForm
	good(t, json.Unmarshal([]byte(`{"name":"Kim","email":"kim@example.com","password":"12345678","password_confirmation":"12345678","terms":true,`+extra+`}`), &form))
	e, err := h.members.Register(h.ctx(), at("192.0.2.1"), form)
	good(t, err)
	p := e.Person
	if p.ID == victim.ID || p.App != "default" || p.Provider != "members" || p.Verified() || p.Factor.On() || p.Locale != "en" || p.Photo != "" || p.Rev != 1 {
		t.Errorf("%+v", p)
	}
	var profile ProfileForm
	good(t, json.Unmarshal([]byte(`{"name":"Kim","email":"kim@example.com","password":"87654321","Password":"87654321",`+extra+`}`), &profile))
	q, err := h.members.UpdateProfile(h.ctx(), at("192.0.2.1"), e.SignedIn, profile)
	if err != nil || q.ID != p.ID || q.Verified() || q.Password != p.Password || q.Factor.On() || q.Photo != "" || q.Locale != "en" {
		t.Errorf("%+v, %v", q, err)
	}
	// Who is signed in is read again: an old or altered copy of the person changes nothing.
	who := e.SignedIn
	who.Person.VerifiedAt, who.Person.Email, who.Person.Password = h.now(), "lee@example.com", "$new$x"
	if q, err = h.members.UpdateProfile(h.ctx(), at("192.0.2.1"), who, profile); err != nil || q.Verified() || q.Password != p.Password {
		t.Errorf("%+v, %v", q, err)
	}
}

// Long passwords are neither cut nor hashed without end (CVE-2026-24458), with the real Hasher.
func TestLongPasswords(t *testing.T) {
	hasher, err := password.New(password.Config{Memory: 19 << 10, Passes: 2, Lanes: 1, Waiting: 100})
	good(t, err)
	h := newHouse(t)
	h.members.Hasher = hasher
	long := strings.Repeat("가", 24) + "1" // 73 bytes: bcrypt would see 72
	ctx, from := h.ctx(), at("192.0.2.1")
	_, err = h.members.Register(ctx, from, RegisterForm{Name: "Kim", Email: "kim@example.com", Password: long, Confirmation: long, Terms: true})
	good(t, err)
	_, err = h.members.Login(ctx, from, LoginForm{Email: "kim@example.com", Password: long})
	good(t, err)
	for _, bad := range []string{long[:72], long[:72] + "2", long + " ", strings.Repeat("a", 1<<20)} {
		_, err = h.members.Login(ctx, from, LoginForm{Email: "kim@example.com", Password: bad})
		refused(t, err, CodeCredentials)
	}
	_, err = h.members.Register(ctx, from, RegisterForm{Name: "Lee", Email: "lee@example.com", Password: strings.Repeat("a", 1<<20), Confirmation: strings.Repeat("a", 1<<20), Terms: true})
	refused(t, err, CodeInvalid)
}

// A hash from Laravel signs in, and is replaced by one of today.
func TestImportedHash(t *testing.T) {
	hasher, err := password.New(password.Config{Memory: 19 << 10, Passes: 2, Lanes: 1, Waiting: 100})
	good(t, err)
	h := newHouse(t)
	h.members.Hasher = hasher
	p := h.add(h.members, "kim@example.com", func(p *account.Person) { p.Password = "$2y$04$g0w94irdAgivKHuzPfOrXu09amzzvZc.me3uk/ai.FTvllonvtmby" })
	for range 2 {
		_, err = h.members.Login(h.ctx(), at("192.0.2.1"), LoginForm{Email: p.Email, Password: "비밀번호 가나다"})
		good(t, err)
		kept, err := h.store.Person(h.ctx(), "default", p.ID)
		if err != nil || !strings.HasPrefix(kept.Password, "$argon2id$") {
			t.Errorf("%.10s, %v", kept.Password, err)
		}
	}
}

// Links begin with what is configured, whatever a request says of itself (GO-2025-3721, CVE-2025-64101).
func TestLinkHost(t *testing.T) {
	h := newHouse(t)
	p := h.add(h.members, "kim@example.com")
	for site, want := range map[string]string{"": "https://barun.test/reset-password/", "admin": "https://admin.barun.test/reset-password/", "evil.example": "https://barun.test/reset-password/"} {
		from := at("192.0.2.1")
		from.Site = site
		good(t, h.members.ForgotPassword(h.ctx(), from, p.Email))
		if m := h.mailed(p.Email); !strings.Contains(m.Text, want) || strings.Contains(m.Text+m.HTML, "evil") {
			t.Errorf("%q: %s", site, m.Text)
		}
		h.pass(h.members.config.ResetPause)
	}
}

// What is kept of a client and of what was tried is bounded, is text, and has no password in it.
func TestAuditIsClean(t *testing.T) {
	h := newHouse(t)
	from := at(strings.Repeat("1", 1000))
	from.Client.UserAgent = strings.Repeat("\xff\x00가", 1000)
	for _, email := range []string{"my secret password", strings.Repeat("x", 1<<16) + "@example.com", "kim@example.com\x00"} {
		_, err := h.members.Login(h.ctx(), from, LoginForm{Email: email, Password: otherWord})
		refused(t, err, CodeCredentials)
	}
	entries, err := h.store.Audit(h.ctx(), account.AuditQuery{App: "default", Limit: 10})
	good(t, err)
	for _, e := range entries {
		if e.Detail != "not an address" || len(e.Client.Address) > 64 || len(e.Client.UserAgent) > maxAgent || !utf8.ValidString(e.Client.UserAgent) || strings.ContainsRune(e.Client.UserAgent, 0) {
			t.Errorf("%+v", e)
		}
	}
	if len(entries) != 3 {
		t.Errorf("%d entries", len(entries))
	}
}

func TestNewWantsParts(t *testing.T) {
	box, err := seal.New([]byte(strings.Repeat("k", seal.MinKey)))
	good(t, err)
	texts, err := mails.New(nil)
	good(t, err)
	all := Parts{Store: memory.NewAccounts(), Hasher: &cheap{}, Box: box, Limiter: limit.New(shared.NewMemory(nil)), Mail: &mail.Box{}, Mails: texts}
	c := Defaults("web")
	c.URL = "https://barun.test"
	s, err := New(c, all)
	good(t, err)
	if s.Config().Provider != "members" {
		t.Error(s.Config())
	}
	for name, drop := range map[string]func(*Parts){
		"store": func(p *Parts) { p.Store = nil }, "hasher": func(p *Parts) { p.Hasher = nil }, "box": func(p *Parts) { p.Box = nil },
		"limiter": func(p *Parts) { p.Limiter = nil }, "mail": func(p *Parts) { p.Mail = nil }, "mails": func(p *Parts) { p.Mails = nil },
	} {
		parts := all
		drop(&parts)
		if _, err := New(c, parts); err == nil {
			t.Errorf("opened without a %s", name)
		}
	}
}

// Nobody chooses by number which host the mail server connects to.
func TestNumberedHosts(t *testing.T) {
	h := newHouse(t)
	for i, email := range []string{"kim@[127.0.0.1]", "kim@[IPv6:::1]", "kim@[169.254.169.254]"} {
		form := RegisterForm{Name: "Kim", Email: email, Password: secretWord, Confirmation: secretWord, Terms: true}
		_, err := h.members.Register(h.ctx(), at("192.0.2.1"), form)
		refused(t, err, CodeInvalid)
		refused(t, h.members.ForgotPassword(h.ctx(), at("192.0.2.2"), email), CodeInvalid)
		if i == 0 {
			form.Email = "kim@example.com"
			e, err := h.members.Register(h.ctx(), at("192.0.2.1"), form)
			good(t, err)
			_, err = h.members.UpdateProfile(h.ctx(), at("192.0.2.1"), e.SignedIn, ProfileForm{Name: "Kim", Email: email})
			refused(t, err, CodeInvalid)
		}
	}
}
