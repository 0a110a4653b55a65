package gate_test

import (
	"errors"
	"strings"
	"testing"

	"madang"
	"madang/account/gate"
)

// Who may call procedures that rules name, on connections and elsewhere; others are left alone.
func TestCalls(t *testing.T) {
	c := gate.Defaults()
	c.Calls = []gate.CallRule{
		{Calls: []string{"createRoom", "addMember"}, Guard: "web", Roles: []string{"admin"}},
		{Calls: []string{"createRoom"}, Permissions: []string{"create.templates"}},
	}
	s := newStore()
	g := newGate(t, c, s)
	ok(t, g.Seed(t.Context(), app))
	admin, partner, nobody := person(t, s, "admin"), person(t, s, "partner"), person(t, s, "nobody")
	ok(t, g.Assign(t.Context(), admin, []string{"admin"}, nil))
	ok(t, g.Assign(t.Context(), partner, []string{"partner"}, nil))
	api := &madang.Principal{App: app, Guard: "api", User: principal(admin).User}
	for _, x := range []struct {
		call string
		who  *madang.Principal
		want bool
	}{
		{"createRoom", principal(admin), true}, {"createRoom", principal(partner), true}, {"createRoom", principal(nobody), false},
		{"addMember", principal(admin), true}, {"addMember", principal(partner), false}, {"addMember", api, false}, {"addMember", nil, false},
		{"addMember", &madang.Principal{App: app, Guard: "web"}, false},
		{"sendMessage", principal(nobody), true}, {"sendMessage", nil, true},
	} {
		err := g.AdmitCall(t.Context(), x.who, x.call)
		if (err == nil) != x.want || err != nil && !errors.Is(err, madang.ErrForbidden) {
			t.Errorf("%s by %+v: %v", x.call, x.who, err)
		}
		if x.who == nil {
			continue
		}
		// A rule only closes: whoever it lets in is still asked for by those whose procedure it is.
		grant, asked := g.Authorize(t.Context(), madang.AccessRequest{Action: madang.ActCall, Principal: x.who, Channel: madang.Channel{App: app, Name: x.call}})
		if grant != nil || (asked == nil) != x.want {
			t.Errorf("%s by %+v on a connection: %v, %v", x.call, x.who, grant, asked)
		}
	}
	s.set(errors.New("the store is away"), nil)
	fresh := newGate(t, c, s)
	if err := fresh.AdmitCall(t.Context(), principal(admin), "addMember"); err == nil || errors.Is(err, madang.ErrForbidden) {
		t.Errorf("without a store: %v", err)
	}
}

func TestCallRulesAreChecked(t *testing.T) {
	for want, r := range map[string]gate.CallRule{
		"names of calls":       {Roles: []string{"admin"}},
		"roles or permissions": {Calls: []string{"createRoom"}},
		"is not listed":        {Calls: []string{"createRoom"}, Permissions: []string{"fly"}},
		"no name of a role":    {Calls: []string{"createRoom"}, Roles: []string{""}},
		"guard":                {Calls: []string{"createRoom"}, Guard: "nobody", Roles: []string{"admin"}},
	} {
		c := gate.Defaults()
		c.Calls = []gate.CallRule{r}
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), "gate: calls[0]: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v", r, err)
		}
	}
}
