package madang

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
)

// A tide is how far this node has heard what it has itself published in a channel. In one process that is at once; between
// nodes it comes back by the broker a moment later.
type tide struct {
	sent    atomic.Uint64 // the newest offset that was published
	heard   atomic.Uint64 // the newest that was delivered
	waiting atomic.Int32

	mu   sync.Mutex
	more chan struct{} // closed and made anew with each event while somebody waits
}

// publish notes what was published. Offsets grow over epochs, too, as far as this matters.
func (t *tide) publish(offset uint64) {
	for {
		was := t.sent.Load()
		if offset <= was || t.sent.CompareAndSwap(was, offset) {
			return
		}
	}
}

// hear notes what was delivered.
func (t *tide) hear(offset uint64) {
	t.heard.Store(offset)
	if t.waiting.Load() == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.more != nil {
		close(t.more)
		t.more = nil
	}
}

// wait returns when everything that was published before it was called has been delivered.
func (t *tide) wait(ctx context.Context) error {
	until := t.sent.Load()
	if t.heard.Load() >= until {
		return nil
	}
	t.waiting.Add(1)
	defer t.waiting.Add(-1)
	for {
		t.mu.Lock()
		if t.more == nil {
			t.more = make(chan struct{})
		}
		more := t.more
		t.mu.Unlock()
		if t.heard.Load() >= until {
			return nil
		}
		select {
		case <-more:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// CatchUp waits until this node has been delivered what its own code has emitted to a channel, or to audiences, before: with a
// broker between nodes that takes a moment. Who is about to leave the channel then has it.
func (h *Hub) CatchUp(ctx context.Context, c Channel) error {
	if err := h.orderTide.wait(ctx); err != nil {
		return fmt.Errorf("catch up with what was sent to audiences: %w", err)
	}
	if k := h.lookup(c); k != nil {
		if err := k.tide.wait(ctx); err != nil {
			return fmt.Errorf("catch up with %s: %w", c, err)
		}
	}
	return nil
}

// emitted notes the position of something that this node has emitted.
func (h *Hub) emitted(c Channel, at []Position) {
	if len(at) == 0 {
		return
	}
	if c.Name == allNodes {
		h.orderTide.publish(at[0].Offset)
	} else if k := h.lookup(c); k != nil {
		k.tide.publish(at[0].Offset)
	}
}
