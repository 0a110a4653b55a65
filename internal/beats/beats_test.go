package beats_test

import (
	"cmp"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"madang/internal/beats"
	"pgregory.net/rapid"
)

// A guest has turns, and notes when they came.
type guest struct {
	name  int
	turn  beats.Turn
	rings []time.Duration
}

func turnOf(g *guest) *beats.Turn { return &g.turn }

// note returns a queue whose guests note their turns.
func note() *beats.Queue[guest] {
	var q *beats.Queue[guest]
	q = beats.New(turnOf, func(g *guest) { g.rings = append(g.rings, q.Now()) })
	return q
}

func wantRings(t *testing.T, g *guest, want ...time.Duration) {
	t.Helper()
	if !slices.Equal(g.rings, want) {
		t.Errorf("guest %d had its turns at %v, want %v", g.name, g.rings, want)
	}
}

func TestATurnComesOnceWhenItIsDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, late, soon := note(), &guest{name: 1}, &guest{name: 2}
		q.Set(late, 9*time.Second)
		q.Set(soon, 3*time.Second)
		if n := q.Len(); n != 2 {
			t.Errorf("%d wait, want 2", n)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		wantRings(t, late, 9*time.Second)
		wantRings(t, soon, 3*time.Second)
		if n := q.Len(); n != 0 {
			t.Errorf("%d wait, want 0", n)
		}
	})
}

func TestATurnMovesBothWays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, later, earlier := note(), &guest{name: 1}, &guest{name: 2}
		q.Set(later, 2*time.Second)
		q.Set(earlier, 8*time.Second)
		time.Sleep(time.Second)
		q.Set(later, 8*time.Second)
		q.Set(earlier, 2*time.Second)
		time.Sleep(time.Minute)
		synctest.Wait()
		wantRings(t, later, 9*time.Second)
		wantRings(t, earlier, 3*time.Second)
	})
}

func TestADroppedTurnDoesNotComeUntilItIsSetAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, g, other := note(), &guest{name: 1}, &guest{name: 2}
		q.Drop(g) // has none
		q.Set(g, time.Second)
		q.Set(other, 2*time.Second)
		q.Drop(g)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		wantRings(t, g)
		wantRings(t, other, 2*time.Second)
		q.Set(g, time.Second)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		wantRings(t, g, 11*time.Second)
	})
}

func TestAnEndedTurnIsNotSetAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, waits, never := note(), &guest{name: 1}, &guest{name: 2}
		q.Set(waits, time.Second)
		for _, g := range []*guest{waits, never} {
			q.End(g)
			q.Set(g, time.Second)
			q.End(g)
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		wantRings(t, waits)
		wantRings(t, never)
		if n := q.Len(); n != 0 {
			t.Errorf("%d wait, want 0", n)
		}
	})
}

// A heartbeat sets its own next turn.
func TestRingMayCallTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, other := &guest{name: 1}, &guest{name: 2}
		var q *beats.Queue[guest]
		q = beats.New(turnOf, func(g *guest) {
			g.rings = append(g.rings, q.Now())
			q.Drop(other)
			if len(g.rings) < 3 {
				q.Set(g, 25*time.Second)
			}
		})
		q.Set(g, time.Second)
		q.Set(other, 30*time.Second)
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		wantRings(t, g, time.Second, 26*time.Second, 51*time.Second)
		wantRings(t, other)
	})
}

// A due is a turn that came, or that should have.
type due struct {
	at   time.Duration
	name int
}

// A step is what happens to a guest, and how long nothing happens then.
type step struct {
	guest, what int
	wait, pause time.Duration
}

func genStep(t *rapid.T) step {
	return step{rapid.IntRange(0, 9).Draw(t, "guest"), rapid.IntRange(0, 9).Draw(t, "what"),
		time.Duration(rapid.IntRange(0, 40).Draw(t, "wait")) * time.Second,
		time.Duration(rapid.IntRange(0, 10).Draw(t, "pause")) * time.Second}
}

// Whatever is set, moved and taken out: each turn comes exactly when it was last told to, and in order.
func TestTurnsAgainstAModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		steps := rapid.SliceOfN(rapid.Custom(genStep), 1, 60).Draw(rt, "steps")
		var got, want []due
		synctest.Test(t, func(*testing.T) { got, want = play(steps) })
		if !slices.IsSortedFunc(got, func(a, b due) int { return cmp.Compare(a.at, b.at) }) {
			rt.Fatalf("out of order: %v", got)
		}
		byTime := func(a, b due) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.name, b.name)) }
		slices.SortFunc(got, byTime)
		slices.SortFunc(want, byTime)
		if !slices.Equal(got, want) {
			rt.Fatalf("turns came at %v, want %v", got, want)
		}
	})
}

// play takes steps with a queue and with a model of it, and returns the turns that came in both.
func play(steps []step) (got, want []due) {
	var mu sync.Mutex // of got
	var q *beats.Queue[guest]
	q = beats.New(turnOf, func(g *guest) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, due{q.Now(), g.name})
	})
	guests, waiting, ended := make([]guest, 10), map[int]time.Duration{}, map[int]bool{}
	rest := func(d time.Duration) {
		time.Sleep(d)
		synctest.Wait()
		for name, at := range waiting {
			if at <= q.Now() {
				want = append(want, due{at, name})
				delete(waiting, name)
			}
		}
	}
	for _, s := range steps {
		g := &guests[s.guest]
		g.name = s.guest
		switch s.what {
		case 0:
			q.End(g)
			ended[g.name] = true
			delete(waiting, g.name)
		case 1, 2:
			q.Drop(g)
			delete(waiting, g.name)
		default:
			q.Set(g, s.wait)
			if !ended[g.name] {
				waiting[g.name] = q.Now() + s.wait
			}
		}
		rest(s.pause)
	}
	rest(time.Hour)
	return got, want
}

// Many set and drop turns at once, as connections that come and go do; each that stays has its turn.
func TestManyAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q, guests := note(), make([]guest, 500)
		var all sync.WaitGroup
		for i := range guests {
			all.Go(func() {
				g := &guests[i]
				g.name = i
				q.Set(g, time.Duration(i%7+1)*time.Second)
				q.Set(g, time.Duration(i%5+1)*time.Second)
				if i%3 == 0 {
					q.End(g)
				}
			})
		}
		all.Wait()
		time.Sleep(time.Minute)
		synctest.Wait()
		for i := range guests {
			if i%3 == 0 {
				wantRings(t, &guests[i])
			} else {
				wantRings(t, &guests[i], time.Duration(i%5+1)*time.Second)
			}
		}
	})
}
