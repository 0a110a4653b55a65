package redis

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"madang"
	"madang/internal/redistest"
)

// clients returns how many connections Redis has.
func clients(s *redistest.Server) (n int) {
	for line := range strings.SplitSeq(s.Do("INFO", "clients"), "\r\n") {
		if text, ok := strings.CutPrefix(line, "connected_clients:"); ok {
			n, _ = strconv.Atoi(text)
		}
	}
	return n
}

// However often connections break and channels come and go, nothing is left behind: neither goroutines nor connections
// here, nor keys in Redis but those of streams that may still be asked for.
//
//nolint:paralleltest // it counts goroutines
func TestNothingPilesUp(t *testing.T) {
	server := standalone(t)
	way, c := newProxy(t, server.Addr), quick(server.URL())
	c.URL, c.Forget = way.url(), time.Second
	b, ear := listen(t, c, room("news"))
	if err := b.Keep(t.Context(), "7", time.Minute); err != nil {
		t.Fatal(err)
	}
	round := func(n int) {
		passing := room(fmt.Sprint("passing", n))
		if err := b.Subscribe(t.Context(), passing); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Put(t.Context(), passing, madang.Member{User: "u", Conn: "7.1", Node: "7"}); err != nil {
			t.Fatal(err)
		}
		mustSay(t, b, passing, 1, 1, madang.Retention{Count: 5, Age: time.Second})
		eventually(t, "it is heard", func() bool { return len(ear.events(passing)) == 1 })
		if _, _, err := b.Remove(t.Context(), passing, "7.1"); err != nil {
			t.Fatal(err)
		}
		if err := b.Unsubscribe(t.Context(), passing); err != nil {
			t.Fatal(err)
		}
		outages := b.Stats().Outages
		way.cut(false)
		eventually(t, "it is noticed", func() bool { return b.Stats().Outages > outages })
		eventually(t, "all is ready", func() bool { return b.Ready(t.Context()) == nil })
	}
	round(0)
	goroutines, connections := runtime.NumGoroutine(), clients(server)
	rounds := 20 * long()
	for n := range rounds {
		round(n + 1)
	}
	// Connections may still have been coming back when they were counted first, so a few more are none too many; of what piles
	// up there is one at least for each round.
	eventually(t, "there are no more goroutines and connections than before", func() bool {
		return runtime.NumGoroutine() < goroutines+rounds/2 && clients(server) < connections+rounds/2
	})
	eventually(t, "what nobody can ask for is gone", func() bool {
		left := server.Do("KEYS", "*passing*")
		return left == ""
	})
	for _, p := range b.partitions {
		p.mu.Lock()
		if len(p.subs) > 1 {
			t.Errorf("%d subscriptions in partition %d", len(p.subs), p.id)
		}
		p.mu.Unlock()
		if o := &b.own.parts[p.id]; len(o.entries)+len(o.doubts) > 0 {
			t.Errorf("entries %v and doubts %v in partition %d", o.entries, o.doubts, p.id)
		}
	}
}

// A dead node may have had more entries than one script removes. Of several that sweep, each entry goes to one.
func TestSweepMany(t *testing.T) {
	t.Parallel()
	server := standalone(t)
	c := quick(server.URL())
	c.Partitions = 2
	a, b := open(t, c), open(t, c)
	if err := a.Keep(t.Context(), "7", time.Second); err != nil {
		t.Fatal(err)
	}
	const users = 3 * maxSwept
	var work sync.WaitGroup
	for w := range 8 {
		work.Go(func() {
			for i := w; i < users; i += 8 {
				m := madang.Member{User: fmt.Sprint("u", i), Conn: madang.ConnID(fmt.Sprint("7.", i)), Node: "7"}
				if _, err := a.Put(t.Context(), room(fmt.Sprint(i%7)), m); err != nil {
					t.Error(err)
				}
			}
		})
	}
	work.Wait()
	var mu sync.Mutex
	seen := map[madang.ConnID]int{}
	eventually(t, "all are swept", func() bool {
		for _, x := range []*Broker{a, b} {
			work.Go(func() {
				gone, err := x.Sweep(t.Context())
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				for _, d := range gone {
					seen[d.Member.Conn]++
					if !d.Last || d.Member.User != strings.Replace(string(d.Member.Conn), "7.", "u", 1) {
						t.Errorf("swept %+v", d)
					}
				}
			})
		}
		work.Wait()
		return len(seen) >= users
	})
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s was swept %d times", id, n)
		}
	}
	if left := server.Do("KEYS", c.Prefix+"{*}[hun]:*"); left != "" {
		t.Errorf("left behind: %q", left)
	}
}
