package madang_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"madang"
	"madang/madangtest"
)

// settle lets everything that is under way arrive.
func settle() {
	time.Sleep(time.Second)
	synctest.Wait()
}

func delays(seed uint64) func() time.Duration {
	var mu sync.Mutex
	rnd := rand.New(rand.NewPCG(seed, 3))
	return func() time.Duration {
		mu.Lock()
		defer mu.Unlock()
		return time.Duration(rnd.IntN(3000)) * time.Microsecond
	}
}

func names(cs ...string) (out []madang.Channel) {
	for _, c := range cs {
		out = append(out, madang.Channel{Name: c})
	}
	return out
}

// An emit reaches each connection of its audience once, wherever it is, and nobody else.
func TestClusterEmit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cl := madangtest.StartCluster(t, 3, madang.Config{Policies: yes()}, delays(1))
		rooms := []string{"a", "b", "c", "d"}
		var vs []*valve
		var cs []*madang.Conn
		in := []map[string]bool{}
		for i := range 24 {
			v, c := connect(t, cl.Hubs[i%3], user("u"), wordy{})
			set := map[string]bool{}
			for k, r := range rooms {
				if i>>k&1 == 1 {
					sub(t, c, 0, r)
					set[r] = true
				}
			}
			vs, cs, in = append(vs, v), append(cs, c), append(in, set)
		}
		want := make([][]string, len(cs))
		rnd := rand.New(rand.NewPCG(5, 5))
		for n := range 60 {
			pick := func(most int) (out []string) {
				for _, k := range rnd.Perm(len(rooms))[:rnd.IntN(most+1)] {
					out = append(out, rooms[k])
				}
				return out
			}
			yes, no := pick(3), pick(2)
			skip, named := rnd.IntN(len(cs)), rnd.IntN(len(cs))
			a := madang.Audience{In: names(yes...), Except: names(no...)}
			if n%3 == 0 || len(yes) == 0 {
				a.Conns = []madang.ConnID{cs[named].ID(), cs[named].ID()}
			}
			m := &madang.Message{Data: []byte(strconv.Itoa(n))}
			if n%2 == 0 {
				m.Skip = cs[skip].ID()
			}
			for i := range cs {
				has := func(r string) bool { return in[i][r] }
				target := slices.ContainsFunc(yes, has) || len(a.Conns) > 0 && i == named
				if target && !slices.ContainsFunc(no, has) && (n%2 != 0 || i != skip) {
					want[i] = append(want[i], strconv.Itoa(n))
				}
			}
			if err := cl.Hubs[n%3].Emit(t.Context(), a, m); err != nil {
				t.Fatal(err)
			}
			settle()
		}
		for i, v := range vs {
			if got := v.text(); got != strings.Join(want[i], ",") {
				t.Errorf("connection %d in %v got %s, want %v", i, in[i], got, want[i])
			}
		}
	})
}

// What an emit of a single room does not do is to stay in a history.
func TestEmitIsNotKept(t *testing.T) {
	keep := func(madang.Channel) madang.Retention { return madang.Retention{Count: 10} }
	h := startHub(t, madang.Config{Retention: keep})
	v, c := connect(t, h, user("u"), wordy{})
	sub(t, c, 0, "a")
	m := &madang.Message{Channel: madang.Channel{Name: "shown"}, Data: []byte("x")}
	if err := h.Emit(t.Context(), madang.Audience{In: names("a")}, m); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the emit", func() bool { return v.text() == "x" })
	if page, err := h.History(t.Context(), madang.Channel{Name: "a"}, madang.HistoryQuery{}); err != nil || len(page.Events) != 0 {
		t.Errorf("history has %d entries, %v", len(page.Events), err)
	}
	if m.Channel.Name != "shown" {
		t.Errorf("what dialects show has become %q", m.Channel.Name)
	}
}

func TestClusterJoinLeaveDisconnect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cl := madangtest.StartCluster(t, 3, madang.Config{Policies: yes()}, delays(2))
		var vs []*valve
		var cs []*madang.Conn
		for i := range 6 {
			v, c := connect(t, cl.Hubs[i%3], user("u"), wordy{})
			if i < 4 {
				sub(t, c, 0, "lobby")
			}
			vs, cs = append(vs, v), append(cs, c)
		}
		lobby := madang.Audience{In: names("lobby")}
		if err := cl.Hubs[2].Join(t.Context(), lobby, names("x", "y")...); err != nil {
			t.Fatal(err)
		}
		settle()
		publish(t, cl.Hubs[0], "x", "1", "")
		settle()
		if err := cl.Hubs[1].Leave(t.Context(), madang.Audience{Conns: []madang.ConnID{cs[0].ID()}}, names("x")...); err != nil {
			t.Fatal(err)
		}
		settle()
		publish(t, cl.Hubs[2], "x", "2", "")
		publish(t, cl.Hubs[2], "y", "3", "")
		settle()
		if err := cl.Hubs[0].Disconnect(t.Context(), madang.Audience{In: names("y"), Except: names("z")}, madang.CloseDenied); err != nil {
			t.Fatal(err)
		}
		settle()
		for i, want := range []string{"1,3,bye denied", "1,2,3,bye denied", "1,2,3,bye denied", "1,2,3,bye denied", "", ""} {
			got := strings.Split(vs[i].text(), ",")
			if len(got) == 4 { // x and y are two channels: across nodes they have no order
				slices.Sort(got[:3])
			}
			if strings.Join(got, ",") != want {
				t.Errorf("connection %d got %q, want %q", i, got, want)
			}
			if gone := vs[i].ended() == "denied"; gone != (want != "") {
				t.Errorf("connection %d ended as %q", i, vs[i].ended())
			}
		}
		for _, h := range cl.Hubs {
			if n := h.Subscribers(madang.Channel{Name: "lobby"}); n != 0 {
				t.Errorf("%d subscribers are left", n)
			}
		}
	})
}

