package pusher_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"madang"
	"madang/dialect/pusher"
)

// Without a signature a later policy decides, which is shown what the client's handshake said.
func TestBackendsMayDecide(t *testing.T) {
	var asked []string
	backend := madang.PolicyFunc(func(_ context.Context, r madang.AccessRequest) (*madang.Grant, error) {
		if r.Proof == nil {
			return nil, fmt.Errorf("asked without need about %v: %w", r.Channel, madang.ErrForbidden)
		}
		asked = append(asked, fmt.Sprint(r.Action, " ", r.Channel.Name, " ", r.Proof.Header["Cookie"], r.Proof.Signature))
		switch r.Channel.Name {
		case "presence-x":
			return &madang.Grant{Member: &madang.Member{User: "7", RawUser: []byte("7")}}, nil
		case "private-x":
			return &madang.Grant{Expires: time.Now().Add(time.Hour)}, nil
		case "private-words":
			return nil, &madang.Refusal{Code: "unpaid", Text: "요금제를 확인하세요.", Err: madang.ErrForbidden}
		case "private-broken":
			return nil, errors.New("the database says: secret")
		}
		return nil, nil
	})
	in(t, func(s *setting) { s.hub.Policies = append(s.hub.Policies, backend) }, func(t *testing.T, n *node) {
		p := n.dial(t, "main", "Cookie: session=1")
		ask := func(channel string) []string { return p.say(subscription(channel, "", "")) }
		refused := func(channel, typ, text string, status int) string {
			return fmt.Sprintf(`{"event":"pusher:subscription_error","channel":%q,"data":{"type":%q,"error":%q,"status":%d}}`, channel, typ, text, status)
		}
		want(t, "granted", ask("private-x"), succeeded("private-x"))
		want(t, "with a member", ask("presence-x"), present("presence-x", `7`, `"7":{}`, 1))
		want(t, "a presence channel without one", ask("presence-y"), refused("presence-y", "AuthError", "The connection is unauthorized.", 401))
		want(t, "in its own words", ask("private-words"), refused("private-words", "AuthError", "요금제를 확인하세요.", 401))
		want(t, "broken", ask("private-broken"), refused("private-broken", "ServerError", "The subscription failed; please try again.", 500))
		want(t, "a public channel asks nobody", p.say(subscription("news", "x:y", "")), succeeded("news"))
		want(t, "nobody has an opinion", ask("private-z"), refused("private-z", "AuthError", "The connection is unauthorized.", 401))
		want(t, "what was asked", asked, "subscribe private-x [session=1]", "subscribe presence-x [session=1]", "subscribe presence-y [session=1]",
			"subscribe private-words [session=1]", "subscribe private-broken [session=1]", "subscribe private-z [session=1]")
		p.subscribe("private-signed", "")
		for range 80 { // a right that ends takes the channel away
			time.Sleep(50 * time.Second)
			for _, line := range p.say(`{"event":"pusher:ping"}`) {
				if line != `{"event":"pusher:pong","data":{}}` {
					want(t, "after an hour", []string{line}, refused("private-x", "AuthError", "The connection is unauthorized.", 401))
					asked = nil
				}
			}
		}
		if asked != nil {
			t.Error("the right has not ended")
		}
		n.publish(t, "main", "private-x", "e", "1")
		n.publish(t, "main", "private-signed", "e", "1")
		want(t, "what is still heard", p.heard(), `{"event":"e","channel":"private-signed","data":"1"}`)
	})
}

// A presence that is not granted again at a sign-in ends.
func TestRightsAreAskedAgainAtSignin(t *testing.T) {
	backend := madang.PolicyFunc(func(_ context.Context, r madang.AccessRequest) (*madang.Grant, error) {
		if r.Action == madang.ActSubscribe && r.Principal.User == "" {
			return &madang.Grant{Member: &madang.Member{User: "guest"}}, nil
		}
		return nil, nil
	})
	in(t, func(s *setting) { s.hub.Policies = append(s.hub.Policies, backend) }, func(t *testing.T, n *node) {
		p := n.dial(t, "main")
		want(t, "as a guest", p.say(subscription("presence-guests", "", "")), present("presence-guests", `"guest"`, `"guest":{}`, 1))
		data := `{"id":"ann"}`
		got := p.signin(data)
		want(t, "signed in", got[1:], signed(p, data))
		all, err := n.hub.Members(t.Context(), madang.Channel{App: "main", Name: "presence-guests"})
		if len(all) > 0 || err != nil {
			t.Errorf("members %v, %v", all, err)
		}
	})
}

func TestPolicyKeepsToItsOwn(t *testing.T) {
	p := pusher.NewPolicy(apps())
	g, err := p.Authorize(t.Context(), madang.AccessRequest{
		Principal: &madang.Principal{App: "main", Guard: "api", User: "u"}, Channel: madang.Channel{App: "main", Name: "news"},
	})
	if g != nil || err != nil {
		t.Errorf("about somebody else's client: %v, %v", g, err)
	}
	_, err = p.Authorize(t.Context(), madang.AccessRequest{
		Principal: &madang.Principal{App: "main", Guard: pusher.GuardName}, Channel: madang.Channel{App: "main", Name: "#server-to-user-u"},
	})
	if !errors.Is(err, madang.ErrForbidden) {
		t.Errorf("another user's channel: %v", err)
	}
}

func TestServerIsWhatAnAssemblyLooksFor(t *testing.T) {
	in(t, nil, func(t *testing.T, n *node) {
		if g := n.server.Guards(); len(g) != 1 || g[pusher.GuardName] == nil {
			t.Errorf("guards %v", g)
		}
		if r := n.server.Retain(madang.Channel{App: "main", Name: "cache-x"}); r != (madang.Retention{Count: 1, Age: 30 * time.Minute}) {
			t.Errorf("a cache channel keeps %v", r)
		}
		if r := n.server.Retain(madang.Channel{App: "main", Name: "news"}); r != (madang.Retention{}) {
			t.Errorf("another channel keeps %v", r)
		}
		if _, ok := any(n.server).(madang.Policy); !ok {
			t.Error("it is no policy")
		}
	})
}
