package sharedtest

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"madang/shared"
)

// TestCounts checks a [shared.Counts]. fresh returns, with nothing remembered, what opens nodes.
//
//nolint:tparallel // whether the rest of the caller runs beside it is the caller's matter
func TestCounts(t *testing.T, fresh func(t *testing.T) Nodes[shared.Counts]) {
	for name, test := range map[string]func(*testing.T, Nodes[shared.Counts]){
		"Windows": windows, "WindowsEnd": windowsEnd, "WindowsAtOnce": windowsAtOnce, "Clear": clearing,
		"Buckets": buckets, "BucketsFill": bucketsFill, "BucketsAtOnce": bucketsAtOnce, "Apart": apart, "CountsBounds": countsBounds,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, fresh(t))
		})
	}
}

// windows are counted by all nodes together, and apart by key.
func windows(t *testing.T, open Nodes[shared.Counts]) {
	a, b := open(t), open(t)
	want := func(c shared.Counts, key string, want int64) {
		t.Helper()
		n, left, err := c.Add(t.Context(), key, long)
		if err != nil || n != want || left <= 0 || left > long {
			t.Errorf("%s: %d for %v, %v; want %d", key, n, left, err, want)
		}
	}
	want(a, "login", 1)
	want(b, "login", 2)
	want(a, "login", 3)
	want(b, "other {login}", 1)
	for _, c := range []shared.Counts{a, b} {
		if n, left, err := c.Count(t.Context(), "login"); n != 3 || left <= 0 || left > long || err != nil {
			t.Errorf("the count is %d for %v, %v; want 3", n, left, err)
		}
		if n, left, err := c.Count(t.Context(), "never"); n != 0 || left != 0 || err != nil {
			t.Errorf("a window that is not there: %d for %v, %v", n, left, err)
		}
	}
}

// windowsEnd with the time that their first one gave them, and not later for those that came meanwhile.
func windowsEnd(t *testing.T, open Nodes[shared.Counts]) {
	a, b := open(t), open(t)
	if n, _, err := a.Add(t.Context(), "login", 200*time.Millisecond); n != 1 || err != nil {
		t.Fatalf("first: %d, %v", n, err)
	}
	if _, left, err := b.Add(t.Context(), "login", long); err != nil || left > 200*time.Millisecond && left != long {
		t.Errorf("second: it ends in %v, %v", left, err) // long: the machine was that slow
	}
	eventually(t, "the window ends", func() bool {
		n, _, err := b.Count(t.Context(), "login")
		return err == nil && n <= 1 // 1: it began anew above
	})
}

// windowsAtOnce checks that no two get the same place.
func windowsAtOnce(t *testing.T, open Nodes[shared.Counts]) {
	nodes := []shared.Counts{open(t), open(t)}
	const most, all = 5, 40
	var allowed atomic.Int64
	var wg sync.WaitGroup
	for i := range all {
		wg.Go(func() {
			n, _, err := nodes[i%2].Add(t.Context(), "login", long)
			if err != nil {
				t.Error(err)
			} else if n <= most {
				allowed.Add(1)
			}
		})
	}
	wg.Wait()
	if n, _, err := nodes[0].Count(t.Context(), "login"); allowed.Load() != most || n != all || err != nil {
		t.Errorf("%d of %d were among the first %d, and %d were counted, %v", allowed.Load(), all, most, n, err)
	}
}

