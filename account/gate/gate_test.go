package gate_test

import (
	"errors"
	"testing"
	"time"

	"madang"
	"madang/account"
	"madang/account/gate"
)

// What post 002 seeds: an administrator who passes everything, and a partner who may not approve.
func TestSeed(t *testing.T) {
	s := newStore()
	g := newGate(t, gate.Defaults(), s)
	ok(t, g.Seed(t.Context(), app))
	admin, partner, nobody := person(t, s, "admin"), person(t, s, "partner"), person(t, s, "nobody")
	ok(t, g.Assign(t.Context(), admin, []string{"admin"}, nil))
	ok(t, g.Assign(t.Context(), partner, []string{"partner"}, nil))
	for ability, want := range map[string][3]bool{
		"create.templates": {true, true, false}, "update.templates": {true, true, false}, "delete.templates": {true, true, false},
		"approve.templates": {true, false, false}, "what is not listed": {true, false, false},
	} {
		for i, h := range []gate.Holder{admin, partner, nobody} {
			same(t, ability, allows(t, g, principal(h), ability), want[i])
		}
	}
	for _, x := range []struct {
		who  gate.Holder
		role string
		want bool
	}{{admin, "admin", true}, {admin, "partner", false}, {partner, "partner", true}, {partner, "admin", false}, {nobody, "admin", false}} {
		got, err := g.HasRole(t.Context(), principal(x.who), x.role)
		ok(t, err)
		same(t, x.role, got, x.want)
	}
	got, err := g.HasRole(t.Context(), principal(partner), "admin", "partner")
	ok(t, err)
	same(t, "one of several roles", got, true)
	got, err = g.HasRole(t.Context(), principal(partner))
	ok(t, err)
	same(t, "one of none", got, false)
}

// What operators made of a seeded role stays.
func TestSeedAgain(t *testing.T) {
	s := newStore()
	g := newGate(t, gate.Defaults(), s)
	ok(t, g.Seed(t.Context(), app))
	_, err := g.PutRole(t.Context(), account.Role{App: app, Guard: "web", Name: "partner", Permissions: []string{"create.templates"}})
	ok(t, err)
	ok(t, g.Seed(t.Context(), app))
	all, err := g.Roles(t.Context(), app, "web")
	ok(t, err)
	if len(all) != 2 || all[0].Name != "admin" || len(all[1].Permissions) != 1 {
		t.Errorf("after a second seed: %+v", all)
	}
}

// Who is nobody in particular, another guard's or another system's, has no rights, however their ids look.
func TestNobody(t *testing.T) {
	s := newStore()
	c := gate.Defaults()
	c.Guards = []string{"web", "api"}
	asked := 0
	g := newGate(t, c, s, gate.WithBefore(func(gate.Holder, account.Rights, string) gate.Verdict { asked++; return gate.Yes }))
	ok(t, g.Seed(t.Context(), app))
	h := person(t, s, "admin")
	same(t, "the id", h.Person, int64(1))
	ok(t, g.Assign(t.Context(), h, []string{"admin"}, nil))
	for _, p := range []*madang.Principal{
		nil, {}, {App: app, Guard: "web"}, {App: app, Guard: "device", User: "1"}, {App: app, Guard: "", User: "1"},
		{App: app, Guard: "web", User: "01"}, {App: app, Guard: "web", User: "+1"}, {App: app, Guard: "web", User: " 1"},
		{App: app, Guard: "web", User: "1.0"}, {App: app, Guard: "web", User: "0"}, {App: app, Guard: "web", User: "-1"},
		{App: app, Guard: "web", User: "１"}, {App: app, Guard: "web", User: "18446744073709551617"}, {App: app, Guard: "web", User: "minji"},
	} {
		if allows(t, g, p, "create.templates") {
			t.Errorf("%+v may", p)
		}
		if has, err := g.HasRole(t.Context(), p, "admin"); has || err != nil {
			t.Errorf("%+v has the role, %v", p, err)
		}
	}
	same(t, "hooks asked", asked, 0)
	for _, p := range []*madang.Principal{{App: app, Guard: "api", User: "1"}, {App: "other", Guard: "web", User: "1"}} {
		if has, err := g.HasRole(t.Context(), p, "admin"); has || err != nil {
			t.Errorf("%+v has a role that is another guard's or app's, %v", p, err)
		}
	}
	r, err := g.Rights(t.Context(), gate.Holder{App: app, Guard: "device", Person: 1})
	if err != nil || len(r.Roles)+len(r.Permissions) > 0 {
		t.Errorf("rights for a guard that has none: %+v, %v", r, err)
	}
}

