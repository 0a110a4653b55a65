package madangtest

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"madang"
)

// TestPresence checks what the comments of [madang.Presence] promise. setup makes the ground of one subtest and returns
// what gives each node its end of it, which may be the same value.
func TestPresence(t *testing.T, setup func(t *testing.T) (newNode func() madang.Presence)) {
	for _, c := range []struct {
		name string
		run  func(*testing.T, func() madang.Presence)
	}{
		{"FirstAndLast", testFirstAndLast},
		{"Members", testMembers},
		{"OnceEach", testOnceEach},
		{"Churn", testChurn},
		{"Lease", testLease},
		{"SweptOnce", testSweptOnce},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, setup(t)) })
	}
}

func put(t testing.TB, p madang.Presence, c madang.Channel, m madang.Member) (first bool) {
	t.Helper()
	first, err := p.Put(context.Background(), c, m)
	if err != nil {
		t.Errorf("put: %v", err)
	}
	return first
}

func remove(t testing.TB, p madang.Presence, c madang.Channel, id madang.ConnID) (was *madang.Member, last bool) {
	t.Helper()
	was, last, err := p.Remove(context.Background(), c, id)
	if err != nil {
		t.Errorf("remove: %v", err)
	}
	return was, last
}

func keep(t testing.TB, p madang.Presence, n madang.NodeID, ttl time.Duration) {
	t.Helper()
	if err := p.Keep(context.Background(), n, ttl); err != nil {
		t.Errorf("keep: %v", err)
	}
}

// members returns who is in a channel, by connection.
func members(t testing.TB, p madang.Presence, c madang.Channel) []madang.Member {
	t.Helper()
	all, err := p.Members(context.Background(), c)
	if err != nil {
		t.Errorf("members: %v", err)
	}
	slices.SortFunc(all, func(a, b madang.Member) int { return cmp.Compare(a.Conn, b.Conn) })
	return all
}

func testFirstAndLast(t *testing.T, newNode func() madang.Presence) {
	a, b, c := newNode(), newNode(), channel("room")
	keep(t, a, "1", time.Minute)
	keep(t, b, "2", time.Minute)
	m := func(user, conn, node, data string) madang.Member {
		return madang.Member{User: user, Conn: madang.ConnID(conn), Node: madang.NodeID(node), Data: []byte(data)}
	}
	for i, s := range []struct {
		p    madang.Presence
		m    madang.Member
		want bool
	}{
		{a, m("u", "1.1", "1", "a"), true},
		{b, m("u", "2.1", "2", "b"), false},
		{a, m("u", "1.1", "1", "changed"), false}, // an update is no join
		{b, m("v", "2.2", "2", "c"), true},
		{b, m("v", "2.2", "2", "d"), false},
	} {
		if first := put(t, s.p, c, s.m); first != s.want {
			t.Errorf("step %d: first is %v", i, first)
		}
	}
	if was, _ := remove(t, a, c, "9.9"); was != nil {
		t.Errorf("removed %+v, which was not there", was)
	}
	was, last := remove(t, a, c, "1.1")
	if was == nil || string(was.Data) != "changed" || was.User != "u" || last {
		t.Errorf("removed %+v, last %v", was, last)
	}
	if was, last = remove(t, b, c, "2.1"); was == nil || !last {
		t.Errorf("removed the user's last: %+v, last %v", was, last)
	}
	if was, last = remove(t, b, c, "2.1"); was != nil || last {
		t.Errorf("removed again: %+v, last %v", was, last)
	}
	if !put(t, a, c, m("u", "1.1", "1", "a")) {
		t.Error("the user came back and was not the first")
	}
}

func testMembers(t *testing.T, newNode func() madang.Presence) {
	a, b := newNode(), newNode()
	keep(t, a, "1", time.Minute)
	want := []madang.Member{
		{User: "u", Conn: "1.1", Node: "1", Data: []byte(`{"name": "é", "big": 12345678901234567890}`), Type: madang.JSON},
		{User: "u", Conn: "1.2", Node: "1", Data: []byte("text"), Type: madang.Text},
		{User: "v", Conn: "1.3", Node: "1", Data: []byte{0, 255, 10}, Type: madang.Binary},
	}
	here := madang.Channel{App: "a", Name: "b:c"}
	for _, m := range want {
		put(t, a, here, m)
	}
	for _, p := range []madang.Presence{a, b} {
		if got := members(t, p, here); !reflect.DeepEqual(got, want) {
			t.Errorf("members: %+v\nwant %+v", got, want)
		}
		for _, c := range []madang.Channel{{App: "a:b", Name: "c"}, {App: "b", Name: "b:c"}, {App: "a", Name: "b"}} {
			if got := members(t, p, c); len(got) != 0 {
				t.Errorf("%q has %+v", c, got)
			}
		}
	}
	for _, m := range want {
		remove(t, b, here, m.Conn)
	}
	if got := members(t, a, here); len(got) != 0 {
		t.Errorf("all removed, left %+v", got)
	}
}

