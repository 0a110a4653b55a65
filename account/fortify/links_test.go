package fortify

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"madang/account"
	"madang/account/laravel"
	"madang/account/limit"
	"madang/account/signin"
	"madang/account/signin/mails"
	"madang/shared"
)

// A doorstep is a house with members and users, whose links lead to pages of the same server.
type doorstep struct {
	*house
	users *signin.Service
	ids   map[account.Provider]int64 // of kim, who is a member and a user, and has proved neither address
}

func newDoorstep(t *testing.T, change ...func(*signin.Config)) *doorstep {
	t.Helper()
	h := newHouse(t)
	d := &doorstep{house: h, ids: map[account.Provider]int64{}}
	texts, err := mails.New(nil)
	must(t, err)
	c := signin.Defaults("api")
	c.URL = "https://api.barun.test" + LinksPath
	for _, f := range change {
		f(&c)
	}
	d.users, err = signin.New(c, signin.Parts{
		Store: h.store, Hasher: hashed().hasher, Box: h.f.Box, Limiter: limit.New(shared.NewMemory(h.now)), Mail: h.box, Mails: texts, Now: h.now, Log: h.f.Log,
	})
	must(t, err)
	parts := h.f.Parts
	parts.Service = d.users
	links, err := NewLinks(h.f.config, parts) // terms are nothing to it
	must(t, err)
	mux := http.NewServeMux()
	for _, routes := range []map[string]http.Handler{h.f.Routes(), links.Routes()} {
		for pattern, handler := range routes {
			mux.Handle(pattern, handler)
		}
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	t.Cleanup(func() { must(t, d.users.Drain(context.Background())) })
	h.url, h.transport = server.URL, server.Client().Transport
	h.site.Store(&laravel.Site{URL: h.url})
	for _, provider := range []account.Provider{"members", "users"} {
		h.add(kim, unverified, func(p *account.Person) { p.Provider = provider })
		p, err := h.store.PersonByEmail(t.Context(), "default", provider, kim)
		must(t, err)
		d.ids[provider] = p.ID
	}
	return d
}

// person is kim as one of the two.
func (d *doorstep) person(provider account.Provider) account.Person {
	d.tb.Helper()
	p, err := d.store.Person(d.tb.Context(), "default", d.ids[provider])
	must(d.tb, err)
	return p
}

// link has a service mail kim a link, and returns it.
func (d *doorstep) link(s *signin.Service, verify bool) *url.URL {
	d.tb.Helper()
	ctx, from := d.tb.Context(), signin.From{}
	if verify {
		p := d.person(s.Config().Provider)
		who, err := s.Issue(ctx, from, p)
		must(d.tb, err)
		_, err = s.SendVerification(ctx, from, who.SignedIn)
		must(d.tb, err)
	} else {
		must(d.tb, s.ForgotPassword(ctx, from, kim))
	}
	must(d.tb, s.Drain(ctx))
	u, err := url.Parse(d.mailed(kim))
	must(d.tb, err)
	return u
}

// secret is the part of a link that proves something, and the path that its form posts to.
func secret(u *url.URL) (path, text string) {
	if s := u.Query().Get("signature"); s != "" {
		return u.Path, s
	}
	dir, token, _ := strings.Cut(u.Path, "/reset-password/")
	return dir + "/reset-password", token
}

// opens shows a link to a client in which nobody is signed in, and returns the page.
func (d *doorstep) opens(c *client, u *url.URL, component string) shown {
	d.tb.Helper()
	a := c.do("GET", u.RequestURI(), nil)
	if p := a.page(d.tb); a.status == http.StatusOK && p.Component == component && strings.Contains(a.header.Get("Cache-Control"), "no-store") {
		return p
	}
	d.tb.Fatalf("%s: %d %s", u, a.status, a.body)
	return shown{}
}

func newWord(token string) fields {
	return fields{"token": token, "email": kim, "password": otherWord, "password_confirmation": otherWord}
}

// TestLinksReset follows a user's link for a new password in a browser: opened as often as it likes, used once.
func TestLinksReset(t *testing.T) {
	d := newDoorstep(t)
	u := d.link(d.users, false)
	c := d.browser()
	for range 3 { // programs that look for harm in mails open it too
		d.opens(c, u, "Auth/ResetPassword")
	}
	p := d.opens(c, u, "Auth/ResetPassword")
	_, token := secret(u)
	if p.Props["action"] != linkResetPath || p.Props["token"] != token || p.Props["email"] != kim || p.Props["user"] != nil {
		t.Errorf("the page has %v", p.Props)
	}
	bad := newWord(token)
	bad["password_confirmation"] = "something else"
	if a := c.do("POST", linkResetPath, bad); a.status != http.StatusFound || a.header.Get("Location") != u.RequestURI() {
		t.Errorf("a slip of the hand leads to %d %s", a.status, a.header.Get("Location"))
	}
	if p := d.opens(c, u, "Auth/ResetPassword"); p.Props["errors"].(map[string]any)["password"] == nil {
		t.Errorf("the page says nothing of it: %v", p.Props)
	}
	if a := c.do("POST", linkResetPath, newWord(token)); a.status != http.StatusFound || a.header.Get("Location") != linkDonePath {
		t.Fatalf("%d %s %s", a.status, a.header.Get("Location"), a.body)
	}
	done := c.do("GET", linkDonePath, nil)
	if p := done.page(t); p.Component != "Auth/LinkDone" || p.Props["status"] != "Your password has been reset." || c.session() != "" {
		t.Errorf("%s, with the session %q", done.body, c.session())
	}
	if a := c.do("GET", linkDonePath, nil); a.page(t).Props["status"] != nil {
		t.Errorf("it is said again: %s", a.body)
	}
	if d.person("users").Password == hashed().hash || d.person("members").Password != hashed().hash {
		t.Error("another password was changed")
	}
	s := d.script()
	if a := s.do("POST", linkResetPath, newWord(token)); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "This password reset token is invalid.") {
		t.Errorf("again: %d %s", a.status, a.body)
	}
	d.pass(2 * time.Minute)
	_, token = secret(d.link(d.users, false))
	if a := s.do("POST", linkResetPath, newWord(token)); a.status != http.StatusOK || strings.TrimSpace(a.body) != `{"message":"Your password has been reset."}` {
		t.Errorf("a script: %d %s", a.status, a.body)
	}
	d.pass(2 * time.Minute)
	_, token = secret(d.link(d.users, false))
	d.pass(61 * time.Minute)
	if a := s.do("POST", linkResetPath, newWord(token)); a.status != http.StatusUnprocessableEntity {
		t.Errorf("too late: %d %s", a.status, a.body)
	}
}

