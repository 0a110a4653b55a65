package pusher_test

import (
	"context"
	"fmt"
	"testing"

	"madang"
)

// A signature of this server says whose right it is, and by what they are signed in.
func TestSignedForSomebody(t *testing.T) {
	var lent []string
	var seen []string
	note := &madang.Observer{Lent: func(s *madang.Subscription) {
		by := s.Grant.By
		lent = append(lent, fmt.Sprint(s.Channel().Name, " ", by.App, " ", by.Guard, " ", by.User, " ", by.Claim("sign_in"), " ", by.Claim("abilities")))
	}}
	backend := madang.PolicyFunc(func(_ context.Context, r madang.AccessRequest) (*madang.Grant, error) {
		if r.Proof != nil && r.Proof.Request != nil {
			seen = append(seen, r.Proof.Request("host")+" "+r.Proof.Request("Origin")+" "+r.Proof.Request("cookie")+" "+r.Proof.Request("Accept")+fmt.Sprint(r.Proof.Header["Host"]))
		}
		return nil, nil
	})
	in(t, func(s *setting) {
		s.hub.Observers = append(s.hub.Observers, note)
		s.hub.Policies = append(s.hub.Policies, backend)
	}, func(t *testing.T, n *node) {
		p := n.dial(t, "main", "Cookie: session=1\r\nOrigin: https://chat.example")
		p.subscribe("private-a", `{"user_id":"7","sign_in":"session:a1","guard":"web"}`)
		p.subscribe("presence-b", `{"user_id":7,"user_info":{"name":"x"},"sign_in":"api_token:1","guard":"api","abilities":["read"]}`)
		p.subscribe("private-c", ``)
		p.subscribe("private-d", `{"user_id":"7"}`)
		p.subscribe("private-e", `{"user_id":"7","user_info":{"sign_in":"session:a1","guard":"web"}}`)
		p.subscribe("private-f", `{"sign_in":"session:a1","guard":"web"}`) // of nobody
		want(t, "rights that were lent", lent, "private-a main web 7 session:a1 <nil>", "presence-b main api 7 api_token:1 [read]")
		p.say(subscription("private-g", "", ""))
		want(t, "what a policy sees of the handshake", seen, "talk https://chat.example session=1 []")
	})
}
