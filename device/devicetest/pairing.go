package devicetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"madang/device/pairing"
)

// begin is when the suites' time begins.
func begin() time.Time { return time.Date(2026, 11, 22, 9, 0, 0, 123_000_000, time.UTC) }

// Pairing runs the suite of a pairing.Store. open returns an empty one; it is called for each test, and sees to it that the
// store is closed.
func Pairing(t *testing.T, open func(*testing.T) pairing.Store) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, pairing.Store){
		"states": pairingStates, "codes": pairingCodes, "last asked": lastAsked, "tallies": tallies, "many at once": pairingAtOnce, "sweep": pairingSweep,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// same fails the test if two values do not print alike.
func same(t testing.TB, got, want any) {
	t.Helper()
	if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); g != w {
		t.Fatalf("got  %s\nwant %s", g, w)
	}
}

func fails(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("the error is %v, want %v", err, want)
	}
}

// shown prints a state with its code.
func shown(s pairing.State) string {
	code := "none"
	if s.Code != nil {
		code = fmt.Sprintf("%+v", *s.Code)
	}
	s.Code = nil
	return fmt.Sprintf("%+v code %s", s, code)
}

func pairingStates(t *testing.T, s pairing.Store) {
	h := pairing.Hub{App: "shop", ID: "SN-1"}
	got, err := s.Pairing(t.Context(), h)
	must(t, err)
	same(t, shown(got), shown(pairing.State{Hub: h}))

	got.Spent, got.Failed, got.Locked, got.Pressed = pairing.Spent{N: 3, Last: begin()}, 2, true, begin().Add(time.Second)
	must(t, s.SavePairing(t.Context(), got))
	fails(t, s.SavePairing(t.Context(), got), pairing.ErrConflict)
	got.Rev = 1
	kept, err := s.Pairing(t.Context(), h)
	must(t, err)
	same(t, shown(kept), shown(got))

	for _, other := range []pairing.Hub{{App: "shop", ID: "SN-2"}, {App: "other", ID: "SN-1"}} {
		state, err := s.Pairing(t.Context(), other)
		must(t, err)
		same(t, shown(state), shown(pairing.State{Hub: other}))
		state.Rev = 1
		fails(t, s.SavePairing(t.Context(), state), pairing.ErrConflict)
	}
}

func pairingCodes(t *testing.T, s pairing.Store) {
	h := pairing.Hub{App: "shop", ID: "SN-1"}
	state := pairing.State{Hub: h, Code: &pairing.Code{
		ID: "id", Requester: "person 김", MAC: pairing.MAC{0, 1, 255}, Wrong: 2, AskedAt: begin(), ExpiresAt: begin().Add(time.Minute),
	}}
	must(t, s.SavePairing(t.Context(), state))
	state.Rev = 1
	state.Code.Wrong = 3 // which is the caller's own
	kept, err := s.Pairing(t.Context(), h)
	must(t, err)
	same(t, kept.Code.Wrong, 2)
	kept.Code.Wrong = 3
	same(t, shown(kept), shown(state))
	kept, err = s.Pairing(t.Context(), h)
	must(t, err)
	same(t, kept.Code.Wrong, 2)
	kept.Code = nil
	must(t, s.SavePairing(t.Context(), kept))
	kept, err = s.Pairing(t.Context(), h)
	must(t, err)
	same(t, shown(kept), shown(pairing.State{Hub: h, Rev: 2}))
}

func lastAsked(t *testing.T, s pairing.Store) {
	put := func(id, requester string, at time.Duration) {
		old, err := s.Pairing(t.Context(), pairing.Hub{App: "shop", ID: id})
		must(t, err)
		old.Code = &pairing.Code{ID: id, Requester: requester, AskedAt: begin().Add(at), ExpiresAt: begin().Add(at + time.Minute)}
		must(t, s.SavePairing(t.Context(), old))
	}
	expect := func(app, requester, id string) {
		t.Helper()
		h, err := s.LastAsked(t.Context(), app, requester)
		if id == "" {
			fails(t, err, pairing.ErrNotFound)
			return
		}
		must(t, err)
		same(t, h, pairing.Hub{App: "shop", ID: id})
	}
	expect("shop", "kim", "")
	put("SN-1", "kim", 2*time.Second)
	put("SN-2", "kim", time.Second)
	put("SN-3", "lee", 3*time.Second)
	expect("shop", "kim", "SN-1")
	expect("shop", "lee", "SN-3")
	expect("other", "kim", "")
	put("SN-1", "lee", 4*time.Second)
	expect("shop", "kim", "SN-2")
	expect("shop", "lee", "SN-1")
}

