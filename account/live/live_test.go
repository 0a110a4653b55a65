package live_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"madang"
	"madang/account"
	"madang/account/live"
	"madang/account/signin"
)

// second is how long the end of a sign-in may take to close its connections.
const second = time.Second

// endings are all ways in which a session ends that somebody else's connection rests on, and how its connections close.
func endings() map[string]struct {
	end  func(*town, signin.Entry) error
	want string
} {
	ctx := context.Background()
	return map[string]struct {
		end  func(*town, signin.Entry) error
		want string
	}{
		"logout": {func(w *town, e signin.Entry) error { return w.members.Logout(ctx, here(), e.SignedIn) }, "denied"},
		"ended from the list": {func(w *town, e signin.Entry) error {
			other := w.enter(e.Person)
			all, err := w.members.SignIns(ctx, other.SignedIn)
			if err != nil {
				return err
			}
			for _, x := range all {
				if !x.Current {
					err = errors.Join(err, w.members.EndOne(ctx, here(), other.SignedIn, x.ID))
				}
			}
			return err
		}, "denied"},
		"all others ended": {func(w *town, e signin.Entry) error {
			return w.members.EndOthers(ctx, here(), w.enter(e.Person).SignedIn, secretWord)
		}, "denied"},
		"disabled": {func(w *town, e signin.Entry) error { return w.members.Disable(ctx, here(), "test", e.Person.ID) }, "denied"},
		"signed out by an operator": {func(w *town, e signin.Entry) error {
			return w.members.SignOut(ctx, here(), "test", e.Person.ID)
		}, "denied"},
		"deleted": {func(w *town, e signin.Entry) error {
			_, err := w.members.DeleteAccount(ctx, here(), e.SignedIn, secretWord)
			return err
		}, "denied"},
		// CVE-2024-21635: what was signed in lived on when the password had been changed.
		"password changed elsewhere": {func(w *town, e signin.Entry) error {
			_, err := w.members.ChangePassword(ctx, here(), w.enter(e.Person).SignedIn,
				signin.PasswordForm{Current: secretWord, Password: "battery staple", Confirmation: "battery staple"})
			return err
		}, "denied"},
		// The session goes on under another id. Whoever holds the old cookie has no connection left; the owner's come back.
		"password changed": {func(w *town, e signin.Entry) error {
			_, err := w.members.ChangePassword(ctx, here(), e.SignedIn,
				signin.PasswordForm{Current: secretWord, Password: "battery staple", Confirmation: "battery staple"})
			return err
		}, "drain"},
		"password confirmed": {func(w *town, e signin.Entry) error {
			_, err := w.members.ConfirmPassword(ctx, here(), e.SignedIn, secretWord)
			return err
		}, "drain"},
	}
}

// Whatever ends a session closes its connections on all nodes within a second, and nobody else's.
func TestEndOfSession(t *testing.T) {
	for name, x := range endings() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newTown(t, 3)
				defer w.close()
				e, other := w.enter(w.person(w.members, "minji")), w.enter(w.person(w.members, "jun"))
				var theirs []*client
				for node := range w.hubs {
					theirs = append(theirs, w.connect(node, bySession(e.SignedIn)), w.connect(node, bySession(e.SignedIn)))
				}
				stays, nobody := w.connect(1, bySession(other.SignedIn)), w.connect(1, &madang.Principal{App: app})
				time.Sleep(2 * second)
				for i, c := range theirs {
					if c.ended() != "" {
						t.Fatalf("connection %d ended before the sign-in: %s", i, c.ended())
					}
				}
				ok(t, x.end(w, e))
				time.Sleep(second - time.Millisecond)
				for i, c := range theirs {
					if c.ended() != x.want {
						t.Errorf("a second later connection %d has ended as %q, want %q", i, c.ended(), x.want)
					}
				}
				time.Sleep(2 * time.Minute)
				if stays.ended() != "" || nobody.ended() != "" {
					t.Errorf("others ended as %q, %q", stays.ended(), nobody.ended())
				}
			})
		})
	}
}

