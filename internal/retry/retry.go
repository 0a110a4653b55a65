// Package retry says how long to wait before trying again, and waits.
package retry

import (
	"context"
	"math/rand/v2"
	"time"
)

// A Backoff is how waits grow: each is twice as long as the one before, from First to Most. Half of each is random, so that
// those who failed together do not come back together.
type Backoff struct {
	First time.Duration
	Most  time.Duration
}

// After returns how long to wait when it has failed so many times in a row, 1 and more: between half of the wait and all
// of it.
func (b Backoff) After(failed int) time.Duration {
	d := b.First
	for i := 1; i < failed && d < b.Most; i++ {
		d *= 2
	}
	return Spread(min(d, b.Most))
}

// Spread returns a random duration between half of d and d.
func Spread(d time.Duration) time.Duration {
	if d <= 1 {
		return max(d, 0)
	}
	return d/2 + rand.N(d/2+1)
}

// Sleep waits, or until ctx ends, of which it returns the error.
func Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
