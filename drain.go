package madang

import (
	"context"
	"math/rand/v2"
	"time"
)

// Drain ends all lines in good order: no new ones are taken, those that are here are told to move in random order over
// the spread, each in its dialect's own words, and Drain returns when all have gone or ctx ends. Close comes after it.
func (h *Hub) Drain(ctx context.Context, spread time.Duration) error {
	h.state.CompareAndSwap(hubRunning, hubDraining)
	all := h.allLines()
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	start := time.Now()
	for i, k := range all {
		at := start.Add(spread * time.Duration(i) / time.Duration(len(all)))
		if err := sleep(ctx, time.Until(at)); err != nil {
			return err
		}
		if x, ok := k.link.(Finisher); ok {
			x.Finish(func() { k.Close(CloseDrain) })
		} else {
			k.Close(CloseDrain)
		}
	}
	for h.lines.Load() > 0 {
		if err := sleep(ctx, 10*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

// Draining reports whether the hub no longer takes links.
func (h *Hub) Draining() bool { return h.state.Load() >= hubDraining }

func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// A Finisher is a Link that takes nothing more and calls done when what it has begun is answered.
type Finisher interface{ Finish(done func()) }
