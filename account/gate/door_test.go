package gate_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"madang"
	"madang/account/gate"
)

func hosted() gate.Config {
	c := gate.Defaults()
	c.Hosts = []gate.HostRule{
		{Host: "admin.barun.test", Roles: []string{"admin"}},
		{Host: "partner.barun.test", Roles: []string{"partner", "admin"}},
	}
	return c
}

// Who is let in where. The framework of post 002 let in everybody on admin. who was not a partner.
func TestDoor(t *testing.T) {
	s := newStore()
	g := newGate(t, hosted(), s)
	ok(t, g.Seed(t.Context(), app))
	admin, partner, both, nobody := person(t, s, "admin"), person(t, s, "partner"), person(t, s, "both"), person(t, s, "nobody")
	ok(t, g.Assign(t.Context(), admin, []string{"admin"}, nil))
	ok(t, g.Assign(t.Context(), partner, []string{"partner"}, nil))
	ok(t, g.Assign(t.Context(), both, []string{"admin", "partner"}, nil))
	user := principal(admin)
	user.Guard = "api" // the same id, signed in elsewhere
	var who *madang.Principal
	var fail error
	door := g.Door(gate.Door{Who: func(*http.Request) (*madang.Principal, error) { return who, fail }},
		http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	ask := func(host string, p *madang.Principal) (int, string) {
		who = p
		r := httptest.NewRequest(http.MethodGet, "http://x/", nil)
		r.Host = host
		r.Header.Set("X-Forwarded-Host", "www.barun.test")
		w := httptest.NewRecorder()
		door.ServeHTTP(w, r)
		return w.Code, strings.TrimSpace(w.Body.String())
	}
	const guestText, rolesText = "User is not logged in.", "User does not have the right roles."
	for _, x := range []struct {
		host string
		who  *madang.Principal
		code int
		text string
	}{
		{"admin.barun.test", nil, 401, guestText},
		{"admin.barun.test", &madang.Principal{App: app, Guard: "web"}, 401, guestText},
		{"admin.barun.test", principal(nobody), 403, rolesText},
		{"admin.barun.test", principal(partner), 403, rolesText},
		{"admin.barun.test", user, 403, rolesText},
		{"admin.barun.test", principal(admin), 204, ""},
		{"admin.barun.test", principal(both), 204, ""},
		{"ADMIN.barun.test", principal(nobody), 403, rolesText},
		{"admin.barun.test.", principal(nobody), 403, rolesText},
		{"admin.barun.test:8443", principal(nobody), 403, rolesText},
		{"Admin.Barun.Test.:8443", principal(nobody), 403, rolesText},
		{"partner.barun.test", nil, 401, guestText},
		{"partner.barun.test", principal(nobody), 403, rolesText},
		{"partner.barun.test", principal(partner), 204, ""},
		{"partner.barun.test", principal(admin), 204, ""},
		{"barun.test", nil, 204, ""},
		{"api.barun.test", principal(nobody), 204, ""},
		{"[::1]:80", nil, 204, ""},
	} {
		if code, text := ask(x.host, x.who); code != x.code || text != x.text {
			t.Errorf("%s, %+v: %d %q, want %d %q", x.host, x.who, code, text, x.code, x.text)
		}
	}
	s.set(errors.New("the disk is gone"), nil)
	if code, text := ask("admin.barun.test", principal(admin)); code != 500 || strings.Contains(text, "disk") {
		t.Errorf("a store that cannot answer: %d %q", code, text)
	}
	s.set(nil, nil)
	fail = errors.New("no sessions")
	if code, _ := ask("admin.barun.test", principal(admin)); code != 500 {
		t.Errorf("nobody knows who it is: %d", code)
	}
}

func TestDoorRefuse(t *testing.T) {
	g := newGate(t, hosted(), newStore())
	var got int
	door := g.Door(gate.Door{
		Who: func(*http.Request) (*madang.Principal, error) { return nil, nil },
		Refuse: func(w http.ResponseWriter, _ *http.Request, status int, _ string) {
			got = status
			w.WriteHeader(http.StatusFound)
		},
	}, http.NotFoundHandler())
	w := httptest.NewRecorder()
	door.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://admin.barun.test/", nil))
	same(t, "status told", got, http.StatusUnauthorized)
	same(t, "answer", w.Code, http.StatusFound)
}

func TestConfig(t *testing.T) {
	ok(t, gate.Defaults().Validate())
	ok(t, ruled().Validate())
	ok(t, hosted().Validate())
	admins := []string{"admin"}
	rule := func(r gate.ChannelRule) func(*gate.Config) {
		return func(c *gate.Config) { c.Channels = []gate.ChannelRule{r} }
	}
	host := func(all ...gate.HostRule) func(*gate.Config) { return func(c *gate.Config) { c.Hosts = all } }
	for part, change := range map[string]func(*gate.Config){
		"ttl":            func(c *gate.Config) { c.TTL = 0 },
		"remembered":     func(c *gate.Config) { c.Remembered = 0 },
		"guards":         func(c *gate.Config) { c.Guards = []string{""} },
		"super":          func(c *gate.Config) { c.Super = []string{""} },
		"permissions[0]": func(c *gate.Config) { c.Permissions[0].Guard = "device" },
		"permissions[1]": func(c *gate.Config) {
			c.Permissions = append(c.Permissions, gate.Permissions{Guard: "web", Names: []string{strings.Repeat("x", 126)}})
		},
		"roles[0]":                     func(c *gate.Config) { c.Roles[0].Name = "" },
		"roles[1]":                     func(c *gate.Config) { c.Roles[1].Permissions = []string{"fly"} },
		"guard \"device\"":             func(c *gate.Config) { c.Roles[0].Guard = "device" },
		"channels[0]: a rule needs":    rule(gate.ChannelRule{Channels: []string{"a"}}),
		"channels[0]: channel name":    rule(gate.ChannelRule{Channels: []string{""}, Roles: admins}),
		"begin with $":                 rule(gate.ChannelRule{Channels: []string{"$all"}, Roles: admins}),
		"more than one *":              rule(gate.ChannelRule{Channels: []string{"a*b*"}, Roles: admins}),
		"channels[0]: the guard":       rule(gate.ChannelRule{Channels: []string{"a"}, Roles: admins, Guard: "device"}),
		"channels[0]: the permission":  rule(gate.ChannelRule{Channels: []string{"a"}, Permissions: []string{"fly"}}),
		"channels[0]: the action":      rule(gate.ChannelRule{Channels: []string{"a"}, Roles: admins, Actions: []string{"call"}}),
		"channels[0]: \"\"":            rule(gate.ChannelRule{Channels: []string{"a"}, Roles: []string{""}}),
		"hosts[0]: \"A.test\"":         host(gate.HostRule{Host: "A.test", Roles: admins}),
		"hosts[0]: \"a.test:80\"":      host(gate.HostRule{Host: "a.test:80", Roles: admins}),
		"hosts[0]: \"*.test\"":         host(gate.HostRule{Host: "*.test", Roles: admins}),
		"names no role":                host(gate.HostRule{Host: "a.test"}),
		"hosts[0]: the guard":          host(gate.HostRule{Host: "a.test", Roles: admins, Guard: "device"}),
		"hosts[0]: \"\" is no name of": host(gate.HostRule{Host: "a.test", Roles: []string{""}}),
		"there already":                host(gate.HostRule{Host: "a.test", Roles: admins}, gate.HostRule{Host: "a.test", Roles: admins}),
	} {
		c := gate.Defaults()
		change(&c)
		_, err := gate.New(c, newStore())
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("want an error about %s, got %v", part, err)
		}
	}
}