// The first hook that has an opinion decides; without one, permissions do.
func TestBefore(t *testing.T) {
	s := newStore()
	g := newGate(t, gate.Defaults(), s,
		gate.WithBefore(func(_ gate.Holder, _ account.Rights, ability string) gate.Verdict {
			if ability == "create.templates" {
				return gate.No
			}
			return gate.NoOpinion
		}),
		gate.WithBefore(func(_ gate.Holder, _ account.Rights, ability string) gate.Verdict {
			if ability == "create.templates" || ability == "approve.templates" {
				return gate.Yes
			}
			return gate.NoOpinion
		}))
	ok(t, g.Seed(t.Context(), app))
	admin, partner := person(t, s, "admin"), person(t, s, "partner")
	ok(t, g.Assign(t.Context(), admin, []string{"admin"}, nil))
	ok(t, g.Assign(t.Context(), partner, []string{"partner"}, nil))
	same(t, "refused by a hook", allows(t, g, principal(partner), "create.templates"), false)
	same(t, "allowed by a hook", allows(t, g, principal(partner), "approve.templates"), true)
	same(t, "allowed by a role", allows(t, g, principal(partner), "update.templates"), true)
	same(t, "the administrator, who is asked for first", allows(t, g, principal(admin), "create.templates"), true)
}

func TestUnknown(t *testing.T) {
	s := newStore()
	g := newGate(t, gate.Defaults(), s)
	ok(t, g.Seed(t.Context(), app))
	h := person(t, s, "kim")
	is(t, g.Assign(t.Context(), h, nil, []string{"fly"}), account.ErrInvalid)
	is(t, g.Assign(t.Context(), h, []string{"pilot"}, nil), account.ErrNotFound)
	is(t, g.Assign(t.Context(), gate.Holder{App: app, Guard: "device", Person: h.Person}, nil, nil), account.ErrInvalid)
	is(t, g.Assign(t.Context(), gate.Holder{App: app, Guard: "web", Person: 99}, nil, nil), account.ErrNotFound)
	is(t, g.DeleteRole(t.Context(), app, "web", "pilot"), account.ErrNotFound)
	for _, r := range []account.Role{
		{App: app, Guard: "web", Name: "pilot", Permissions: []string{"fly"}}, {App: app, Guard: "device", Name: "x"}, {App: app, Guard: "web"},
		{App: app, Guard: "web", Name: " admin"}, {App: app, Guard: "web", Name: "ad\x00min"},
	} {
		_, err := g.PutRole(t.Context(), r)
		is(t, err, account.ErrInvalid)
	}
	r, err := g.Rights(t.Context(), h)
	if err != nil || len(r.Roles)+len(r.Permissions) > 0 {
		t.Errorf("after refused changes: %+v, %v", r, err)
	}
}

// A store that cannot answer means no, and is told apart from a no.
func TestStoreFails(t *testing.T) {
	s := newStore()
	g := newGate(t, gate.Defaults(), s)
	h := person(t, s, "kim")
	broken := errors.New("the disk is gone")
	s.set(broken, nil)
	yes, err := g.Allows(t.Context(), principal(h), "create.templates")
	is(t, err, broken)
	same(t, "allowed", yes, false)
	yes, err = g.HasRole(t.Context(), principal(h), "admin")
	is(t, err, broken)
	same(t, "has the role", yes, false)
}

