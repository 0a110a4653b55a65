package shared

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"madang"
)

// A flood of other keys does not wash away a count that has just begun.
func TestMemoryIsBounded(t *testing.T) {
	now := time.Unix(1e9, 0)
	m := NewMemory(func() time.Time { return now })
	m.counts.most = 10
	for i := range 100 {
		if _, _, err := m.Add(t.Context(), fmt.Sprint("flood-", i), time.Minute); err != nil {
			t.Fatal(err)
		}
		if _, err := m.Take(t.Context(), fmt.Sprint("flood-", i), Rate{Burst: 5, Minute: 5}); err != nil {
			t.Fatal(err)
		}
		if n, _, _ := m.Add(t.Context(), "victim", time.Hour); n != int64(i+1) {
			t.Fatalf("after %d others the count is %d", i+1, n)
		}
	}
	if len(m.counts.all) != 10 || len(m.counts.ends) != 10 {
		t.Errorf("%d keys, %d ends", len(m.counts.all), len(m.counts.ends))
	}
	now = now.Add(2 * time.Hour)
	if n, left, _ := m.Count(t.Context(), "victim"); n != 0 || left != 0 || len(m.counts.all) != 0 {
		t.Errorf("two hours later: %d, %v, %d keys", n, left, len(m.counts.all))
	}
}

// Keys are not forgotten to make room.
func TestMemoryRefuses(t *testing.T) {
	now := time.Unix(1e9, 0)
	m := NewMemory(func() time.Time { return now })
	m.claims.most, m.mostHeld = 3, 5000
	for i := range 3 {
		if c, err := m.Claim(t.Context(), fmt.Sprint(i), time.Duration(i+1)*time.Minute); err != nil || !c.First {
			t.Fatalf("%d: %+v, %v", i, c, err)
		}
	}
	if _, err := m.Claim(t.Context(), "more", time.Minute); !errors.Is(err, madang.ErrTooMany) {
		t.Errorf("one too many: %v", err)
	}
	if c, err := m.Claim(t.Context(), "0", time.Minute); err != nil || !c.Pending() {
		t.Errorf("a known one: %+v, %v", c, err)
	}
	now = now.Add(time.Minute)
	if c, err := m.Claim(t.Context(), "more", time.Minute); err != nil || !c.First {
		t.Errorf("when one has ended: %+v, %v", c, err)
	}
	for i, most := 0, 5; ; i++ {
		m.claims.most++
		c, err := m.Claim(t.Context(), fmt.Sprint("long ", i), time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		err = m.Settle(t.Context(), fmt.Sprint("long ", i), c.Mark, make([]byte, 1000), time.Hour)
		if i < most == (err != nil) || err != nil && !errors.Is(err, madang.ErrTooMany) {
			t.Fatalf("reply %d: %v", i, err)
		}
		if i == most {
			break
		}
	}
	if now = now.Add(2 * time.Hour); m.held == 0 {
		t.Error("no replies are held")
	}
	if _, err := m.Claim(t.Context(), "later", time.Minute); err != nil || m.held != 0 || len(m.claims.all) != 1 {
		t.Errorf("later: %v, %d bytes, %d keys", err, m.held, len(m.claims.all))
	}
}

// TestBuckets compares a bucket with one that is filled drop by drop.
func TestBuckets(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(1e9, 0)
		m := NewMemory(func() time.Time { return now })
		every := rapid.SampledFrom([]time.Duration{time.Second, 100 * time.Millisecond, 7 * time.Millisecond}).Draw(t, "every")
		r := Rate{Burst: rapid.IntRange(1, 5).Draw(t, "burst"), Minute: float64(time.Minute) / float64(every)}
		every = r.Every()
		content, whole := time.Duration(r.Burst)*every, time.Duration(r.Burst)*every
		for range rapid.IntRange(1, 50).Draw(t, "steps") {
			pause := time.Duration(rapid.Int64Range(0, int64(2*every)).Draw(t, "pause"))
			now, content = now.Add(pause), min(whole, content+pause)
			a, err := m.Take(context.Background(), "x", r)
			want := Answer{Retry: max(0, every-content)}
			if content >= every {
				content -= every
				want = Answer{Allowed: true, Left: int(content / every)}
			}
			if a != want || err != nil {
				t.Fatalf("%+v, %v, want %+v", a, err, want)
			}
		}
	})
}

// What one rate has taken is never more to another than its whole bucket, nor is what a clock that was set back has left.
func TestBucketOfAnotherRate(t *testing.T) {
	now := time.Unix(1e9, 0)
	m := NewMemory(func() time.Time { return now })
	for range 10 {
		if _, err := m.Take(t.Context(), "x", Rate{Burst: 10, Minute: 1}); err != nil {
			t.Fatal(err)
		}
	}
	now = now.Add(-time.Hour)
	a, err := m.Take(t.Context(), "x", Rate{Burst: 2, Minute: 60})
	if err != nil || a.Allowed || a.Retry != time.Second {
		t.Errorf("%+v, %v", a, err)
	}
}

// away is who does not answer, or refuses.
type away struct{ err error }

func (a *away) Add(context.Context, string, time.Duration) (int64, time.Duration, error) {
	return 7, time.Minute, a.err
}
func (a *away) Count(context.Context, string) (int64, time.Duration, error) {
	return 7, time.Minute, a.err
}
func (a *away) Clear(context.Context, string) error { return a.err }
func (a *away) Take(context.Context, string, Rate) (Answer, error) {
	return Answer{Allowed: true, Left: 7}, a.err
}

func TestFallback(t *testing.T) {
	all := &away{}
	f := NewFallback(all, NewMemory(nil), nil)
	add := func(want int64) {
		t.Helper()
		if n, _, err := f.Add(t.Context(), "x", time.Hour); n != want || err != nil {
			t.Errorf("%d, %v; want %d", n, err, want)
		}
	}
	take := func(left int) {
		t.Helper()
		if a, err := f.Take(t.Context(), "x", Rate{Burst: 3, Minute: 1}); a.Left != left || err != nil {
			t.Errorf("%+v, %v; want %d left", a, err, left)
		}
	}
	add(7)
	take(7)
	all.err = errors.New("away")
	add(1)
	add(2)
	take(2)
	if n, _, err := f.Count(t.Context(), "x"); n != 2 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	if err := f.Clear(t.Context(), "x"); err != nil {
		t.Error(err)
	}
	add(1)
	all.err = nil
	add(7)
	if n := f.Alone(); n != 6 {
		t.Errorf("it answered %d times by itself, want 6", n)
	}
	all.err = fmt.Errorf("a bad key: %w", madang.ErrInvalid)
	if _, _, err := f.Add(t.Context(), "x", time.Hour); !errors.Is(err, madang.ErrInvalid) {
		t.Errorf("what is refused: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	all.err = ctx.Err()
	if _, err := f.Take(ctx, "x", Rate{Burst: 3, Minute: 1}); !errors.Is(err, context.Canceled) {
		t.Errorf("who does not want to know any more: %v", err)
	}
}