// The same of families of tokens: by logout, and when a token was shown twice.
func TestEndOfFamily(t *testing.T) {
	ctx := context.Background()
	for name, end := range map[string]func(*town, signin.Grant){
		"logout": func(w *town, g signin.Grant) { ok(w.t, w.users.Logout(ctx, here(), g.SignedIn)) },
		"reuse": func(w *town, g signin.Grant) {
			_, err := w.users.Exchange(ctx, here(), g.Family.ID, g.Next)
			ok(w.t, err)
			if _, err := w.users.Exchange(ctx, here(), g.Family.ID, g.Next); err == nil {
				w.t.Error("exchanged twice")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newTown(t, 2)
				defer w.close()
				g := w.issue(w.person(w.users, "minji"))
				near, far := w.connect(0, byTokens(g.SignedIn)), w.connect(1, byTokens(g.SignedIn))
				end(w, g)
				time.Sleep(second - time.Millisecond)
				if near.ended() != "denied" || far.ended() != "denied" {
					t.Errorf("ended as %q and %q", near.ended(), far.ended())
				}
			})
		})
	}
}

// CVE-2025-3230: a program's token lived on when its owner had been disabled. And with other abilities it comes back.
func TestEndOfAPIToken(t *testing.T) {
	ctx := context.Background()
	for name, x := range map[string]struct {
		end  func(*town, signin.SignedIn, int64) error
		want string
	}{
		"ended": {func(w *town, who signin.SignedIn, id int64) error {
			return w.members.EndAPIToken(ctx, here(), who, id)
		}, "denied"},
		"disabled": {func(w *town, who signin.SignedIn, _ int64) error {
			return w.members.Disable(ctx, here(), "test", who.Person.ID)
		}, "denied"},
		"other abilities": {func(w *town, who signin.SignedIn, id int64) error {
			return w.members.SetAbilities(ctx, here(), who, id, []string{"read"})
		}, "drain"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newTown(t, 2)
				defer w.close()
				e := w.enter(w.person(w.members, "minji"))
				token, _, err := w.members.AddAPIToken(ctx, here(), e.SignedIn, "robot", []string{"read", "create"})
				ok(t, err)
				who := principal("api", e.Person, "api_token:1", []string{"create", "read"})
				near, far := w.connect(0, who), w.connect(1, who)
				time.Sleep(2 * second)
				if token.ID != 1 || near.ended()+far.ended() != "" {
					t.Fatalf("before the end: token %d, %q, %q", token.ID, near.ended(), far.ended())
				}
				ok(t, x.end(w, e.SignedIn, token.ID))
				time.Sleep(second - time.Millisecond)
				if near.ended() != x.want || far.ended() != x.want {
					t.Errorf("ended as %q and %q", near.ended(), far.ended())
				}
				late := w.connect(1, who) // the guard had asked before the end
				time.Sleep(second)
				if late.ended() != x.want {
					t.Errorf("a connection of a moment later ended as %q", late.ended())
				}
			})
		})
	}
}

// A guard lets somebody in, their sign-in ends, and only then the connection can be found.
func TestEndedBeforeFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTown(t, 2)
		defer w.close()
		p := w.person(w.members, "minji")
		e, f := w.enter(p), w.enter(p)
		ok(t, w.members.Logout(t.Context(), here(), e.SignedIn))
		_, err := w.members.ConfirmPassword(t.Context(), here(), f.SignedIn, secretWord)
		ok(t, err)
		time.Sleep(10 * time.Millisecond)
		out, again := w.connect(1, bySession(e.SignedIn)), w.connect(1, bySession(f.SignedIn))
		time.Sleep(second)
		if out.ended() != "denied" || again.ended() != "drain" {
			t.Errorf("ended as %q and %q", out.ended(), again.ended())
		}
	})
}

// CVE-2025-55070: sockets were open to those who had not shown their second factor.
func TestSecondFactorAwaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTown(t, 1)
		defer w.close()
		p := w.person(w.members, "minji")
		x := account.Session{ID: account.Hash{7}, App: app, Person: p.ID, Pending: true, CreatedAt: time.Now(), SeenAt: time.Now(), ExpiresAt: time.Now().Add(time.Hour)}
		ok(t, w.store.AddSession(t.Context(), x))
		c := w.connect(0, bySession(signin.SignedIn{Person: p, Session: x}))
		time.Sleep(second)
		if c.ended() != "denied" {
			t.Errorf("it ended as %q", c.ended())
		}
	})
}

