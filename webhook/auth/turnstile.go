package auth

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
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
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", errBusy, ctx.Err())
	}
}

func (t *turnstile) leave() { <-t.slots }