// answering makes a connection answer what it is asked.
func answering(v *valve, c *madang.Conn, with string, times int) {
	v.on = func(r string) {
		var id uint64
		if _, err := fmt.Sscanf(r, "ask %d", &id); err == nil {
			for range times {
				go c.Answer(id, []byte(with), nil)
			}
		}
	}
}

func TestClusterAsk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cl := madangtest.StartCluster(t, 3, madang.Config{Policies: yes()}, delays(3))
		var cs []*madang.Conn
		for i := range 9 {
			v, c := connect(t, cl.Hubs[i%3], user("u"), wordy{})
			sub(t, c, 0, "all")
			if i < 6 { // the last three never answer; the others, more than once
				sub(t, c, 0, "polite")
				answering(v, c, strconv.Itoa(i), 2)
			}
			cs = append(cs, c)
		}
		question := &madang.Message{Data: []byte("?")}
		start := time.Now()
		got, err := cl.Hubs[0].AskAll(t.Context(), madang.Audience{In: names("polite", "polite")}, question)
		if err != nil || answers(got) != "0,1,2,3,4,5" || time.Since(start) > time.Second {
			t.Errorf("the polite: %s, %v, after %v", answers(got), err, time.Since(start))
		}
		ctx, done := context.WithTimeout(t.Context(), 5*time.Second)
		got, err = cl.Hubs[1].AskAll(ctx, madang.Audience{In: names("all")}, question)
		done()
		if !errors.Is(err, context.DeadlineExceeded) || answers(got) != "0,1,2,3,4,5" {
			t.Errorf("all: %s, %v", answers(got), err)
		}
		got, err = cl.Hubs[0].AskAll(t.Context(), madang.Audience{Conns: []madang.ConnID{cs[5].ID()}}, question)
		if err != nil || answers(got) != "5" {
			t.Errorf("one on another node: %s, %v", answers(got), err)
		}
		got, err = cl.Hubs[0].AskAll(t.Context(), madang.Audience{In: names("nobody")}, question)
		if err != nil || len(got) != 0 {
			t.Errorf("nobody: %s, %v", answers(got), err)
		}
		a, err := cs[0].Ask(t.Context(), question)
		if err != nil || string(a.Data) != "0" {
			t.Errorf("ask: %s, %v", a.Data, err)
		}
		go cs[8].Line().Drop(madang.CloseGone)
		if _, err := cs[8].Ask(t.Context(), question); !errors.Is(err, madang.ErrClosed) {
			t.Errorf("asked one that went away: %v", err)
		}
		start = time.Now()
		if _, err := cl.Hubs[0].AskAll(t.Context(), madang.Audience{In: names("all")}, question); err == nil ||
			time.Since(start) > 3*time.Minute {
			t.Errorf("a question without a deadline ended with %v after %v", err, time.Since(start))
		}
	})
}

func answers(as []madang.Answer) string {
	var out []string
	for _, a := range as {
		out = append(out, string(a.Data))
	}
	slices.Sort(out)
	return strings.Join(out, ",")
}