// TestLinksVerify proves a user's address by the link alone: by the form of its page and not by opening it.
func TestLinksVerify(t *testing.T) {
	d := newDoorstep(t)
	u := d.link(d.users, true)
	c, s := d.browser(), d.script()
	p := d.opens(c, u, "Auth/VerifyUser")
	path, signature := secret(u)
	if p.Props["action"] != path || p.Props["signature"] != signature {
		t.Errorf("the page has %v", p.Props)
	}
	if a := c.do("HEAD", u.RequestURI(), nil); a.status != http.StatusOK || d.person("users").Verified() {
		t.Fatal("whoever opens the link has used it")
	}
	refusedBoth := func(what, path, signature string) {
		t.Helper()
		if a := s.do("POST", path, fields{"signature": signature}); a.status != http.StatusForbidden || !strings.Contains(a.body, `"Invalid signature."`) {
			t.Errorf("%s: %d %s", what, a.status, a.body)
		}
		a := c.do("POST", path, fields{"signature": signature})
		if to := a.header.Get("Location"); a.status != http.StatusFound || !strings.HasPrefix(to, path+"?signature=") {
			t.Errorf("%s: %d to %s", what, a.status, to)
		}
		if p := c.do("GET", a.header.Get("Location"), nil).page(t); p.Component != "Auth/VerifyUser" || p.Props["errors"].(map[string]any)["signature"] == nil {
			t.Errorf("%s: the page says nothing of it: %v", what, p)
		}
	}
	refusedBoth("a changed signature", path, signature+"0")
	refusedBoth("no signature", path, "")
	member := strings.Replace(path, "/"+d.person("users").User()+"/", "/"+d.person("members").User()+"/", 1)
	refusedBoth("a member's id", member, signature)
	refusedBoth("an id written otherwise", strings.Replace(path, "/verify/", "/verify/0", 1), signature)
	d.pass(2 * time.Minute) // the forms of a network are counted
	refusedBoth("nobody's id", linkVerifyPath+"/99/"+signin.EmailHash(kim), signature)
	refusedBoth("another address", linkVerifyPath+"/"+d.person("users").User()+"/"+signin.EmailHash(lee), signature)
	if d.person("users").Verified() {
		t.Fatal("one of those did it")
	}
	if a := c.do("POST", path, fields{"signature": signature}); a.status != http.StatusFound || a.header.Get("Location") != linkDonePath || c.session() != "" {
		t.Fatalf("%d %s %s", a.status, a.header.Get("Location"), a.body)
	}
	if a := c.do("GET", linkDonePath, nil); a.page(t).Props["status"] != "email-verified" {
		t.Errorf("%s", a.body)
	}
	if !d.person("users").Verified() || d.person("members").Verified() {
		t.Error("another address was proved")
	}
	d.pass(2 * time.Minute)
	refusedBoth("used", path, signature) // also for who has proved it: nobody is told that without a good link
}