func tallies(t *testing.T, s pairing.Store) {
	y, err := s.Tally(t.Context(), "shop", "person kim")
	must(t, err)
	same(t, y, pairing.Tally{App: "shop", Key: "person kim"})
	y.Spent = pairing.Spent{N: 4, Last: begin()}
	must(t, s.SaveTally(t.Context(), y))
	fails(t, s.SaveTally(t.Context(), y), pairing.ErrConflict)
	y.Rev = 1
	kept, err := s.Tally(t.Context(), "shop", "person kim")
	must(t, err)
	same(t, kept, y)
	must(t, s.SaveTally(t.Context(), pairing.Tally{App: "other", Key: "person kim", Spent: pairing.Spent{N: 1, Last: begin().Add(time.Hour)}}))

	n, err := s.SweepTallies(t.Context(), begin())
	must(t, err)
	same(t, n, 0)
	n, err = s.SweepTallies(t.Context(), begin().Add(time.Millisecond))
	must(t, err)
	same(t, n, 1)
	kept, err = s.Tally(t.Context(), "shop", "person kim")
	must(t, err)
	same(t, kept, pairing.Tally{App: "shop", Key: "person kim"})
	fails(t, s.SaveTally(t.Context(), y), pairing.ErrConflict)
	kept, err = s.Tally(t.Context(), "other", "person kim")
	must(t, err)
	same(t, kept.Spent.N, 1)
}

func pairingAtOnce(t *testing.T, s pairing.Store) {
	var won atomic.Int64
	var all sync.WaitGroup
	h := pairing.Hub{App: "shop", ID: "SN-1"}
	for range 8 {
		all.Go(func() {
			for range 10 {
				state, err := s.Pairing(t.Context(), h)
				if err == nil {
					state.Failed++
					err = s.SavePairing(t.Context(), state)
				}
				if err == nil {
					won.Add(1)
				} else if !errors.Is(err, pairing.ErrConflict) {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	state, err := s.Pairing(t.Context(), h)
	must(t, err)
	same(t, [2]int64{int64(state.Failed), state.Rev}, [2]int64{won.Load(), won.Load()})
}

// ComparePairing does the same random things to two stores, which open returns empty, and fails if they ever answer
// differently.
func ComparePairing(t *testing.T, open func(*testing.T) (a, b pairing.Store)) {
	t.Helper()
	rapid.Check(t, func(r *rapid.T) {
		a, b := open(t)
		for i := range rapid.IntRange(1, 40).Draw(r, "steps") {
			name, do := pairingStep(r, begin().Add(time.Duration(i)*time.Second))
			if x, y := do(t.Context(), a), do(t.Context(), b); x != y {
				r.Fatalf("%s:\none says     %s\nthe other says %s", name, x, y)
			}
		}
	})
}

func pairingStep(r *rapid.T, now time.Time) (string, func(context.Context, pairing.Store) string) {
	h := pairing.Hub{App: rapid.SampledFrom([]string{"a", "b"}).Draw(r, "app"), ID: rapid.SampledFrom([]string{"1", "2", "3"}).Draw(r, "hub")}
	who := rapid.SampledFrom([]string{"kim", "lee"}).Draw(r, "who")
	n := rapid.IntRange(0, 3).Draw(r, "n")
	stale := int64(rapid.IntRange(0, 4).Draw(r, "stale") / 4)
	name := rapid.SampledFrom([]string{"ask", "drop", "count", "last", "look", "sweep", "sweep states"}).Draw(r, "step")
	return name, func(ctx context.Context, s pairing.Store) string {
		switch name {
		case "ask", "drop":
			state, err := s.Pairing(ctx, h)
			state.Code, state.Failed, state.Locked, state.Rev = nil, n, n == 2, state.Rev-stale
			if name == "ask" {
				state.Code = &pairing.Code{ID: who, Requester: who, Wrong: n, AskedAt: now.Add(time.Duration(-n) * 10 * time.Second), ExpiresAt: now}
			}
			return pairingSaid(nil, errors.Join(err, s.SavePairing(ctx, state)))
		case "count":
			t, err := s.Tally(ctx, h.App, who)
			t.Spent, t.Rev = pairing.Spent{N: t.Spent.N + 1, Last: now}, t.Rev-stale
			return pairingSaid(t, errors.Join(err, s.SaveTally(ctx, t)))
		case "last":
			return pairingSaid(s.LastAsked(ctx, h.App, who))
		case "look":
			state, err := s.Pairing(ctx, h)
			return pairingSaid(shown(state), err)
		case "sweep states":
			return pairingSaid(s.SweepPairings(ctx, now.Add(time.Duration(-n)*5*time.Second)))
		default:
			return pairingSaid(s.SweepTallies(ctx, now.Add(time.Duration(-n)*5*time.Second)))
		}
	}
}

func pairingSaid(v any, err error) string {
	for _, e := range []error{pairing.ErrNotFound, pairing.ErrConflict} {
		if errors.Is(err, e) {
			return e.Error()
		}
	}
	return fmt.Sprintf("%+v, %v", v, err)
}
