package live_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"madang"
	"madang/account"
	"madang/account/live"
	"madang/account/signin"
)

// A world is a town under random events. What must hold: some seconds after the last of them nobody is connected by a sign-in
// that has ended, and nobody was sent away whose sign-in goes on.
type world struct {
	*town
	next    atomic.Pointer[madang.Principal] // what the guard says
	people  []account.Person
	entries []signin.Entry // all there ever were
	ended   map[string]string
	conns   []*client
	lost    map[*client]bool // went by themselves
	by      map[*client]map[string]bool
	rested  map[*client]bool // on something that had ended, once: a renewal may have come too late
}

func (w *world) signIn(i int) string {
	return bySession(w.entries[i].SignedIn).Claim("sign_in").(string)
}

// A step is something that happens. Its numbers choose among what there is by then.
type step struct{ what, node, signIn, other int }

// TestNobodyStays interleaves connections, renewals, lent rights, ends, changes of ids, disconnections, deaf nodes and pauses.
func TestNobodyStays(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		script := rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) step {
			n := rapid.IntRange(0, 1<<10)
			return step{rapid.IntRange(0, 11).Draw(rt, "what"), n.Draw(rt, "node"), n.Draw(rt, "sign-in"), n.Draw(rt, "other")}
		}), 1, 40).Draw(rt, "script")
		var failure string
		synctest.Test(t, func(t *testing.T) { failure = play(t, script) })
		if failure != "" {
			rt.Fatal(failure)
		}
	})
}

// play returns what does not hold at the end of a script.
func play(t *testing.T, script []step) string {
	w := &world{ended: map[string]string{}, lost: map[*client]bool{}, by: map[*client]map[string]bool{}, rested: map[*client]bool{}}
	guard := madang.GuardFunc(func(context.Context, madang.Credentials) (*madang.Principal, error) { return w.next.Load(), nil })
	lend := madang.PolicyFunc(func(context.Context, madang.AccessRequest) (*madang.Grant, error) {
		return &madang.Grant{By: w.next.Load()}, nil
	})
	w.town = newTown(t, 3, func(_ *live.Config, c *madang.Config) {
		c.Guards, c.Policies = map[string]madang.Guard{"api": guard}, []madang.Policy{lend}
	})
	defer w.close()
	for _, name := range []string{"minji", "jun"} {
		w.people = append(w.people, w.person(w.members, name))
	}
	for _, s := range script {
		w.step(t, s)
		w.taint()
	}
	for _, d := range w.deaf {
		d.Store(false)
	}
	time.Sleep(live.Defaults().Look + 5*time.Second)
	for i, c := range w.conns {
		over := ""
		for id := range w.by[c] {
			if w.ended[id] != "" {
				over = id
			}
		}
		switch {
		case over != "" && c.ended() == "":
			return fmt.Sprintf("connection %d rests on %s, which has ended by %s", i, over, w.ended[over])
		case over == "" && c.ended() != "" && !w.lost[c] && !w.rested[c]:
			return fmt.Sprintf("connection %d rests on %v, which go on, but ended as %q", i, w.by[c], c.ended())
		}
	}
	return ""
}

// taint notes which connections rest on something that has ended.
func (w *world) taint() {
	for c, all := range w.by {
		for id := range all {
			w.rested[c] = w.rested[c] || w.ended[id] != ""
		}
	}
}

// step lets something happen, or time pass.
func (w *world) step(t *testing.T, s step) {
	ctx, node, what := context.Background(), s.node%len(w.hubs), s.what
	if len(w.entries) == 0 || what == 0 {
		p := w.people[s.other%len(w.people)]
		if e, err := w.members.Login(ctx, here(), signin.LoginForm{Email: p.Email, Password: secretWord}); err == nil { // else too often
			w.entries = append(w.entries, e)
		}
		return
	}
	i := s.signIn % len(w.entries)
	e := w.entries[i]
	gone := w.ended[w.signIn(i)] != ""
	switch what {
	case 1, 2: // also by what has ended: the guard may have asked before
		c := w.connect(node, bySession(e.SignedIn))
		w.conns, w.by[c] = append(w.conns, c), map[string]bool{w.signIn(i): true}
	case 3:
		c := w.connect(node, &madang.Principal{App: app})
		w.conns, w.by[c] = append(w.conns, c), map[string]bool{}
	case 4, 5, 6:
		if len(w.conns) > 0 {
			w.change(w.conns[s.other%len(w.conns)], i, what)
		}
	case 7:
		if !gone {
			ok(t, w.members.Logout(ctx, here(), e.SignedIn))
			w.ended[w.signIn(i)] = "logout"
		}
	case 8:
		if !gone {
			next, err := w.members.ConfirmPassword(ctx, here(), e.SignedIn, secretWord)
			if err != nil { // too often
				return
			}
			w.ended[w.signIn(i)] = "a new id"
			w.entries = append(w.entries, next)
		}
	case 9:
		ok(t, w.members.SignOut(ctx, here(), "test", e.Person.ID))
		for j, x := range w.entries {
			if x.Person.ID == e.Person.ID && w.ended[w.signIn(j)] == "" {
				w.ended[w.signIn(j)] = "an operator"
			}
		}
	case 10:
		w.deaf[node].Store(!w.deaf[node].Load())
	default:
		time.Sleep([]time.Duration{time.Millisecond, 300 * time.Millisecond, 600 * time.Millisecond, 2 * time.Second, 40 * time.Second}[s.other%5])
	}
}

// change renews a connection, lends it a right, or loses it.
func (w *world) change(c *client, i, what int) {
	w.next.Store(bySession(w.entries[i].SignedIn))
	switch what {
	case 4:
		old, _ := c.Principal().Claim("sign_in").(string)
		if c.Renew(context.Background(), madang.Credentials{}) == nil {
			lent := false
			for _, s := range c.Subscriptions() {
				lent = lent || s.Grant.By.Claim("sign_in") == old
			}
			if !lent {
				delete(w.by[c], old)
			}
			w.by[c][w.signIn(i)] = true
		}
	case 5:
		name := fmt.Sprint("private-", i)
		if _, err := c.Subscribe(context.Background(), madang.Channel{App: app, Name: name}, madang.SubscribeOptions{}); err == nil {
			w.by[c][w.signIn(i)] = true
		}
	case 6:
		w.lost[c] = true
		c.Conn.Close(madang.CloseGone)
	}
}
