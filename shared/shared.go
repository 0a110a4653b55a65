package shared

import (
	"context"
	"fmt"
	"math"
	"time"

	"madang"
)

// Limits of what is remembered.
const (
	MaxKey   = 1 << 10        // bytes of a key
	MaxReply = 1 << 20        // bytes of a reply
	MaxTime  = 24 * time.Hour // of windows, claims and replies, and of a bucket that fills up
)

// Counts remember how often something was done. Implementations are safe for concurrent use. Besides failures of whoever
// remembers, errors are [madang.ErrInvalid]: a key, time or rate is out of its bounds.
type Counts interface {
	// Add adds one to the window of a key, and returns what its count is then and how long it still runs. A window that is
	// not there begins with one, and runs for the time that is given.
	Add(ctx context.Context, key string, window time.Duration) (n int64, left time.Duration, err error)
	// Count returns what the count of a key's window is and how long it still runs; zero if it is not there.
	Count(ctx context.Context, key string) (n int64, left time.Duration, err error)
	// Clear removes a key's window. It is no error if it is not there.
	Clear(ctx context.Context, key string) error
	// Take takes one from the bucket of a key. A bucket that is not there is full.
	Take(ctx context.Context, key string, r Rate) (Answer, error)
}

// A Rate is that of a bucket.
type Rate struct {
	Burst  int     // so many at once, when it is full: at least 1
	Minute float64 // as many come back in a minute: more than 0
}

// Validate reports what cannot work. A bucket must be full again within [MaxTime].
func (r Rate) Validate() error {
	if r.Burst < 1 || !(r.Minute > 0) || math.IsInf(r.Minute, 0) || r.Every() < time.Microsecond ||
		float64(r.Burst)/r.Minute > MaxTime.Minutes() {
		return fmt.Errorf("shared: a rate of %d at once and %v a minute: %w", r.Burst, r.Minute, madang.ErrInvalid)
	}
	return nil
}

// Every returns how long one takes to come back, in whole microseconds.
func (r Rate) Every() time.Duration {
	return time.Duration(float64(time.Minute) / r.Minute).Truncate(time.Microsecond)
}

// An Answer is what a bucket says to one who takes.
type Answer struct {
	Allowed bool
	Left    int           // that may still come at once
	Retry   time.Duration // until one would be allowed; 0 for one who was
}

// Keys remember what was done already. Implementations are safe for concurrent use. Besides failures of whoever remembers,
// errors are [madang.ErrInvalid], and [madang.ErrTooMany]: no more can be remembered now. A key is never forgotten early to
// make room.
type Keys interface {
	// Claim claims a key for a time, if nobody has it.
	Claim(ctx context.Context, key string, lease time.Duration) (Claim, error)
	// Settle leaves a reply for those who claim the key within the time, whoever they are. ErrNotFound: the claim of that
	// mark had ended, and somebody else may have the key by now.
	Settle(ctx context.Context, key, mark string, reply []byte, keep time.Duration) error
	// Release gives up a claim that came to nothing: the key is free. It is no error if the claim had ended.
	Release(ctx context.Context, key, mark string) error
}

// A Claim is what is known of a key.
type Claim struct {
	First bool   // nobody had it: it is the caller's now
	Mark  string // of who has it by this call; empty unless First
	Reply []byte // what was left; never nil if something was, be it empty
}

// Pending reports whether somebody else has the key and has left no reply yet.
func (c Claim) Pending() bool { return !c.First && c.Reply == nil }

// CheckKey reports a key that is empty or too long.
func CheckKey(key string) error {
	if key == "" || len(key) > MaxKey {
		return fmt.Errorf("shared: a key of %d bytes, instead of 1 to %d: %w", len(key), MaxKey, madang.ErrInvalid)
	}
	return nil
}

// Check reports a key or a time out of bounds.
func Check(key string, d time.Duration) error {
	if err := CheckKey(key); err != nil {
		return err
	}
	if d < time.Millisecond || d > MaxTime {
		return fmt.Errorf("shared: something is to be remembered for %v, instead of 1ms to %v: %w", d, MaxTime, madang.ErrInvalid)
	}
	return nil
}

// CheckReply reports a reply that is too long.
func CheckReply(reply []byte) error {
	if len(reply) > MaxReply {
		return fmt.Errorf("shared: a reply of %d bytes, more than %d: %w", len(reply), MaxReply, madang.ErrInvalid)
	}
	return nil
}
