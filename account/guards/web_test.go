package guards_test

import (
	"errors"
	"testing"
	"time"

	"madang"
	"madang/account"
	"madang/account/bearer"
	"madang/account/guards"
	"madang/account/token"
)

func TestWeb(t *testing.T) {
	h := newHouse(t)
	p := h.person("minji")
	e := h.login(p.Email)
	who, err := h.web.Authenticate(t.Context(), from(e.Secret))
	ok(t, err)
	if who.App != "default" || who.Guard != "web" || who.User != p.User() || who.Name != "minji" || !who.Expires.IsZero() {
		t.Errorf("signed in: %+v", who)
	}
	if who.Claim("sign_in") != bearer.SignInOf(e.SignedIn) || who.Claim("email") != p.Email || who.Claim("email_verified") != true {
		t.Errorf("claims: %s", who.Claims)
	}
	ok(t, h.service.Logout(t.Context(), here(), e.SignedIn))
	_, err = h.web.Authenticate(t.Context(), from(e.Secret))
	refused(t, "after the end", err, token.CodeInvalid)
}

// What is no session of this guard signs nobody in.
func TestWebRefuses(t *testing.T) {
	h := newHouse(t)
	e := h.login(h.person("minji").Email)
	elsewhere := from(e.Secret)
	elsewhere.App = "other"
	for name, x := range map[string]struct {
		c    madang.Credentials
		code string
	}{
		"nothing":           {madang.Credentials{}, token.CodeMissing},
		"no cookie":         {madang.Credentials{Header: headers("Host", site, "Origin", "https://"+site)}, token.CodeMissing},
		"empty":             {from(""), token.CodeMissing},
		"another name":      {madang.Credentials{Header: headers("Host", site, "Origin", "https://"+site, "Cookie", "madang_session="+e.Secret)}, token.CodeMissing},
		"another secret":    {from("x" + e.Secret), token.CodeInvalid},
		"the hash":          {from(string(e.Session.ID[:])), token.CodeMissing}, // no cookie can say that
		"the sign-in":       {from(bearer.SignInOf(e.SignedIn)), token.CodeInvalid},
		"another app":       {elsewhere, token.CodeInvalid},
		"very many cookies": {madang.Credentials{Header: headers("Host", site, "Origin", "https://"+site, "Cookie", cookie+"="+e.Secret+string(make([]byte, 20<<10)))}, token.CodeMissing},
		"the token's place": {madang.Credentials{Token: e.Secret, Header: headers("Host", site, "Origin", "https://"+site)}, token.CodeMissing},
		"a planted sibling": {from("", "Cookie", cookie+"=planted; "+cookie+"="+e.Secret), token.CodeInvalid}, // the first counts, as for pages
	} {
		_, err := h.web.Authenticate(t.Context(), x.c)
		refused(t, name, err, x.code)
	}
}

func TestNewWebRefuses(t *testing.T) {
	h := newHouse(t)
	for _, c := range []guards.WebConfig{
		{}, {Cookie: "c", Origins: []string{"chat.example.com"}}, {Cookie: "c", Origins: []string{"*"}}, {Cookie: "c", Origins: []string{"null"}},
		{Cookie: "c", Origins: []string{"https://example.com/path"}}, {Cookie: "c", Origins: []string{"https://*.example.com"}},
	} {
		if _, err := guards.NewWeb(c, h.service, nil); err == nil {
			t.Errorf("%+v was taken", c)
		}
	}
	if _, err := guards.NewWeb(guards.WebConfig{Cookie: "c"}, nil, nil); err == nil {
		t.Error("made without a service")
	}
}

// The server's own trouble is not told as a refusal.
func TestWebTrouble(t *testing.T) {
	h := newHouse(t)
	e := h.login(h.person("minji").Email)
	broken, err := guards.NewWeb(guards.WebConfig{Cookie: cookie}, newService(t, broken{h.store}), nil)
	ok(t, err)
	_, err = broken.Authenticate(t.Context(), from(e.Secret))
	if err == nil || errors.Is(err, madang.ErrUnauthenticated) {
		t.Errorf("without a store: %v", err)
	}
}

// Where a connection comes from is kept as requests keep it: without its port, or limits would take it for another network.
func TestWebKeepsTheNetwork(t *testing.T) {
	h := newHouse(t)
	p := h.person("minji")
	e := h.login(p.Email)
	c := from(e.Secret)
	for remote, want := range map[string]string{"192.0.2.7:51234": "192.0.2.7", "[2001:db8::7]:51234": "2001:db8::7", "192.0.2.7": "192.0.2.7"} {
		ok(t, h.store.SeeSession(t.Context(), p.App, e.Session.ID, account.Client{}, time.Now().Add(-time.Hour), time.Now().Add(time.Hour)))
		c.Remote = remote
		_, err := h.web.Authenticate(t.Context(), c)
		ok(t, err)
		x, err := h.store.Session(t.Context(), p.App, e.Session.ID, time.Now())
		ok(t, err)
		if x.Client.Address != want {
			t.Errorf("%s is kept as %q", remote, x.Client.Address)
		}
	}
}
