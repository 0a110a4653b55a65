// Package limit counts attempts: so many of a kind in so much time, as Laravel's RateLimiter does with fixed windows. A window
// begins with its first attempt. An attempt is counted before it is made, so that many at once cannot be more than are
// allowed; one that turns out to be good is forgotten with [Limiter.Clear].
package limit

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"
)

// A Counter keeps counts, as a [madang/shared.Counts] does. All nodes of a server share one, or each allows as many as all should.
type Counter interface {
	// Add adds one to the count of a key, and returns what it is then and how long it still runs. A count that is not there
	// begins at one and runs for the window.
	Add(ctx context.Context, key string, window time.Duration) (n int64, left time.Duration, err error)
	// Count returns what the count of a key is and how long it still runs; zero if it is not there.
	Count(ctx context.Context, key string) (n int64, left time.Duration, err error)
	// Clear removes a key. It is no error if it is not there.
	Clear(ctx context.Context, key string) error
}

// A Rule is how many attempts are allowed in a window.
type Rule struct {
	Max    int64         // attempts that are allowed
	Window time.Duration // from the first of them on
}

// Validate reports a rule that allows nothing, or has no window.
func (r Rule) Validate() error {
	if r.Max < 1 || r.Window < time.Second {
		return fmt.Errorf("a limit must allow at least 1 attempt in at least 1s, not %d in %v", r.Max, r.Window)
	}
	return nil
}

// A Verdict is what a limit says to one attempt.
type Verdict struct {
	Allowed   bool
	Limit     int64
	Remaining int64         // attempts that are left in the window
	First     bool          // it is the first one of the window that is refused: worth a line in a log, the others are not
	Retry     time.Duration // until the window ends, and attempts are allowed again
}

// Seconds returns Retry as people are told it: a second begun is a second.
func (v Verdict) Seconds() int64 { return max(1, int64(math.Ceil(v.Retry.Seconds()))) }

// Header sets the headers that Laravel's throttle sets: X-RateLimit-Limit and X-RateLimit-Remaining, and for an attempt that
// was refused Retry-After in seconds and X-RateLimit-Reset in Unix seconds.
func (v Verdict) Header(h http.Header, now time.Time) {
	h.Set("X-RateLimit-Limit", strconv.FormatInt(v.Limit, 10))
	h.Set("X-RateLimit-Remaining", strconv.FormatInt(v.Remaining, 10))
	if !v.Allowed {
		h.Set("Retry-After", strconv.FormatInt(v.Seconds(), 10))
		h.Set("X-RateLimit-Reset", strconv.FormatInt(now.Unix()+v.Seconds(), 10))
	}
}

// A Limiter applies rules. It is safe for concurrent use.
type Limiter struct{ counter Counter }

// New returns a Limiter on a Counter.
func New(c Counter) *Limiter { return &Limiter{c} }

// maxKey is the longest key in bytes. Keys have in them what people typed.
const maxKey = 512

// ErrKey says that a key is too long.
var ErrKey = errors.New("limit: the key is too long")

// Take counts an attempt and says whether it may be made. One that may not be is counted too, but makes the window no longer.
func (l *Limiter) Take(ctx context.Context, key string, r Rule) (Verdict, error) {
	if len(key) > maxKey {
		return Verdict{}, ErrKey
	}
	n, left, err := l.counter.Add(ctx, key, r.Window)
	if err != nil {
		return Verdict{}, fmt.Errorf("count an attempt: %w", err)
	}
	return r.judge(n, left), nil
}

// Look says what Take would have said last, and counts nothing.
func (l *Limiter) Look(ctx context.Context, key string, r Rule) (Verdict, error) {
	if len(key) > maxKey {
		return Verdict{}, ErrKey
	}
	n, left, err := l.counter.Count(ctx, key)
	if err != nil {
		return Verdict{}, fmt.Errorf("look at a limit: %w", err)
	}
	return r.judge(n, left), nil
}

// Clear forgets the attempts of a key.
func (l *Limiter) Clear(ctx context.Context, key string) error {
	if err := l.counter.Clear(ctx, key); err != nil {
		return fmt.Errorf("forget attempts: %w", err)
	}
	return nil
}

func (r Rule) judge(n int64, left time.Duration) Verdict {
	return Verdict{Allowed: n <= r.Max, Limit: r.Max, Remaining: max(0, r.Max-n), First: n == r.Max+1, Retry: left}
}