// Renewed, a connection rests on its new sign-in and no longer on the old one.
func TestRenewal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		next := make(chan *madang.Principal, 1)
		guard := madang.GuardFunc(func(context.Context, madang.Credentials) (*madang.Principal, error) { return <-next, nil })
		w := newTown(t, 2, func(_ *live.Config, c *madang.Config) { c.Guards = map[string]madang.Guard{"api": guard} })
		defer w.close()
		p := w.person(w.members, "minji")
		a, b, gone := w.enter(p), w.enter(p), w.enter(p)
		c, late := w.connect(1, bySession(a.SignedIn)), w.connect(1, bySession(a.SignedIn))
		next <- bySession(b.SignedIn)
		ok(t, c.Renew(t.Context(), madang.Credentials{}))
		ok(t, w.members.Logout(t.Context(), here(), gone.SignedIn))
		time.Sleep(10 * time.Millisecond)
		next <- bySession(gone.SignedIn) // read before the end
		ok(t, late.Renew(t.Context(), madang.Credentials{}))
		time.Sleep(second)
		if late.ended() != "denied" || c.ended() != "" {
			t.Errorf("renewed by what has ended: %q; by another: %q", late.ended(), c.ended())
		}
		ok(t, w.members.Logout(t.Context(), here(), a.SignedIn))
		time.Sleep(2 * time.Minute)
		if c.ended() != "" {
			t.Fatalf("it ended with what it does not rest on any more: %q", c.ended())
		}
		ok(t, w.members.Logout(t.Context(), here(), b.SignedIn))
		time.Sleep(second - time.Millisecond)
		if c.ended() != "denied" {
			t.Errorf("it ended as %q", c.ended())
		}
	})
}

// A connection that is renewed while it waits to be closed, and come back, stays.
func TestRenewedInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var next atomic.Pointer[madang.Principal]
		guard := madang.GuardFunc(func(context.Context, madang.Credentials) (*madang.Principal, error) { return next.Load(), nil })
		w := newTown(t, 2, func(_ *live.Config, c *madang.Config) { c.Guards = map[string]madang.Guard{"api": guard} })
		defer w.close()
		e := w.enter(w.person(w.members, "minji"))
		c, other := w.connect(1, bySession(e.SignedIn)), w.connect(1, bySession(e.SignedIn))
		f, err := w.members.ConfirmPassword(t.Context(), here(), e.SignedIn, secretWord)
		ok(t, err)
		time.Sleep(live.Defaults().Grace / 2)
		next.Store(bySession(f.SignedIn))
		ok(t, c.Renew(t.Context(), madang.Credentials{}))
		time.Sleep(2 * time.Minute)
		if c.ended() != "" || other.ended() != "drain" {
			t.Errorf("renewed, it ended as %q; the other as %q", c.ended(), other.ended())
		}
	})
}

// A node that heard nothing looks for itself, also when the store did not answer at first.
func TestUnheard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTown(t, 2)
		defer w.close()
		e := w.enter(w.person(w.members, "minji"))
		c := w.connect(1, bySession(e.SignedIn))
		time.Sleep(second)
		w.deaf[1].Store(true)
		trouble := errors.New("the store is away")
		w.store.fail.Store(&trouble)
		ok(t, w.members.Logout(t.Context(), here(), e.SignedIn))
		time.Sleep(time.Minute)
		if c.ended() != "" {
			t.Errorf("it ended as %q although nobody could know", c.ended())
		}
		w.store.fail.Store(nil)
		time.Sleep(live.Defaults().Look + 2*second)
		if c.ended() != "denied" {
			t.Errorf("it ended as %q", c.ended())
		}
	})
}

// A node that is told that it may not have heard looks at once.
func TestMissed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTown(t, 2)
		defer w.close()
		e, stays := w.enter(w.person(w.members, "minji")), w.enter(w.person(w.members, "sora"))
		c, other := w.connect(1, bySession(e.SignedIn)), w.connect(1, bySession(stays.SignedIn))
		time.Sleep(second)
		w.deaf[1].Store(true)
		ok(t, w.members.Logout(t.Context(), here(), e.SignedIn))
		ended := madang.Channel{Name: "$account/ended"}
		if r := w.lives[1].Retain(ended); r.Count == 0 || r.Age == 0 {
			t.Errorf("what nodes tell each other is kept by %+v", r)
		}
		for _, ch := range []madang.Channel{{App: app, Name: ended.Name}, {Name: "$other"}} {
			w.lives[1].Missed(ch)
			time.Sleep(second)
			if r := w.lives[1].Retain(ch); c.ended() != "" || r != (madang.Retention{}) {
				t.Errorf("%v: it ended as %q, kept by %+v", ch, c.ended(), r)
			}
		}
		w.lives[1].Missed(ended)
		time.Sleep(second)
		if c.ended() != "denied" || other.ended() != "" {
			t.Errorf("ended as %q and %q", c.ended(), other.ended())
		}
	})
}

