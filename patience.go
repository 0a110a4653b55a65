package madang

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// How long something is tried that cannot be done at the moment, and how long the waits are at most.
const (
	patience = 10 * time.Second
	pause    = 200 * time.Millisecond
)

// Patiently does something that a client has asked for, or that it must be told, and tries again for ten seconds while that
// fails with [ErrUnavailable]: what joins the nodes, or a store, is away for moments when it fails over, and many clients take
// a no for final. What f has done before it failed it does again. The error is its last one. It is not for what clients
// publish: who says whether that has happened should say so soon.
func (h *Hub) Patiently(ctx context.Context, f func() error) error {
	for end := time.Now().Add(patience); ; {
		err := f()
		if !errors.Is(err, ErrUnavailable) || time.Now().After(end) || h.state.Load() == hubClosed {
			return err
		}
		if sleep(ctx, pause/2+rand.N(pause/2)) != nil {
			return err
		}
	}
}

// answering waits until the broker and what keeps presence answer, or patience ends.
func (h *Hub) answering(ctx context.Context) error {
	return h.Patiently(ctx, func() error {
		if _, err := h.broker.History(ctx, Channel{Name: allNodes}, HistoryQuery{Limit: 1, Reverse: true}); err != nil {
			return err
		}
		_, err := h.Nodes(ctx)
		return err
	})
}
