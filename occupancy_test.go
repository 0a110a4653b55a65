package madang_test

import (
	"maps"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"madang"
	"madang/madangtest"
)

// gate writes down what observers hear of channels that fill and empty.
type gate struct {
	mu    sync.Mutex
	heard []string
}

func (g *gate) observer() *madang.Observer {
	note := func(sign string) func(madang.Channel) {
		return func(c madang.Channel) {
			g.mu.Lock()
			defer g.mu.Unlock()
			g.heard = append(g.heard, sign+c.Name)
		}
	}
	return &madang.Observer{OccupiedAnywhere: note("+"), VacatedEverywhere: note("-")}
}

func (g *gate) said() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	said := g.heard
	g.heard = nil
	return said
}

// Subscribers are counted in the whole cluster, and its first and last are told once, whatever node they are on.
func TestOccupancy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{}
		cl := madangtest.StartCluster(t, 3, madang.Config{
			Policies: yes(), Observers: []*madang.Observer{g.observer()},
			Watch: func(c madang.Channel) bool { return c.Name != "unwatched" },
		}, delays(7))
		expect := func(want ...string) {
			t.Helper()
			settle()
			got := map[string]int{}
			for _, s := range g.said() {
				got[s]++
			}
			all := map[string]int{}
			for _, s := range want {
				all[s]++
			}
			if !maps.Equal(got, all) {
				t.Fatalf("heard %v, want %v", got, all)
			}
		}
		_, a := connect(t, cl.Hubs[0], user("a"), wordy{})
		_, b := connect(t, cl.Hubs[1], user("b"), wordy{})
		_, c := connect(t, cl.Hubs[1], user("c"), wordy{})
		sub(t, a, 0, "news")
		sub(t, a, 0, "unwatched")
		expect("+news")
		sub(t, b, 0, "news")
		sub(t, c, 0, "newer")
		expect("+newer")
		for i, h := range cl.Hubs {
			got, err := h.Occupancy(t.Context(), "", "new")
			if err != nil || !maps.Equal(got, map[string]int{"news": 2, "newer": 1}) {
				t.Fatalf("node %d counts %v, %v", i, got, err)
			}
			if n, err := h.OccupancyOf(t.Context(), madang.Channel{Name: "news"}); n != 2 || err != nil {
				t.Fatalf("node %d counts %d, %v", i, n, err)
			}
		}
		a.Unsubscribe(madang.Channel{Name: "news"})
		expect()
		sub(t, a, 0, "news")
		expect()
		b.Close(madang.CloseNormal)
		expect()
		a.Close(madang.CloseNormal)
		expect("-news")
		cl.Kill(1) // and c with it
		time.Sleep(15 * time.Second)
		expect("-newer")
	})
}

// Connections are counted by app, in the whole cluster.
func TestConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hubs := madangtest.NewCluster(t, 2, madang.Config{Policies: yes()})
		_, a := connect(t, hubs[0], &madang.Principal{App: "one", User: "a"}, wordy{})
		connect(t, hubs[1], &madang.Principal{App: "one", User: "a"}, wordy{})
		connect(t, hubs[1], &madang.Principal{App: "two"}, wordy{})
		expect := func(app string, want int) {
			t.Helper()
			for i, h := range hubs {
				if n, err := h.Connections(t.Context(), app); n != want || err != nil {
					t.Errorf("node %d counts %d connections of app %s, %v; want %d", i, n, app, err, want)
				}
			}
		}
		expect("one", 2)
		expect("two", 1)
		expect("three", 0)
		a.Close(madang.CloseNormal)
		expect("one", 1)
	})
}

// What comes and goes before it can be written down is not told; what stays is.
func TestOccupancyFlapping(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{}
		cl := madangtest.StartCluster(t, 2, madang.Config{
			Policies: yes(), Observers: []*madang.Observer{g.observer()}, Watch: func(madang.Channel) bool { return true },
		}, nil)
		var all []*madang.Conn
		for _, h := range cl.Hubs {
			_, c := connect(t, h, user("u"), wordy{})
			all = append(all, c)
		}
		for range 50 {
			for _, c := range all {
				sub(t, c, 0, "room")
			}
			for _, c := range all {
				c.Unsubscribe(madang.Channel{Name: "room"})
			}
		}
		sub(t, all[0], 0, "room")
		settle()
		said := g.said()
		for i, s := range said {
			if want := [2]string{"+room", "-room"}[i%2]; s != want {
				t.Fatalf("heard %v: not in turn", said)
			}
		}
		if len(said)%2 != 1 {
			t.Fatalf("heard %v, but the room is occupied", said)
		}
	})
}
