package madang

import (
	"context"
	"fmt"
	"time"
)

// keepLease renews what says that this node lives.
func (h *Hub) keepLease(ctx context.Context) error {
	if err := h.presence.Keep(ctx, h.node, h.cfg.Lease); err != nil {
		return fmt.Errorf("renew the lease of node %s: %w", h.node, err)
	}
	me := Member{Conn: ConnID(h.node), Node: h.node, User: string(h.node)}
	if _, err := h.presence.Put(ctx, Channel{Name: nodesName}, me); err != nil {
		return fmt.Errorf("enter node %s: %w", h.node, err)
	}
	return nil
}

// runLease renews the lease three times in its length. Nothing else may hold it up: a node without a lease is taken for dead.
func (h *Hub) runLease() {
	t := time.NewTicker(h.cfg.Lease / 3)
	defer t.Stop()
	for {
		select {
		case <-h.life.Done():
			return
		case <-t.C:
		}
		if err := h.keepLease(h.life); err != nil {
			h.log.Warn("this node's presence entries will vanish unless a renewal succeeds", "error", err)
		}
		select {
		case h.sweeps <- struct{}{}: // after the renewal: a node that was asleep must not sweep up after itself
		default:
		}
	}
}

// leaveCluster takes this node out of the list at once.
func (h *Hub) leaveCluster() {
	ctx, done := context.WithTimeout(context.Background(), time.Second)
	defer done()
	if _, _, err := h.presence.Remove(ctx, Channel{Name: nodesName}, ConnID(h.node)); err != nil {
		h.log.Warn("leaving the cluster failed; the lease will end it", "error", err)
	}
	if h.moving.Load() {
		if err := h.presence.Keep(ctx, h.node, min(movedLease, h.cfg.Lease)); err != nil {
			h.log.Warn("giving back the lease failed; it ends by itself", "error", err)
		}
	}
}

// Nodes returns the living nodes.
func (h *Hub) Nodes(ctx context.Context) ([]NodeID, error) {
	all, err := h.presence.Members(ctx, Channel{Name: nodesName})
	if err != nil {
		return nil, err
	}
	ids := make([]NodeID, 0, len(all))
	for _, m := range all {
		ids = append(ids, m.Node)
	}
	return ids, nil
}