// Nothing is remembered before Start and after Close; in between for the TTL.
func TestRemembers(t *testing.T) {
	s := newStore()
	now := time.Now()
	g := newGate(t, gate.Defaults(), s, gate.WithClock(func() time.Time { return now }))
	h := person(t, s, "kim")
	reads := func() int {
		before := s.count()
		for range 3 {
			_, err := g.Rights(t.Context(), h)
			ok(t, err)
		}
		return s.count() - before
	}
	same(t, "reads before the start", reads(), 3)
	start(t, g)
	same(t, "reads", reads(), 1)
	now = now.Add(time.Minute - 1)
	same(t, "reads while it is remembered", reads(), 0)
	now = now.Add(1)
	same(t, "reads when it is too old", reads(), 1)
	now = now.Add(-time.Hour)
	same(t, "reads when the clock was put back", reads(), 1)
	ok(t, g.Close())
	same(t, "reads after the end", reads(), 3)
}

// A change that was made elsewhere, of which nobody told, is seen after the TTL.
func TestUntold(t *testing.T) {
	s := newStore()
	now := time.Now()
	g := newGate(t, gate.Defaults(), s, gate.WithClock(func() time.Time { return now }))
	start(t, g)
	ok(t, g.Seed(t.Context(), app))
	h := person(t, s, "kim")
	ok(t, g.Assign(t.Context(), h, []string{"partner"}, nil))
	same(t, "a partner", allows(t, g, principal(h), "create.templates"), true)
	ok(t, s.Assign(t.Context(), app, h.Person, "web", nil, nil)) // past the gate
	now = now.Add(time.Minute)
	same(t, "after the TTL", allows(t, g, principal(h), "create.templates"), false)
}

// What was read before a change is not remembered after it, however long the reading takes.
func TestReadDuringChange(t *testing.T) {
	for name, change := range map[string]func(*gate.Gate, gate.Holder) error{
		"assigned": func(g *gate.Gate, h gate.Holder) error { return g.Assign(t.Context(), h, nil, nil) },
		"role":     func(g *gate.Gate, _ gate.Holder) error { return g.DeleteRole(t.Context(), app, "web", "partner") },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStore()
			g := newGate(t, gate.Defaults(), s)
			start(t, g)
			ok(t, g.Seed(t.Context(), app))
			h := person(t, s, "kim")
			ok(t, g.Assign(t.Context(), h, []string{"partner"}, nil))
			read, changed, done := make(chan struct{}), make(chan struct{}), make(chan error)
			s.set(nil, func() { close(read); <-changed })
			go func() {
				_, err := g.Rights(t.Context(), h)
				done <- err
			}()
			<-read
			s.set(nil, nil)
			ok(t, change(g, h))
			close(changed)
			ok(t, <-done)
			same(t, "after the change", allows(t, g, principal(h), "create.templates"), false)
		})
	}
}

// However many people ask, no more than twice the bound are remembered.
func TestBounded(t *testing.T) {
	s := newStore()
	c := gate.Defaults()
	c.Remembered = 10
	g := newGate(t, c, s)
	start(t, g)
	for i := range 1000 {
		_, err := g.Rights(t.Context(), gate.Holder{App: app, Guard: "web", Person: int64(i + 1)})
		ok(t, err)
	}
	if n := g.Remembered(); n < 10 || n > 20 {
		t.Errorf("%d people are remembered, want 10 to 20", n)
	}
	before := s.count()
	for i := range 10 {
		_, err := g.Rights(t.Context(), gate.Holder{App: app, Guard: "web", Person: int64(1000 - i)})
		ok(t, err)
	}
	same(t, "reads for the last ones", s.count()-before, 0)
}

// What is returned is the caller's own.
func TestRightsAreCopied(t *testing.T) {
	s := newStore()
	g := newGate(t, gate.Defaults(), s)
	start(t, g)
	ok(t, g.Seed(t.Context(), app))
	h := person(t, s, "kim")
	ok(t, g.Assign(t.Context(), h, []string{"partner"}, nil))
	for range 2 {
		r, err := g.Rights(t.Context(), h)
		ok(t, err)
		same(t, "role", r.Roles[0], "partner")
		r.Roles[0], r.Permissions[0] = "admin", "approve.templates"
	}
	same(t, "approve", allows(t, g, principal(h), "approve.templates"), false)
}
