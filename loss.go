package madang

import (
	"fmt"
	"maps"
	"runtime/debug"
	"strings"
	"sync"
)

// A LossReceiver is a Receiver that wants to know what it did not get. A [Hub] is one. A broker first fetches what a node has
// missed from what is kept; what it cannot have any more, it tells.
type LossReceiver interface {
	Receiver
	// Lost says that events of a channel may have come after a position which will never be delivered. Calls stand in the
	// order of the channel's deliveries: after the event at that position, before the next. A zero position is the
	// stream's beginning. It must not wait.
	Lost(c Channel, after Position)
}

// A Misser is an Owner that wants to know that its client may have missed something for good, so that it can tell the
// client in the dialect's words. Dialects whose clients can find that out alone need not be told.
type Misser interface {
	Owner
	// Missed says in which of the connection's channels something was lost; some of the subscriptions may have ended since.
	// If there are none, it was sent to an [Audience], and nobody knows whether the connection was one of it. The hub calls
	// it on a goroutine of its own, and not again before it has returned. It may wait for the broker.
	Missed(in []*Subscription)
}

// tellers is how many connections are told of losses at once. Telling asks the broker, which has just had its trouble.
const tellers = 32

// losses are those that have not been told yet.
type losses struct {
	mu   sync.Mutex
	due  map[*Conn]map[*Subscription]struct{}
	wake chan struct{}
}

func (q *losses) init() {
	q.due, q.wake = map[*Conn]map[*Subscription]struct{}{}, make(chan struct{}, 1)
}

// add notes what a connection has missed; s is nil if that may be anything.
func (q *losses) add(c *Conn, s *Subscription) {
	if _, ok := c.owner.(Misser); !ok {
		return
	}
	in := q.due[c]
	if in == nil {
		in = map[*Subscription]struct{}{}
		q.due[c] = in
	}
	if s != nil {
		in[s] = struct{}{}
	}
}

// take returns what is due.
func (q *losses) take() map[*Conn]map[*Subscription]struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	due := q.due
	q.due = map[*Conn]map[*Subscription]struct{}{}
	return due
}

// Lost implements [LossReceiver]: whoever subscribes to the channel now is told, each connection once for all that was lost
// meanwhile. What was lost between the hubs may have been for any connection of this node.
func (h *Hub) Lost(ch Channel, after Position) {
	q := &h.losses
	q.mu.Lock()
	switch n, isNode := nodeOf(ch); {
	case ch == Channel{Name: allNodes}, isNode:
		for i := range h.conns {
			s := &h.conns[i]
			s.mu.RLock()
			for _, c := range s.m {
				if of, _ := NodeOf(c.id); !isNode || n == h.node || n == of { // another node's: see Adopt
					q.add(c, nil)
				}
			}
			s.mu.RUnlock()
		}
	default:
		if c := h.lookup(ch); c != nil {
			for _, l := range c.all() {
				l.subs(func(s *Subscription) { q.add(s.conn, s) })
			}
		}
	}
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default:
	}
	h.observe(func(o *Observer) {
		if o.Lost != nil {
			o.Lost(ch, after)
		}
	})
}

// nodeOf returns the node to which a channel carries what hubs send it; ok is false for any other channel.
func nodeOf(ch Channel) (n NodeID, ok bool) {
	name, ok := strings.CutPrefix(ch.Name, nodePrefix)
	return NodeID(name), ok && ch.App == "" && !strings.Contains(name, "/") // behind a slash: what others tell that node
}

// runLosses tells of losses. One connection is told in one go at a time, however often something is lost.
func (h *Hub) runLosses() {
	for {
		select {
		case <-h.losses.wake:
		case <-h.life.Done():
			return
		}
		// Who is told comes back, or asks who is there: not while nobody can answer that.
		if err := h.answering(h.life); err != nil {
			h.log.Warn("events were lost, and the cluster does not answer yet; clients are told all the same", "error", err)
		}
		due := h.losses.take()
		if len(due) == 0 {
			continue
		}
		h.log.Warn("events were lost for good; the clients that may have missed some are told", "connections", len(due))
		var wg sync.WaitGroup
		room := make(chan struct{}, tellers)
		for c, in := range due {
			if c.Ended() && len(in) == 0 {
				continue
			}
			room <- struct{}{}
			wg.Go(func() {
				defer func() { <-room }()
				h.tellLoss(c, in)
			})
		}
		wg.Wait()
	}
}

// tellLoss tells one connection. Code of a dialect that fails ends its connection alone.
func (h *Hub) tellLoss(c *Conn, in map[*Subscription]struct{}) {
	defer func() {
		if v := recover(); v != nil {
			h.log.Error("telling a client what it has missed panicked; its connection is closed", "conn", c.id,
				"panic", fmt.Sprint(v), "stack", string(debug.Stack()))
			c.line.Drop(CloseError)
		}
	}()
	all := make([]*Subscription, 0, len(in))
	for s := range maps.Keys(in) {
		all = append(all, s)
	}
	c.owner.(Misser).Missed(all) // only such are noted
}