func TestClusterPresence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var joined, left, changed atomic.Int32
		cl := madangtest.StartCluster(t, 3, madang.Config{Policies: yes(), Observers: []*madang.Observer{{
			Joined: func(madang.Channel, madang.Member) { joined.Add(1) },
			Left:   func(madang.Channel, madang.Member) { left.Add(1) },

			PresenceChanged: func(madang.Channel) { changed.Add(1) },
		}}}, delays(4))
		var watch []*valve
		for _, h := range cl.Hubs {
			v, c := connect(t, h, user("watcher"), wordy{})
			sub(t, c, madang.Everything, "room")
			_, c = connect(t, h, user("deaf"), wordy{})
			sub(t, c, madang.Messages, "room")
			watch = append(watch, v)
		}
		room := madang.Channel{Name: "room"}
		var cs []*madang.Conn
		step := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			settle()
		}
		for i := range 3 { // one user, on each node
			_, c := connect(t, cl.Hubs[i], user("ann"), wordy{})
			cs = append(cs, c)
			step(c.Enter(t.Context(), room, []byte(strconv.Itoa(i)), madang.Text))
		}
		step(cs[1].Enter(t.Context(), room, []byte("new"), madang.Text))
		if all, err := cl.Hubs[2].Members(t.Context(), room); err != nil || len(all) != 3 {
			t.Errorf("members: %+v, %v", all, err)
		}
		step(cs[0].Leave(t.Context(), room))
		step(cs[0].Leave(t.Context(), room)) // again
		cs[1].Line().Drop(madang.CloseGone)
		settle()
		cs[2].Close(madang.CloseNormal)
		settle()
		want := "enter ann true 0,enter ann false 1,enter ann false 2,update ann new,leave ann false,leave ann false,leave ann true"
		for i, v := range watch {
			if got := v.text(); got != want {
				t.Errorf("node %d saw %s\nwant %s", i, got, want)
			}
		}
		if joined.Load() != 1 || left.Load() != 1 {
			t.Errorf("observers were told of %d joins and %d departures", joined.Load(), left.Load())
		}
		if n := strings.Count(want, ",") + 1; int(changed.Load()) != n {
			t.Errorf("observers were told of %d changes, want %d", changed.Load(), n)
		}
	})
}

// A node that dies says nothing; its lease ends, and somebody sweeps up, once.
func TestClusterNodeDies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		left := map[string]int{}
		cl := madangtest.StartCluster(t, 3, madang.Config{
			Policies: yes(), Lease: 6 * time.Second,
			Observers: []*madang.Observer{{Left: func(c madang.Channel, m madang.Member) {
				mu.Lock()
				defer mu.Unlock()
				left[c.Name+" "+m.User]++
			}}},
		}, delays(5))
		v, watcher := connect(t, cl.Hubs[0], user("watcher"), wordy{})
		sub(t, watcher, madang.Everything, "room")
		room := madang.Channel{Name: "room"}
		for i, name := range []string{"ann", "bob", "bob"} {
			_, c := connect(t, cl.Hubs[2-i/2], user(name), wordy{}) // bob is on a living node, too
			if err := c.Enter(t.Context(), room, nil, madang.Text); err != nil {
				t.Fatal(err)
			}
			settle()
		}
		cl.Kill(2)
		time.Sleep(5 * time.Second)
		if nodes, err := cl.Hubs[0].Nodes(t.Context()); err != nil || len(nodes) != 3 {
			t.Errorf("before the lease has ended there are %d nodes, %v", len(nodes), err)
		}
		time.Sleep(30 * time.Second)
		synctest.Wait()
		if got := v.text(); !strings.HasSuffix(got, "enter bob false ,leave ann true,leave bob false") &&
			!strings.HasSuffix(got, "enter bob false ,leave bob false,leave ann true") {
			t.Errorf("seen: %s", got)
		}
		mu.Lock()
		if len(left) != 1 || left["room ann"] != 1 {
			t.Errorf("observers were told: %v", left)
		}
		mu.Unlock()
		if nodes, err := cl.Hubs[0].Nodes(t.Context()); err != nil || len(nodes) != 2 {
			t.Errorf("%d nodes are left, %v", len(nodes), err)
		}
	})
}

// A node that closes is out of the list at once.
func TestClusterNodeCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hubs := madangtest.NewCluster(t, 3, madang.Config{Policies: yes(), Lease: 30 * time.Millisecond})
		time.Sleep(100*time.Millisecond + time.Microsecond)
		if err := hubs[1].Close(); err != nil {
			t.Fatal(err)
		}
		if nodes, err := hubs[0].Nodes(t.Context()); err != nil || len(nodes) != 2 || slices.Contains(nodes, hubs[1].Node()) {
			t.Errorf("nodes %v, %v", nodes, err)
		}
		if _, err := hubs[1].Open(&valve{}); !errors.Is(err, madang.ErrClosed) {
			t.Errorf("opened a link of a closed hub: %v", err)
		}
	})
}

// Joins and leaves from another node are carried out in their order.
func TestClusterOrders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cl := madangtest.StartCluster(t, 2, madang.Config{Policies: yes()}, delays(9))
		_, c := connect(t, cl.Hubs[1], user("u"), wordy{})
		it := madang.Audience{Conns: []madang.ConnID{c.ID()}}
		rnd := rand.New(rand.NewPCG(9, 1))
		in := map[string]bool{}
		for range 300 {
			room := names("a", "b", "c")[rnd.IntN(3)]
			order := cl.Hubs[0].Leave
			if in[room.Name] = rnd.IntN(2) == 0; in[room.Name] {
				order = cl.Hubs[0].Join
			}
			if err := order(t.Context(), it, room); err != nil {
				t.Fatal(err)
			}
		}
		settle()
		for _, room := range names("a", "b", "c") {
			if got := cl.Hubs[1].Subscribers(room) == 1; got != in[room.Name] {
				t.Errorf("in %s: %v, but the last order says %v", room.Name, got, in[room.Name])
			}
		}
	})
}
