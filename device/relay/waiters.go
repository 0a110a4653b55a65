package relay

import (
	"context"
	"sync"

	"madang/device"
)

// waiters are those of this node who wait for the end of a command. The zero value is ready.
type waiters struct {
	mu  sync.Mutex
	all map[endedNote][]chan struct{}
}

// add begins to wait; done must be called.
func (w *waiters) add(n endedNote) (ended <-chan struct{}, done func()) {
	ch := make(chan struct{})
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.all == nil {
		w.all = map[endedNote][]chan struct{}{}
	}
	w.all[n] = append(w.all[n], ch)
	return ch, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		for i, x := range w.all[n] {
			if x == ch {
				w.all[n] = append(w.all[n][:i], w.all[n][i+1:]...)
			}
		}
		if len(w.all[n]) == 0 {
			delete(w.all, n)
		}
	}
}

func (w *waiters) wake(n endedNote) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, ch := range w.all[n] {
		close(ch)
	}
	delete(w.all, n)
}

// Await waits until a command that is on its way has ended, on whatever node, and returns how. One that waits for its hub is
// not waited for. If ctx ends first, the command is as it is then.
func (f *Feature) Await(ctx context.Context, c device.Command) (device.Command, error) {
	if c.State != device.Sent {
		return c, nil
	}
	ended, done := f.waiting.add(endedNote{c.App, c.ID})
	defer done()
	now, err := f.store.Command(ctx, c.App, c.ID) // it may have ended before there was anybody to wake
	if err != nil || now.State != device.Sent {
		return now, err
	}
	select {
	case <-ended:
	case <-ctx.Done():
	case <-f.life.Done():
	}
	return f.store.Command(context.WithoutCancel(ctx), c.App, c.ID)
}