// clearing forgets a window on all nodes.
func clearing(t *testing.T, open Nodes[shared.Counts]) {
	a, b := open(t), open(t)
	if err := a.Clear(t.Context(), "login"); err != nil {
		t.Errorf("nothing to clear: %v", err)
	}
	for range 3 {
		if _, _, err := a.Add(t.Context(), "login", long); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Clear(t.Context(), "login"); err != nil {
		t.Fatal(err)
	}
	if n, _, err := a.Count(t.Context(), "login"); n != 0 || err != nil {
		t.Errorf("after it was cleared: %d, %v", n, err)
	}
	if n, _, err := a.Add(t.Context(), "login", long); n != 1 || err != nil {
		t.Errorf("after it was cleared, and once more: %d, %v", n, err)
	}
}

// buckets give as much at once as they hold, to all nodes together.
func buckets(t *testing.T, open Nodes[shared.Counts]) {
	nodes := []shared.Counts{open(t), open(t)}
	r := shared.Rate{Burst: 4, Minute: 1.0 / 60}
	for i := range 4 {
		a, err := nodes[i%2].Take(t.Context(), "commands", r)
		if err != nil || !a.Allowed || a.Left != 3-i || a.Retry != 0 {
			t.Errorf("%d: %+v, %v", i, a, err)
		}
	}
	for _, c := range nodes {
		a, err := c.Take(t.Context(), "commands", r)
		if err != nil || a.Allowed || a.Left != 0 || a.Retry <= 0 || a.Retry > r.Every() {
			t.Errorf("one too many: %+v, %v", a, err)
		}
	}
	if a, err := nodes[0].Take(t.Context(), "commands of another", r); err != nil || !a.Allowed {
		t.Errorf("another: %+v, %v", a, err)
	}
}

// bucketsFill with time.
func bucketsFill(t *testing.T, open Nodes[shared.Counts]) {
	c := open(t)
	r := shared.Rate{Burst: 1, Minute: 600} // one in 100 ms
	for range 2 {
		if _, err := c.Take(t.Context(), "commands", r); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "one comes back", func() bool {
		a, err := c.Take(t.Context(), "commands", r)
		return err == nil && a.Allowed
	})
}

// bucketsAtOnce checks that nobody gets what was taken already.
func bucketsAtOnce(t *testing.T, open Nodes[shared.Counts]) {
	nodes := []shared.Counts{open(t), open(t)}
	r := shared.Rate{Burst: 7, Minute: 1.0 / 60}
	var allowed atomic.Int64
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			a, err := nodes[i%2].Take(t.Context(), "commands", r)
			if err != nil {
				t.Error(err)
			} else if a.Allowed {
				allowed.Add(1)
			}
		})
	}
	wg.Wait()
	if allowed.Load() != 7 {
		t.Errorf("%d of 40 were allowed, want 7", allowed.Load())
	}
}

// apart are windows and buckets of one name.
func apart(t *testing.T, open Nodes[shared.Counts]) {
	c := open(t)
	if a, err := c.Take(t.Context(), "same", shared.Rate{Burst: 2, Minute: 1}); err != nil || !a.Allowed {
		t.Errorf("%+v, %v", a, err)
	}
	if n, _, err := c.Add(t.Context(), "same", long); n != 1 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if err := c.Clear(t.Context(), "same"); err != nil {
		t.Error(err)
	}
	if a, err := c.Take(t.Context(), "same", shared.Rate{Burst: 2, Minute: 1}); err != nil || !a.Allowed || a.Left != 0 {
		t.Errorf("%+v, %v", a, err)
	}
}

func countsBounds(t *testing.T, open Nodes[shared.Counts]) {
	c := open(t)
	for _, key := range bad() {
		_, _, err := c.Add(t.Context(), key, long)
		invalid(t, "add with a bad key", err)
		_, _, err = c.Count(t.Context(), key)
		invalid(t, "count of a bad key", err)
		invalid(t, "clear of a bad key", c.Clear(t.Context(), key))
		_, err = c.Take(t.Context(), key, shared.Rate{Burst: 1, Minute: 1})
		invalid(t, "take with a bad key", err)
	}
	for _, d := range []time.Duration{-1, 0, time.Microsecond, shared.MaxTime + 1} {
		_, _, err := c.Add(t.Context(), "login", d)
		invalid(t, "add for "+d.String(), err)
	}
	for _, r := range []shared.Rate{{}, {Burst: 1}, {Minute: 1}, {Burst: -1, Minute: 1}, {Burst: 1, Minute: 1e9}, {Burst: 1 << 40, Minute: 1}} {
		_, err := c.Take(t.Context(), "commands", r)
		invalid(t, "take at a bad rate", err)
	}
}