// Whoever comes at once, one is the first; whoever goes at once, one is the last.
func testOnceEach(t *testing.T, newNode func() madang.Presence) {
	ps := []madang.Presence{newNode(), newNode()}
	keep(t, ps[0], "1", time.Minute)
	for round := range 10 {
		c := channel("round" + strconv.Itoa(round))
		var firsts, lasts, removed atomic.Int32
		var wg sync.WaitGroup
		const conns = 12
		for i := range conns {
			wg.Go(func() {
				m := madang.Member{User: "u", Conn: madang.ConnID(fmt.Sprintf("1.%d", i)), Node: "1"}
				if put(t, ps[i%2], c, m) {
					firsts.Add(1)
				}
			})
		}
		wg.Wait()
		for i := range 2 * conns { // each is removed by two
			wg.Go(func() {
				was, last := remove(t, ps[i%2], c, madang.ConnID(fmt.Sprintf("1.%d", i/2)))
				if was != nil {
					removed.Add(1)
				}
				if last {
					lasts.Add(1)
				}
			})
		}
		wg.Wait()
		if firsts.Load() != 1 || lasts.Load() != 1 || removed.Load() != conns {
			t.Fatalf("of %d: %d firsts, %d removed, %d lasts", conns, firsts.Load(), removed.Load(), lasts.Load())
		}
	}
}

// However connections come and go, a user joins as often as it leaves.
func testChurn(t *testing.T, newNode func() madang.Presence) {
	ps := []madang.Presence{newNode(), newNode()}
	keep(t, ps[0], "1", time.Minute)
	c := channel("churn")
	var balance [3]atomic.Int32
	var wg sync.WaitGroup
	for w := range 6 {
		wg.Go(func() {
			p, user := ps[w%2], w%3
			m := madang.Member{User: strconv.Itoa(user), Conn: madang.ConnID(fmt.Sprintf("1.%d", w)), Node: "1"}
			for range 40 {
				if put(t, p, c, m) {
					balance[user].Add(1)
				}
				if put(t, p, c, m) {
					t.Error("an update was a join")
				}
				if was, last := remove(t, p, c, m.Conn); was == nil {
					t.Error("an entry has vanished")
				} else if last {
					balance[user].Add(-1)
				}
			}
		})
	}
	wg.Wait()
	for user := range balance {
		if n := balance[user].Load(); n != 0 {
			t.Errorf("user %d joined %d times more than it left", user, n)
		}
	}
}

func sweep(t testing.TB, p madang.Presence) []madang.Departure {
	t.Helper()
	gone, err := p.Sweep(context.Background())
	if err != nil {
		t.Errorf("sweep: %v", err)
	}
	return gone
}

func testLease(t *testing.T, newNode func() madang.Presence) {
	const ttl = 500 * time.Millisecond
	a, b, c := newNode(), newNode(), channel("lease")
	keep(t, a, "1", ttl)
	keep(t, b, "2", time.Minute)
	put(t, a, c, madang.Member{User: "u", Conn: "1.1", Node: "1"})
	put(t, b, c, madang.Member{User: "u", Conn: "2.1", Node: "2"})
	for end := time.Now().Add(3 * ttl); time.Now().Before(end); time.Sleep(ttl / 10) {
		keep(t, a, "1", ttl)
		if gone := sweep(t, b); len(gone) != 0 {
			t.Fatalf("swept %+v of a living node", gone)
		}
	}
	var gone []madang.Departure
	eventually(t, "the dead node's entry is swept", func() bool {
		gone = append(gone, sweep(t, b)...)
		return len(gone) > 0
	})
	if len(gone) != 1 || gone[0].Member.Conn != "1.1" || gone[0].Channel != c || gone[0].Last {
		t.Errorf("swept %+v; the user is still there through the living node", gone)
	}
	if got := members(t, a, c); len(got) != 1 || got[0].Conn != "2.1" {
		t.Errorf("left: %+v", got)
	}
}

// Several nodes sweep at once, and nothing is reported twice.
func testSweptOnce(t *testing.T, newNode func() madang.Presence) {
	const ttl, channels, users = 300 * time.Millisecond, 5, 4
	ps := []madang.Presence{newNode(), newNode(), newNode()}
	keep(t, ps[0], "1", ttl)
	keep(t, ps[1], "2", time.Minute)
	for ch := range channels {
		for u := range users {
			for k := range 2 { // two connections of each user; the living node has one more of user 0
				id := madang.ConnID(fmt.Sprintf("1.%d%d", u, k))
				put(t, ps[0], channel(strconv.Itoa(ch)), madang.Member{User: strconv.Itoa(u), Conn: id, Node: "1"})
			}
		}
		put(t, ps[1], channel(strconv.Itoa(ch)), madang.Member{User: "0", Conn: "2.1", Node: "2"})
	}
	var mu sync.Mutex
	seen, lasts := map[string]int{}, map[string]int{}
	eventually(t, "all entries of the dead node are swept", func() bool {
		var wg sync.WaitGroup
		for i := range 6 {
			wg.Go(func() {
				for _, d := range sweep(t, ps[i%3]) {
					mu.Lock()
					seen[d.Channel.Name+" "+string(d.Member.Conn)]++
					if d.Last {
						lasts[d.Channel.Name+" "+d.Member.User]++
					}
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		return len(seen) >= channels*users*2
	})
	if len(seen) != channels*users*2 || len(lasts) != channels*(users-1) {
		t.Errorf("%d entries and %d users were reported, of %d and %d", len(seen), len(lasts), channels*users*2, channels*(users-1))
	}
	for k, n := range seen {
		if n != 1 {
			t.Errorf("%s was reported %d times", k, n)
		}
	}
	for k, n := range lasts {
		if n != 1 {
			t.Errorf("the last of %s was reported %d times", k, n)
		}
	}
}
