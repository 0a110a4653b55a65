package madang_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"madang"
)

// subscribed names what a connection subscribes to, sorted.
func subscribed(c *madang.Conn) string {
	var all []string
	for _, s := range c.Subscriptions() {
		all = append(all, s.Channel().Name)
	}
	slices.Sort(all)
	return strings.Join(all, ",")
}

// What people may can change while they are connected: then their subscriptions are asked for again.
func TestRecheck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		trouble := errors.New("the store is away")
		answer := map[string]error{}
		policy := func(_ context.Context, r madang.AccessRequest) (*madang.Grant, error) {
			if r.Proof != nil && r.Principal.User == "ann" {
				return &madang.Grant{By: &madang.Principal{User: "minji"}}, answer["proof"]
			}
			if err := answer[r.Principal.User+" "+r.Channel.Name]; err != nil {
				return nil, err
			}
			return &madang.Grant{Member: &madang.Member{User: r.Principal.User}}, nil
		}
		var lent []string
		h := startHub(t, madang.Config{
			Policies: []madang.Policy{madang.PolicyFunc(policy)},
			Observers: []*madang.Observer{{Lent: func(s *madang.Subscription) {
				if s.Conn() == nil {
					t.Error("a subscription of nobody")
				}
				lent = append(lent, s.Channel().Name+" of "+s.Grant.By.User)
			}}},
		})
		_, c := connect(t, h, user("ann"), wordy{})
		sub(t, c, 0, "stays", "goes", "doubted")
		if _, err := c.Subscribe(t.Context(), madang.Channel{Name: "signed"}, madang.SubscribeOptions{Proof: &madang.Proof{}}); err != nil {
			t.Fatal(err)
		}
		if _, err := h.Subscribe(t.Context(), c, madang.Channel{Name: "given"}, 0); err != nil { // by the server itself
			t.Fatal(err)
		}
		goes := madang.Channel{Name: "goes"}
		if err := c.Enter(t.Context(), goes, nil, 0); err != nil {
			t.Fatal(err)
		}
		if err := c.Recheck(t.Context()); err != nil || subscribed(c) != "doubted,given,goes,signed,stays" {
			t.Errorf("nothing has changed, but it subscribes to %s: %v", subscribed(c), err)
		}
		answer["ann goes"], answer["ann doubted"] = madang.ErrForbidden, trouble
		if err := c.Recheck(t.Context()); !errors.Is(err, trouble) || subscribed(c) != "doubted,given,signed,stays" {
			t.Errorf("after a change it subscribes to %s: %v", subscribed(c), err)
		}
		if all, err := h.Members(t.Context(), goes); err != nil || len(all) != 0 {
			t.Errorf("in the presence set of a channel without a right to it: %v, %v", all, err)
		}
		clear(answer)
		answer["proof"] = madang.ErrForbidden // it was good for once
		if err := c.Recheck(t.Context()); err != nil || subscribed(c) != "doubted,given,signed,stays" {
			t.Errorf("the right is still there, but it subscribes to %s: %v", subscribed(c), err)
		}
		answer["minji signed"] = madang.ErrForbidden
		if err := c.Recheck(t.Context()); err != nil || subscribed(c) != "doubted,given,stays" {
			t.Errorf("after a change of somebody else's right it subscribes to %s: %v", subscribed(c), err)
		}
		if o := c.Owner().(*owner); strings.Join(o.revoked, ",") != "goes,signed" {
			t.Errorf("the dialect was told of %v", o.revoked)
		}
		if strings.Join(lent, ",") != "signed of minji" {
			t.Errorf("observers were told of %v", lent)
		}
	})
}

// Observers learn who a connection has become, and can ask whether it has ended.
func TestObserveRenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen []string
		h := startHub(t, madang.Config{
			Guards: map[string]madang.Guard{"api": madang.GuardFunc(tokens)},
			Observers: []*madang.Observer{{Renewed: func(c *madang.Conn) {
				seen = append(seen, c.Principal().User)
			}}},
		})
		_, c := connect(t, h, &madang.Principal{}, wordy{})
		if err := renew(t, c, ""); err == nil {
			t.Error("renewed by nothing")
		}
		if err := renew(t, c, "ann"); err != nil {
			t.Fatal(err)
		}
		if strings.Join(seen, ",") != "ann" || c.Ended() {
			t.Errorf("renewed as %v, ended: %v", seen, c.Ended())
		}
		if c.Close(madang.CloseNormal); !c.Ended() {
			t.Error("it has not ended")
		}
	})
}

// What somebody lends ends with what had proved them, also when it was asked for again.
func TestLentRightExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		by := &madang.Principal{User: "minji", Expires: time.Now().Add(time.Minute)}
		policy := func(_ context.Context, r madang.AccessRequest) (*madang.Grant, error) {
			if r.Principal.User == "" {
				return &madang.Grant{By: by, Expires: by.Expires}, nil
			}
			return &madang.Grant{Expires: time.Now().Add(time.Hour)}, nil
		}
		h := startHub(t, madang.Config{Policies: []madang.Policy{madang.PolicyFunc(policy)}})
		_, c := connect(t, h, &madang.Principal{}, wordy{})
		sub(t, c, 0, "room")
		if err := c.Recheck(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(59 * time.Second)
		if subscribed(c) != "room" {
			t.Error("it has ended too soon")
		}
		time.Sleep(2 * time.Second)
		if subscribed(c) != "" {
			t.Error("it has not ended")
		}
	})
}
