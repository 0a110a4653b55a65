package standard

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"testing"

	"madang"
	"madang/account"
	"madang/account/gate"
	"madang/dialect/pusher"
	"madang/internal/convention"
	"madang/server"
	"madang/store/memory"
)

// lentHouse is a hub whose channels private-staff are for partners, and whose guards know a partner by a token and by a cookie.
func lentHouse(t *testing.T) (h *madang.Hub, partner, other string) {
	t.Helper()
	people := memory.NewAccounts()
	c := gate.Defaults()
	c.Channels = []gate.ChannelRule{{Channels: []string{"private-staff"}, Roles: []string{"partner"}}}
	g, err := gate.New(c, people)
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Seed(t.Context(), "shop"); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, name := range []string{"partner", "other"} {
		p, err := people.AddPerson(t.Context(), account.Person{App: "shop", Provider: "members", Email: name + "@example.com"})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, p.User())
		if name == "partner" {
			if err := g.Assign(t.Context(), gate.Holder{App: "shop", Guard: "web", Person: p.ID}, []string{"partner"}, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	who := func(user string) *madang.Principal {
		return &madang.Principal{App: "shop", Guard: "web", User: user, Claims: []byte(`{"sign_in":"session:a"}`)}
	}
	guards := map[string]madang.Guard{
		"api": madang.GuardFunc(func(_ context.Context, c madang.Credentials) (*madang.Principal, error) {
			if user, ok := map[string]string{"p.a.r": ids[0], "1|partner": ids[0], "o.t.h": ids[1]}[c.Token]; ok {
				return who(user), nil
			}
			return nil, madang.ErrUnauthenticated
		}),
		"web": madang.GuardFunc(func(_ context.Context, c madang.Credentials) (*madang.Principal, error) {
			if c.Header("Cookie") == "partner" && c.Header("Origin") == "https://"+c.Header("Host") {
				return who(ids[0]), nil
			}
			return nil, madang.ErrUnauthenticated
		}),
	}
	site := &server.Site{Log: slog.New(slog.DiscardHandler), Apps: madang.NewApps(madang.App{ID: "shop", Keys: []madang.Key{{Name: "key", Secret: "secret"}}})}
	backend := madang.PolicyFunc(func(context.Context, madang.AccessRequest) (*madang.Grant, error) { return &madang.Grant{}, nil })
	policies := make([]madang.Policy, 4)
	site.Hub = madang.New(madang.Config{Guards: guards, Policies: policies})
	policies[0], policies[1], policies[2], policies[3] = &accounts{gate: g, site: site}, bearer{site.Hub, site.Log}, pusher.NewPolicy(site.Apps), backend
	return site.Hub, ids[0], ids[1]
}

// Who is nobody in particular comes into a channel of a role by what proves somebody who has it, and by nothing else: not by a
// backend that is asked later, and not by what a page says of itself.
func TestLentRights(t *testing.T) {
	h, partner, other := lentHouse(t)
	signed := func(data, secret string) *madang.Proof {
		text := convention.ChannelText("1.2", "private-staff", []byte(data))
		return &madang.Proof{Signature: "key:" + convention.Sign(secret, text), Data: []byte(data)}
	}
	by := func(token string, handshake map[string]string) *madang.Proof {
		return &madang.Proof{Header: http.Header{"Authorization": {token}, "Cookie": {"partner"}, "Origin": {"https://shop"}, "Host": {"shop"}},
			Request: func(k string) string { return handshake[k] }}
	}
	mine := func(user string) string {
		return fmt.Sprintf(`{"user_id":%q,"sign_in":"session:a","guard":"web"}`, user)
	}
	own := map[string]string{"Cookie": "partner", "Origin": "https://shop", "Host": "shop"}
	for name, x := range map[string]struct {
		guard string
		proof *madang.Proof
		by    string // whose right it is; "-": nobody's; empty: refused
	}{
		"nothing":                           {"", nil, ""},
		"a token":                           {"", by("Bearer p.a.r", nil), partner},
		"an API token":                      {"", by("Bearer 1|partner", nil), partner},
		"a token of another":                {"", by("Bearer o.t.h", nil), ""},
		"a token of a backend's":            {"", by("Bearer x.y.z", nil), ""},
		"a bad token with a good cookie":    {"", by("Bearer x.y.z", own), ""},
		"the cookie of the handshake":       {"", by("", own), partner},
		"a cookie that only the page says":  {"", by("", map[string]string{}), ""},
		"an origin that only the page says": {"", by("", map[string]string{"Cookie": "partner", "Origin": "https://evil.example", "Host": "shop"}), ""},
		"signed for a partner":              {pusher.GuardName, signed(mine(partner), "secret"), partner},
		"signed for another":                {pusher.GuardName, signed(mine(other), "secret"), ""},
		"signed by the app's backend":       {pusher.GuardName, signed("", "secret"), "-"},
		"signed by anybody":                 {pusher.GuardName, signed(mine(partner), "guess"), ""},
		"a signature of another protocol":   {"", signed(mine(partner), "secret"), ""},
	} {
		// An empty Authorization is none.
		if x.proof != nil && len(x.proof.Header["Authorization"]) > 0 && x.proof.Header["Authorization"][0] == "" {
			delete(x.proof.Header, "Authorization")
		}
		g, err := h.Authorize(t.Context(), madang.AccessRequest{
			Action: madang.ActSubscribe, Conn: "1.2", Channel: madang.Channel{App: "shop", Name: "private-staff"}, Proof: x.proof,
			Principal: &madang.Principal{App: "shop", Guard: x.guard},
		})
		got := ""
		switch {
		case err != nil && !errors.Is(err, madang.ErrForbidden):
			t.Errorf("%s: %v", name, err)
		case err == nil && g.By == nil:
			got = "-"
		case err == nil:
			got = g.By.User
		}
		if got != x.by {
			t.Errorf("%s: %q, want %q", name, got, x.by)
		}
	}
}
