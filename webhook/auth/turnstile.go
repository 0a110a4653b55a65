package auth

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// errBusy says that too many wait already, or have for too long.
var errBusy = errors.New("too many questions wait for the backend")

// A turnstile lets so many through at a time and so many more wait.
type turnstile struct {
	slots   chan struct{}
	waiting atomic.Int64
	most    int64
}

func newTurnstile(slots, waiting int) *turnstile {
	return &turnstile{slots: make(chan struct{}, slots), most: int64(waiting)}
}

// enter waits for a slot; leave gives it back.
func (t *turnstile) enter(ctx context.Context) error {
	select {
	case t.slots <- struct{}{}:
		return nil
	default:
	}
	defer t.waiting.Add(-1)
	if t.waiting.Add(1) > t.most {
		return errBusy
	}
	select {
	case t.slots <- struct{}{}:
		if !late(ctx) {
			return nil
		}
		t.leave() // it came in the moment in which the waiting was over
	case <-ctx.Done():
	}
	return fmt.Errorf("%w: %w", errBusy, cmp.Or(ctx.Err(), context.DeadlineExceeded))
}

// late reports whether there is no time left to ask anything.
func late(ctx context.Context) bool {
	end, ok := ctx.Deadline()
	return ctx.Err() != nil || ok && !time.Now().Before(end)
}

func (t *turnstile) leave() { <-t.slots }
