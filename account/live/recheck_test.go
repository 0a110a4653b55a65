package live_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"madang"
	"madang/account/gate"
	"madang/account/live"
)

// changeForgotten is after how long no connection is asked for because of a change before it.
const changeForgotten = 30 * time.Minute

// guarded makes a town whose channels "staff.*" are for partners, with a gate on each node.
func guarded(t *testing.T, nodes int, more ...madang.Policy) (*town, []*gate.Gate) {
	t.Helper()
	c := gate.Defaults()
	c.Channels = []gate.ChannelRule{{Channels: []string{"staff.*"}, Roles: []string{"partner"}}}
	gates := make([]atomic.Pointer[gate.Gate], nodes)
	i := 0
	w := newTown(t, nodes, func(_ *live.Config, hc *madang.Config) {
		mine := &gates[i]
		i++
		ask := madang.PolicyFunc(func(ctx context.Context, r madang.AccessRequest) (*madang.Grant, error) {
			return mine.Load().Authorize(ctx, r)
		})
		hc.Policies = append(append([]madang.Policy{}, more...), ask, madang.PolicyFunc(func(context.Context, madang.AccessRequest) (*madang.Grant, error) {
			return &madang.Grant{}, nil
		}))
	})
	var all []*gate.Gate
	for i, h := range w.hubs {
		g, err := gate.New(c, w.store, gate.WithLogger(slog.New(slog.DiscardHandler)), gate.WithChanged(w.lives[i].Changed))
		ok(t, err)
		ok(t, g.Start(context.Background(), h))
		gates[i].Store(g)
		all = append(all, g)
	}
	ok(t, all[0].Seed(t.Context(), app))
	time.Sleep(changeForgotten)
	return w, all
}

func closeGates(t *testing.T, all []*gate.Gate) {
	for _, g := range all {
		ok(t, g.Close())
	}
}

func (c *client) in() string {
	var all []string
	for _, s := range c.Subscriptions() {
		all = append(all, s.Channel().Name)
	}
	return strings.Join(all, ",")
}

func (c *client) join(t testing.TB, name string) error {
	t.Helper()
	s, err := c.Subscribe(context.Background(), madang.Channel{App: app, Name: name}, madang.SubscribeOptions{})
	if err == nil {
		s.Open()
	}
	return err
}

// Who has lost a role hears nothing more of what it had opened, on all nodes; everything else goes on.
func TestRoleTakenAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, gates := guarded(t, 2)
		defer w.close()
		defer closeGates(t, gates)
		p, other := w.person(w.members, "minji"), w.person(w.members, "jun")
		for _, x := range []int64{p.ID, other.ID} {
			ok(t, gates[0].Assign(t.Context(), gate.Holder{App: app, Guard: "web", Person: x}, []string{"partner"}, nil))
		}
		time.Sleep(time.Second)
		a, b := w.connect(1, bySession(w.enter(p).SignedIn)), w.connect(1, bySession(w.enter(other).SignedIn))
		for _, c := range []*client{a, b} {
			ok(t, c.join(t, "staff.news"))
			ok(t, c.join(t, "news"))
		}
		ok(t, gates[0].Assign(t.Context(), gate.Holder{App: app, Guard: "web", Person: p.ID}, nil, nil))
		time.Sleep(second - time.Millisecond)
		if a.in() != "news" || b.in() != "staff.news,news" || a.ended()+b.ended() != "" || strings.Join(a.revoked, ",") != "staff.news" {
			t.Errorf("who lost the role is in %s and was told of %v, the other in %s", a.in(), a.revoked, b.in())
		}
		if err := a.join(t, "staff.news"); !errors.Is(err, madang.ErrForbidden) {
			t.Errorf("joined again: %v", err)
		}
		ok(t, gates[1].DeleteRole(t.Context(), app, "web", "partner")) // from everybody, told by the other node
		time.Sleep(second - time.Millisecond)
		if b.in() != "news" {
			t.Errorf("without the role the other is in %s", b.in())
		}
	})
}

// A right that was read before it was taken away, and granted after: the subscription ends all the same.
func TestGrantedALittleLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		slow := madang.PolicyFunc(func(_ context.Context, r madang.AccessRequest) (*madang.Grant, error) {
			if r.Proof != nil { // it was decided before
				<-release
				return &madang.Grant{}, nil
			}
			return nil, nil
		})
		first := true
		once := madang.PolicyFunc(func(ctx context.Context, r madang.AccessRequest) (*madang.Grant, error) {
			if r.Proof == nil || !first {
				return nil, nil
			}
			first = false
			return slow(ctx, r)
		})
		w, gates := guarded(t, 1, once)
		defer w.close()
		defer closeGates(t, gates)
		p := w.person(w.members, "minji")
		h := gate.Holder{App: app, Guard: "web", Person: p.ID}
		ok(t, gates[0].Assign(t.Context(), h, []string{"partner"}, nil))
		time.Sleep(changeForgotten)
		c := w.connect(0, bySession(w.enter(p).SignedIn))
		done := make(chan error)
		go func() {
			_, err := c.Subscribe(context.Background(), madang.Channel{App: app, Name: "staff.news"}, madang.SubscribeOptions{Proof: &madang.Proof{}})
			done <- err
		}()
		synctest.Wait()
		ok(t, gates[0].Assign(t.Context(), h, nil, nil))
		time.Sleep(500 * time.Millisecond)
		close(release)
		ok(t, <-done)
		time.Sleep(2 * time.Second)
		if c.in() != "" {
			t.Errorf("it is in %s", c.in())
		}
	})
}