// A session lives on while it has a connection, and ends some time after the last one.
func TestSessionLivesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTown(t, 1)
		defer w.close()
		e := w.enter(w.person(w.members, "minji"))
		c := w.connect(0, bySession(e.SignedIn))
		time.Sleep(9 * time.Hour)
		if c.ended() != "" {
			t.Fatalf("it ended as %q", c.ended())
		}
		if _, err := w.members.Session(t.Context(), here(), e.Secret); err != nil {
			t.Errorf("the session has ended under its connection: %v", err)
		}
		c.Conn.Close(madang.CloseGone)
		time.Sleep(3 * time.Hour)
		if _, err := w.members.Session(t.Context(), here(), e.Secret); err == nil {
			t.Error("the session lives on without anything")
		}
	})
}

// However short sessions are, none runs out under its connection.
func TestShortSessionLivesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTown(t, 1, func(c *live.Config, _ *madang.Config) { c.SessionIdle = 20 * time.Second })
		defer w.close()
		p := w.person(w.members, "minji")
		x := account.Session{ID: account.Hash{7}, App: app, Person: p.ID, CreatedAt: time.Now(), SeenAt: time.Now(), ExpiresAt: time.Now().Add(20 * time.Second)}
		ok(t, w.store.AddSession(t.Context(), x))
		c := w.connect(0, bySession(signin.SignedIn{Person: p, Session: x}))
		time.Sleep(time.Hour)
		if c.ended() != "" {
			t.Errorf("it ended as %q", c.ended())
		}
	})
}

// What ends by itself takes its connections with it.
func TestExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTown(t, 1)
		defer w.close()
		g := w.issue(w.person(w.users, "minji"))
		c := w.connect(0, byTokens(g.SignedIn))
		time.Sleep(time.Until(g.Family.ExpiresAt) - time.Minute)
		if c.ended() != "" {
			t.Fatalf("it ended as %q", c.ended())
		}
		time.Sleep(2 * time.Minute)
		if c.ended() != "denied" {
			t.Errorf("it ended as %q", c.ended())
		}
	})
}

// A dialect that does not do as it is told keeps nobody connected.
func TestInsists(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTown(t, 1)
		defer w.close()
		e := w.enter(w.person(w.members, "minji"))
		c := connectTo(t, w.hubs[0], bySession(e.SignedIn), true)
		ok(t, w.members.Logout(t.Context(), here(), e.SignedIn))
		time.Sleep(second + time.Millisecond)
		if c.ended() != "denied" {
			t.Errorf("it ended as %q", c.ended())
		}
	})
}

// A right that somebody lent to a nobody's connection ends with their sign-in, and the connection with it.
func TestLent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var by *madang.Principal
		policy := madang.PolicyFunc(func(context.Context, madang.AccessRequest) (*madang.Grant, error) { return &madang.Grant{By: by}, nil })
		w := newTown(t, 2, func(_ *live.Config, c *madang.Config) { c.Policies = []madang.Policy{policy} })
		defer w.close()
		e := w.enter(w.person(w.members, "minji"))
		by = bySession(e.SignedIn)
		c, public := w.connect(1, &madang.Principal{App: app}), w.connect(1, &madang.Principal{App: app})
		_, err := c.Subscribe(t.Context(), madang.Channel{App: app, Name: "private-orders"}, madang.SubscribeOptions{})
		ok(t, err)
		time.Sleep(second)
		ok(t, w.members.Logout(t.Context(), here(), e.SignedIn))
		time.Sleep(second - time.Millisecond)
		if c.ended() != "denied" || public.ended() != "" {
			t.Errorf("ended as %q and %q", c.ended(), public.ended())
		}
	})
}

// Claims of tokens that this server has not made say nothing, whatever is in them.
func TestForeign(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTown(t, 1)
		defer w.close()
		p := w.person(w.members, "minji")
		foreign := w.connect(0, principal("jwt", p, "tokens:other", nil))
		strange := w.connect(0, principal("api", p, "login-7", nil))
		none := w.connect(0, principal("api", p, "", nil))
		time.Sleep(2 * time.Minute)
		for _, c := range []*client{foreign, strange, none} {
			if c.ended() != "" {
				t.Errorf("it ended as %q", c.ended())
			}
		}
	})
}
