package gate_test

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"

	"madang"
	"madang/account/gate"

	"pgregory.net/rapid"
)

func ruled() gate.Config {
	c := gate.Defaults()
	c.Channels = []gate.ChannelRule{
		{Channels: []string{"private-admin.*", "presence-staff"}, Guard: "web", Roles: []string{"admin"}},
		{Channels: []string{"presence-staff"}, Roles: []string{"partner"}, Actions: []string{"subscribe"}},
		{Channels: []string{"private-templates.*"}, Permissions: []string{"update.templates"}, Actions: []string{"subscribe", "history"}},
	}
	return c
}

// Who is let in by the rules, and that a covered channel is closed to everybody else while others are left alone.
func TestAuthorize(t *testing.T) {
	s := newStore()
	g := newGate(t, ruled(), s)
	ok(t, g.Seed(t.Context(), app))
	admin, partner, nobody := person(t, s, "admin"), person(t, s, "partner"), person(t, s, "nobody")
	ok(t, g.Assign(t.Context(), admin, []string{"admin"}, nil))
	ok(t, g.Assign(t.Context(), partner, []string{"partner"}, nil))
	guest := &madang.Principal{App: app, Guard: "web"}
	device := &madang.Principal{App: app, Guard: "device", User: "1"}
	api := &madang.Principal{App: app, Guard: "api", User: "1"}
	type outcome int
	const (
		none outcome = iota
		refused
		granted
		member
	)
	for _, x := range []struct {
		channel string
		action  madang.Action
		who     *madang.Principal
		want    outcome
	}{
		{"private-admin.7", madang.ActSubscribe, principal(admin), member},
		{"private-admin.7", madang.ActPublish, principal(admin), granted},
		{"private-admin.7", madang.ActChange, principal(admin), granted},
		{"private-admin.7", madang.ActSubscribe, principal(partner), refused},
		{"private-admin.7", madang.ActSubscribe, principal(nobody), refused},
		{"private-admin.7", madang.ActSubscribe, guest, refused},
		{"private-admin.7", madang.ActSubscribe, device, refused},
		{"private-admin.7", madang.ActSubscribe, api, refused},
		{"private-admin.7", madang.ActSubscribe, nil, refused},
		{"private-admin.7.8", madang.ActSubscribe, principal(admin), none},
		{"private-admin.", madang.ActSubscribe, principal(admin), none},
		{"private-admin", madang.ActSubscribe, principal(admin), none},
		{"Private-admin.7", madang.ActSubscribe, principal(admin), none},
		{"room", madang.ActSubscribe, principal(admin), none},
		{"private-admin.7", madang.ActCall, principal(admin), none}, // a procedure of that name
		{"presence-staff", madang.ActSubscribe, principal(admin), member},
		{"presence-staff", madang.ActEnter, principal(admin), member},
		{"presence-staff", madang.ActSubscribe, principal(partner), granted}, // but not as a member
		{"presence-staff", madang.ActEnter, principal(partner), refused},
		{"presence-staff", madang.ActMembers, principal(partner), refused},
		{"private-templates.7", madang.ActSubscribe, principal(partner), granted},
		{"private-templates.7", madang.ActHistory, principal(partner), granted},
		{"private-templates.7", madang.ActPublish, principal(partner), refused},
		{"private-templates.7", madang.ActSubscribe, principal(admin), granted}, // by the hook
		{"private-templates.7", madang.ActSubscribe, principal(nobody), refused},
	} {
		grant, err := g.Authorize(t.Context(), madang.AccessRequest{Action: x.action, Principal: x.who, Channel: madang.Channel{App: app, Name: x.channel}})
		got := none
		switch {
		case errors.Is(err, madang.ErrForbidden):
			got = refused
		case err != nil:
			t.Fatal(err)
		case grant != nil && grant.Member != nil:
			got = member
			same(t, "the member", string(grant.Member.Data), `{"id":"`+x.who.User+`","name":"민지"}`)
		case grant != nil:
			got = granted
		}
		if got != x.want {
			t.Errorf("%v %s by %+v: %v, %v, want %v", x.action, x.channel, x.who, got, err, x.want)
		}
	}
	// A role of one app is none in another's channel of that name.
	_, err := g.Authorize(t.Context(), madang.AccessRequest{Principal: principal(admin), Channel: madang.Channel{App: "other", Name: "private-admin.7"}})
	is(t, err, madang.ErrForbidden)
	s.set(errors.New("the disk is gone"), nil)
	grant, err := g.Authorize(t.Context(), madang.AccessRequest{Principal: principal(admin), Channel: madang.Channel{App: app, Name: "private-admin.7"}})
	if err == nil || grant != nil || errors.Is(err, madang.ErrForbidden) {
		t.Errorf("a store that cannot answer: %v, %v", grant, err)
	}
}

// The hub asks the gate, and a policy after it does not open what the gate has closed.
func TestInTheHub(t *testing.T) {
	s := newStore()
	g := newGate(t, ruled(), s)
	open := madang.PolicyFunc(func(context.Context, madang.AccessRequest) (*madang.Grant, error) { return &madang.Grant{}, nil })
	h := madang.New(madang.Config{Policies: []madang.Policy{g, open}})
	p := principal(person(t, s, "kim"))
	_, err := h.Authorize(t.Context(), madang.AccessRequest{Principal: p, Channel: madang.Channel{App: app, Name: "private-admin.7"}})
	is(t, err, madang.ErrForbidden)
	_, err = h.Authorize(t.Context(), madang.AccessRequest{Principal: p, Channel: madang.Channel{App: app, Name: "room"}})
	ok(t, err)
}

// Patterns mean what the regular expressions mean that Laravel makes of them.
func TestPatterns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var segments []string
		for range rapid.IntRange(1, 4).Draw(t, "segments") {
			segments = append(segments, rapid.StringMatching(`[ab]{0,2}\*?[ab]{0,2}`).Draw(t, "segment"))
		}
		pattern := strings.Join(segments, ".")
		name := rapid.StringMatching(`[ab.]{0,12}`).Draw(t, "name")
		if rapid.Bool().Draw(t, "made from it") {
			name = strings.ReplaceAll(pattern, "*", rapid.StringMatching(`[ab.]{0,3}`).Draw(t, "what the star stands for"))
		}
		re := regexp.MustCompile(`^` + strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, `[^.]+`) + `$`)
		if got, want := gate.Fits(pattern, name), re.MatchString(name); got != want {
			t.Fatalf("%q fits %q: %v, want %v", pattern, name, got, want)
		}
	})
}

func FuzzPatterns(f *testing.F) {
	f.Add("private-admin.*", "private-admin.7")
	f.Add("*", "a.b")
	f.Add("..", "..")
	f.Fuzz(func(t *testing.T, pattern, name string) {
		fits := gate.Fits(pattern, name)
		if fits && strings.Count(pattern, ".") != strings.Count(name, ".") {
			t.Fatalf("%q fits %q", pattern, name)
		}
		if !strings.Contains(pattern, "*") && fits != (pattern == name) {
			t.Fatalf("%q fits %q: %v", pattern, name, fits)
		}
	})
}