// A client takes up a connection that was lost, with the rights that it had then.
func TestRoleTakenAwayMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, gates := guarded(t, 1)
		defer w.close()
		defer closeGates(t, gates)
		p := w.person(w.members, "minji")
		h := gate.Holder{App: app, Guard: "web", Person: p.ID}
		ok(t, gates[0].Assign(t.Context(), h, []string{"partner"}, nil))
		time.Sleep(changeForgotten)
		e := w.enter(p)
		lost := w.connect(0, bySession(e.SignedIn))
		ok(t, lost.join(t, "staff.news"))
		was := lost.Subscriptions()[0]
		lost.Conn.Close(madang.CloseGone)
		ok(t, gates[0].Assign(t.Context(), h, nil, nil))
		time.Sleep(2 * time.Minute)
		c := w.connect(0, bySession(e.SignedIn))
		s, err := w.hubs[0].Resume(t.Context(), c.Conn, was.Standing())
		ok(t, err)
		s.Open()
		time.Sleep(2 * time.Second)
		if c.in() != "" {
			t.Errorf("it is in %s", c.in())
		}
	})
}

// While nobody can decide it stays, and is asked again.
func TestRecheckTriesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		trouble := errors.New("the backend is away")
		var now atomic.Pointer[error]
		p := madang.PolicyFunc(func(context.Context, madang.AccessRequest) (*madang.Grant, error) {
			if err := now.Load(); err != nil {
				return nil, *err
			}
			return &madang.Grant{}, nil
		})
		w := newTown(t, 1, func(_ *live.Config, c *madang.Config) { c.Policies = []madang.Policy{p} })
		defer w.close()
		who := w.person(w.members, "minji")
		c := w.connect(0, bySession(w.enter(who).SignedIn))
		ok(t, c.join(t, "room"))
		now.Store(&trouble)
		w.lives[0].Changed(gate.Change{App: app, Person: who.ID})
		time.Sleep(30 * time.Second)
		if c.in() != "room" {
			t.Error("trouble has taken a right away")
		}
		now.Store(&madang.ErrForbidden)
		time.Sleep(5 * time.Second)
		if c.in() != "" {
			t.Errorf("it is in %s", c.in())
		}
	})
}

// What was lent is asked for again with the right of whoever has lent it.
func TestLentRightTakenAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var by *madang.Principal
		signed := madang.PolicyFunc(func(_ context.Context, r madang.AccessRequest) (*madang.Grant, error) {
			if r.Principal.User == "" {
				return &madang.Grant{By: by}, nil // what was signed once is signed for ever
			}
			return nil, nil
		})
		w, gates := guarded(t, 2, signed)
		defer w.close()
		defer closeGates(t, gates)
		p := w.person(w.members, "minji")
		h := gate.Holder{App: app, Guard: "web", Person: p.ID}
		ok(t, gates[0].Assign(t.Context(), h, []string{"partner"}, nil))
		e := w.enter(p)
		w.connect(0, bySession(e.SignedIn)) // lets the session live on
		by = principal("web", p, bySession(e.SignedIn).Claim("sign_in").(string), nil)
		by.Claims = append(bytes.TrimSuffix(by.Claims, []byte("}")), []byte(`,"guard":"web"}`)...) // as it is signed
		c := w.connect(1, &madang.Principal{App: app})
		ok(t, c.join(t, "staff.news"))
		time.Sleep(second)
		if c.in() != "staff.news" {
			t.Fatalf("with the right it is in %q", c.in())
		}
		ok(t, gates[0].Assign(t.Context(), h, nil, nil))
		time.Sleep(second - time.Millisecond)
		if c.in() != "" || c.ended() != "" {
			t.Errorf("it is in %q, and ended as %q", c.in(), c.ended())
		}
		// The signature is shown again on another connection.
		time.Sleep(changeForgotten)
		late := w.connect(1, &madang.Principal{App: app})
		ok(t, late.join(t, "staff.news"))
		time.Sleep(second)
		if late.in() != "" {
			t.Errorf("by an old signature it is in %q", late.in())
		}
	})
}
