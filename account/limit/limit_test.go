package limit

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"madang/shared"
)

// TestLimiter compares with a model that remembers every attempt.
func TestLimiter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(1e9, 0)
		l := New(shared.NewMemory(func() time.Time { return now }))
		rule := Rule{Max: rapid.Int64Range(1, 4).Draw(t, "max"), Window: time.Duration(rapid.IntRange(1, 5).Draw(t, "window")) * time.Second}
		begun, counts := map[string]time.Time{}, map[string]int64{}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 3000).Draw(t, "pause")) * time.Millisecond)
			key := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "key")
			if at, ok := begun[key]; ok && now.Sub(at) >= rule.Window {
				delete(begun, key)
				delete(counts, key)
			}
			var v Verdict
			var err error
			switch rapid.SampledFrom([]string{"take", "take", "look", "clear"}).Draw(t, "what") {
			case "take":
				if _, ok := begun[key]; !ok {
					begun[key] = now
				}
				counts[key]++
				v, err = l.Take(t.Context(), key, rule)
			case "look":
				v, err = l.Look(t.Context(), key, rule)
			case "clear":
				delete(begun, key)
				delete(counts, key)
				err = l.Clear(t.Context(), key)
				v = rule.judge(0, 0)
			}
			want := Verdict{Allowed: counts[key] <= rule.Max, Limit: rule.Max, Remaining: max(0, rule.Max-counts[key]), First: counts[key] == rule.Max+1}
			if at, ok := begun[key]; ok {
				want.Retry = at.Add(rule.Window).Sub(now)
			}
			if err != nil || v != want {
				t.Fatalf("%+v, %v, want %+v", v, err, want)
			}
		}
	})
}

// As many as are allowed are allowed, however many come at once.
func TestParallel(t *testing.T) {
	l := New(shared.NewMemory(nil))
	var allowed atomic.Int64
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			if v, err := l.Take(t.Context(), "login", Rule{Max: 5, Window: time.Hour}); err == nil && v.Allowed {
				allowed.Add(1)
			}
		})
	}
	wg.Wait()
	if allowed.Load() != 5 {
		t.Errorf("%d of 100 were allowed, want 5", allowed.Load())
	}
}

func TestHeader(t *testing.T) {
	now := time.Unix(1000, 0)
	for name, c := range map[string]struct {
		v    Verdict
		want http.Header
	}{
		"allowed": {Verdict{Allowed: true, Limit: 5, Remaining: 2, Retry: time.Minute}, http.Header{
			"X-Ratelimit-Limit": {"5"}, "X-Ratelimit-Remaining": {"2"}}},
		"refused": {Verdict{Limit: 5, Retry: 35100 * time.Millisecond}, http.Header{
			"X-Ratelimit-Limit": {"5"}, "X-Ratelimit-Remaining": {"0"}, "Retry-After": {"36"}, "X-Ratelimit-Reset": {"1036"}}},
		"over in a moment": {Verdict{Limit: 5}, http.Header{
			"X-Ratelimit-Limit": {"5"}, "X-Ratelimit-Remaining": {"0"}, "Retry-After": {"1"}, "X-Ratelimit-Reset": {"1001"}}},
	} {
		h := http.Header{}
		c.v.Header(h, now)
		if fmt.Sprint(h) != fmt.Sprint(c.want) {
			t.Errorf("%s: %v, want %v", name, h, c.want)
		}
	}
}

func TestLongKey(t *testing.T) {
	l := New(shared.NewMemory(nil))
	key := strings.Repeat("x", maxKey+1)
	if _, err := l.Take(t.Context(), key, Rule{Max: 1, Window: time.Second}); !errors.Is(err, ErrKey) {
		t.Error(err)
	}
	if _, err := l.Look(t.Context(), key, Rule{Max: 1, Window: time.Second}); !errors.Is(err, ErrKey) {
		t.Error(err)
	}
}

func TestRule(t *testing.T) {
	if err := (Rule{Max: 1, Window: time.Second}).Validate(); err != nil {
		t.Error(err)
	}
	for _, r := range []Rule{{}, {Max: 1}, {Window: time.Minute}, {Max: -1, Window: time.Minute}} {
		if r.Validate() == nil {
			t.Errorf("%+v", r)
		}
	}
}
