package shared

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"madang"
)

// A Fallback is [Counts] that go on while those who count for all nodes do not answer: this node counts by itself then, from
// nothing. So a limit of the cluster becomes one of each node for that long, and nobody is locked out for the lack of an
// answer. Use it for limits that keep somebody from trying too often; not for what must happen once.
type Fallback struct {
	all, own Counts
	log      *slog.Logger

	away  atomic.Bool
	count atomic.Uint64
}

// NewFallback returns a Fallback: own counts while all fails. The log may be nil.
func NewFallback(all, own Counts, log *slog.Logger) *Fallback {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Fallback{all: all, own: own, log: log}
}

// Alone returns how many calls this node has answered by itself.
func (f *Fallback) Alone() uint64 { return f.count.Load() }

// Add implements [Counts].
func (f *Fallback) Add(ctx context.Context, key string, window time.Duration) (int64, time.Duration, error) {
	n, left, err := f.all.Add(ctx, key, window)
	if f.failed(ctx, err) {
		return f.own.Add(ctx, key, window)
	}
	return n, left, err
}

// Count implements [Counts].
func (f *Fallback) Count(ctx context.Context, key string) (int64, time.Duration, error) {
	n, left, err := f.all.Count(ctx, key)
	if f.failed(ctx, err) {
		return f.own.Count(ctx, key)
	}
	return n, left, err
}

// Clear implements [Counts]. What this node has counted by itself is cleared as well.
func (f *Fallback) Clear(ctx context.Context, key string) error {
	err := f.all.Clear(ctx, key)
	own := f.own.Clear(ctx, key)
	if f.failed(ctx, err) {
		return own
	}
	return err
}

// Take implements [Counts].
func (f *Fallback) Take(ctx context.Context, key string, r Rate) (Answer, error) {
	a, err := f.all.Take(ctx, key, r)
	if f.failed(ctx, err) {
		return f.own.Take(ctx, key, r)
	}
	return a, err
}

// failed reports whether this node has to count by itself, and says so once.
func (f *Fallback) failed(ctx context.Context, err error) bool {
	switch {
	case err == nil:
		if f.away.Load() && f.away.CompareAndSwap(true, false) {
			f.log.InfoContext(ctx, "limits hold over all nodes again")
		}
		return false
	case errors.Is(err, madang.ErrInvalid), ctx.Err() != nil: // nobody else would say anything else, or wants to know
		return false
	}
	f.count.Add(1)
	if f.away.CompareAndSwap(false, true) {
		f.log.WarnContext(ctx, "limits that hold over all nodes cannot be asked for; each node limits by itself meanwhile", "error", err)
	}
	return true
}
