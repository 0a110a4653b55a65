package live_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"madang"
	"madang/account/live"
)

// Somebody's connections are listed wherever they are, each with the sign-in that ends it.
func TestConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTown(t, 3)
		defer w.close()
		p, other := w.person(w.members, "minji"), w.person(w.members, "jun")
		e, f := w.enter(p), w.enter(p)
		w.connect(2, bySession(w.enter(other).SignedIn))
		var want []string
		for i, who := range []*madang.Principal{bySession(e.SignedIn), bySession(f.SignedIn), bySession(e.SignedIn)} {
			time.Sleep(time.Second)
			c := w.connect(i, who)
			want = append([]string{fmt.Sprint(who.Claim("sign_in"), c.ID(), w.hubs[i].Node(), "test 192.0.2.9")}, want...)
		}
		// A client of another protocol may have a name of its own: whose the sign-in is says the store.
		g := principal("ably", p, bySession(f.SignedIn).Claim("sign_in").(string), nil)
		g.User = "minji@example.com"
		time.Sleep(time.Second)
		named := w.connect(1, g)
		want = append([]string{fmt.Sprint(g.Claim("sign_in"), named.ID(), w.hubs[1].Node(), "test 192.0.2.9")}, want...)
		time.Sleep(time.Second)
		for node, l := range w.lives {
			all, err := l.Connections(t.Context(), app, p.ID)
			ok(t, err)
			var got []string
			for _, c := range all {
				got = append(got, fmt.Sprint(c.SignIn, c.ID, c.Node, c.Dialect+" "+c.Address))
				if since := time.Since(c.Since); since < time.Second || since > 5*time.Second {
					t.Errorf("connected since %v", since)
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("node %d lists\n%v, want\n%v", node, got, want)
			}
		}
		// What is listed is what SignIns has, and what EndOne takes.
		all, err := w.lives[0].Connections(t.Context(), app, p.ID)
		ok(t, err)
		for node, n := range []int{0, 2, 0} {
			if got := w.lives[node].Count(app)(all[0].SignIn); got != n {
				t.Errorf("node %d counts %d", node, got)
			}
		}
		ok(t, w.members.EndOne(t.Context(), here(), e.SignedIn, all[0].SignIn))
		time.Sleep(second)
		if named.ended() != "denied" {
			t.Errorf("it ended as %q", named.ended())
		}
		for _, list := range []struct {
			app    string
			person int64
			n      int
		}{{app, p.ID, 2}, {app, other.ID, 1}, {app, 99, 0}, {"elsewhere", p.ID, 0}} {
			all, err := w.lives[1].Connections(t.Context(), list.app, list.person)
			if ok(t, err); len(all) != list.n {
				t.Errorf("%+v: %v", list, all)
			}
		}
	})
}

// A node that does not answer is waited for only so long, and what the others have is told.
func TestConnectionsOfSilentNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTown(t, 3)
		defer w.close()
		p := w.person(w.members, "minji")
		e := w.enter(p)
		for node := range w.hubs {
			w.connect(node, bySession(e.SignedIn))
		}
		w.deaf[2].Store(true)
		begin := time.Now()
		all, err := w.lives[0].Connections(t.Context(), app, p.ID)
		if err == nil || len(all) != 2 || time.Since(begin) > 3*time.Second {
			t.Errorf("after %v: %d connections, %v", time.Since(begin), len(all), err)
		}
	})
}

// A list is no longer than people can read, however many connections a program has.
func TestConnectionsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newTown(t, 1)
		p := w.person(w.users, "minji")
		g := w.issue(p)
		for range live.MaxListed + 20 {
			w.connect(0, byTokens(g.SignedIn))
		}
		all, err := w.lives[0].Connections(t.Context(), app, p.ID)
		if ok(t, err); len(all) != live.MaxListed {
			t.Errorf("%d are listed", len(all))
		}
		w.close()
		if all, err := w.lives[0].Connections(t.Context(), app, p.ID); err != nil || len(all) != 0 {
			t.Errorf("after the end: %v, %v", all, err)
		}
	})
}
