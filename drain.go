package madang

import (
	"context"
	"math/rand/v2"
	"time"
)

const (
	// lingerTime is how long a node that has moved everybody stays for what other nodes ask it of those who came to them.
	lingerTime = 5 * time.Second
	// movedLease is how long presence entries of clients that were moved outlive their node: long enough for a client to be
	// back, so that others do not see it leave and come.
	movedLease = 5 * time.Second
)

// Refuse begins an end in good order: from now on no new links are taken. Those that are here stay as they are until Drain.
func (h *Hub) Refuse() { h.state.CompareAndSwap(hubRunning, hubRefusing) }

// Drain ends all lines in good order: no new ones are taken, those that are here are told to move in random order over
// the spread, each in its dialect's own words, and Drain returns when all have gone or ctx ends. Close comes after it.
//
// Where there are other nodes, presence entries of those who are moved stay until shortly after Close: a user who is back
// elsewhere by then was never away, and of one who is not the other nodes tell that it has left. And links that stand in for
// clients ([Hub.OpenInner]) are not moved, but stay for a moment after the others, at most as long as the spread.
func (h *Hub) Drain(ctx context.Context, spread time.Duration) error {
	if nodes, err := h.Nodes(ctx); err == nil && len(nodes) > 1 {
		h.moving.Store(true)
	}
	h.Refuse()
	h.state.CompareAndSwap(hubRefusing, hubDraining)
	if err := h.moveAll(ctx, spread); err != nil {
		return err
	}
	for h.lines.Load() > h.inner.Load() {
		if err := sleep(ctx, 10*time.Millisecond); err != nil {
			return err
		}
	}
	if !h.moving.Load() {
		return nil
	}
	for end := time.Now().Add(min(spread, lingerTime)); h.inner.Load() > 0 && time.Now().Before(end); {
		if err := sleep(ctx, 10*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

// moveAll tells everybody to move, one after another.
func (h *Hub) moveAll(ctx context.Context, spread time.Duration) error {
	var all []*Line
	for _, k := range h.allLines() {
		if !k.inner {
			all = append(all, k)
		}
	}
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
	return nil
}

// Draining reports whether the hub no longer takes links.
func (h *Hub) Draining() bool { return h.state.Load() >= hubRefusing }

// stays reports whether the presence entries of a connection that ends are left to this node's lease.
func (h *Hub) stays(r CloseReason) bool {
	return r == CloseDrain && h.moving.Load() && h.state.Load() == hubDraining
}

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
