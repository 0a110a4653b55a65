package bearer

import (
	"net/http"
	"testing"

	"madang/account"
	"madang/account/signin"
)

// API tokens of the other guard's people say whose they are, where those have been named, and do nothing else here.
func TestProgramsOfMembers(t *testing.T) {
	h := newHouse(t)
	h.add("kim@example.com", func(p *account.Person) { p.Provider, p.Name = "members", "Member Kim" })
	in, err := h.members.Login(h.ctx(), visitor(), signin.LoginForm{Email: "kim@example.com", Password: word})
	good(t, err)
	_, text, err := h.members.AddAPIToken(h.ctx(), visitor(), in.SignedIn, "script", []string{"read"})
	good(t, err)
	known := newSite(h, func(o *Options) { o.Programs = h.tokensOf(h.members) })
	if name := known.text(known.send("GET", "/api/user", nil, bearerOf(text)...), http.StatusOK, "name"); name != "Member Kim" {
		t.Errorf("it is %s's", name)
	}
	for _, path := range []string{"/api/auth/me", "/api/auth/user"} {
		if w := known.send("GET", path, nil, bearerOf(text)...); w.Code != http.StatusUnauthorized {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	for s, shown := range map[*site]string{newSite(h): text, known: text + "x"} {
		if w := s.send("GET", "/api/user", nil, bearerOf(shown)...); w.Code != http.StatusUnauthorized {
			t.Errorf("%s: %d %s", shown, w.Code, w.Body)
		}
	}
}