// TestLinksVerifyScript is the answer to a script, and to one that comes too late.
func TestLinksVerifyScript(t *testing.T) {
	d := newDoorstep(t)
	s := d.script()
	path, signature := secret(d.link(d.users, true))
	d.pass(61 * time.Minute)
	if a := s.do("POST", path, fields{"signature": signature}); a.status != http.StatusForbidden {
		t.Errorf("too late: %d %s", a.status, a.body)
	}
	path, signature = secret(d.link(d.users, true))
	if a := s.do("POST", path, fields{"signature": signature}); a.status != http.StatusNoContent || a.body != "" || !d.person("users").Verified() {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// TestAttackLinksOfTheOtherProvider shows every link to the pages of the other people: kim's address is the same there.
func TestAttackLinksOfTheOtherProvider(t *testing.T) {
	d := newDoorstep(t)
	s, member := d.script(), d.script()
	member.open(kim)
	_, users := secret(d.link(d.users, false))
	if a := s.do("POST", "/reset-password", newWord(users)); a.status != http.StatusUnprocessableEntity {
		t.Errorf("a user's link resets a member: %d %s", a.status, a.body)
	}
	_, members := secret(d.link(d.service, false))
	if a := s.do("POST", linkResetPath, newWord(members)); a.status != http.StatusUnprocessableEntity {
		t.Errorf("a member's link resets a user: %d %s", a.status, a.body)
	}
	_, users2 := secret(d.link(d.users, true))
	_, members2 := secret(d.link(d.service, true))
	hash := signin.EmailHash(kim)
	for _, id := range []string{d.person("users").User(), d.person("members").User()} {
		if a := member.do("GET", "/email/verify/"+id+"/"+hash+"?signature="+users2, nil); a.status != http.StatusForbidden {
			t.Errorf("a user's link proves a member's address: %d %s", a.status, a.body)
		}
		if a := member.do("POST", linkVerifyPath+"/"+id+"/"+hash, fields{"signature": members2}); a.status != http.StatusForbidden {
			t.Errorf("a member's link proves a user's address: %d %s", a.status, a.body)
		}
	}
	for _, p := range []account.Person{d.person("users"), d.person("members")} {
		if p.Verified() || p.Password != hashed().hash {
			t.Errorf("%s was changed", p.Provider)
		}
	}
	if a := s.do("POST", linkResetPath, newWord(users)); a.status != http.StatusOK { // trying has used nothing up
		t.Errorf("%d %s", a.status, a.body)
	}
}

// TestLinksForged checks that no other site's page can use a link in somebody's browser, and that errors lead nowhere.
func TestLinksForged(t *testing.T) {
	d := newDoorstep(t)
	u := d.link(d.users, true)
	path, signature := secret(u)
	c := d.browser()
	a := c.do("POST", path, fields{"signature": signature}, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") })
	if p := a.page(t); a.status != laravel.StatusPageExpired || p.Component != "Error" || p.Props["home"] != "" {
		t.Errorf("%d %s", a.status, a.body)
	}
	if a := (&client{h: d.house, cookies: map[string]string{}, header: http.Header{}, vars: map[string]string{}}).do("POST", path, fields{"signature": signature}); a.status != laravel.StatusPageExpired {
		t.Errorf("without a token: %d %s", a.status, a.body)
	}
	if d.person("users").Verified() {
		t.Error("it was used")
	}
}

// TestLinksOff has no pages for what users cannot do.
func TestLinksOff(t *testing.T) {
	d := newDoorstep(t, func(c *signin.Config) { c.Features.Reset, c.Features.Verification = false, false })
	c := d.script()
	for _, path := range []string{linkResetPath + "/x", linkVerifyPath + "/1/x"} {
		if a := c.do("GET", path, nil); a.status != http.StatusNotFound {
			t.Errorf("%s: %d", path, a.status)
		}
	}
}
