package madang

import (
	"context"
	"sync"
	"time"
)

// Op is what a Control asks the hubs to do.
type Op uint8

// Operations between hubs.
const (
	OpEmit      Op = iota + 1 // give Message to the audience
	OpJoin                    // subscribe the audience to Channels
	OpLeave                   // unsubscribe it
	OpClose                   // ask the dialects to disconnect it
	OpAsk                     // OpEmit with answers, to be sent to node From
	OpCount                   // so many answers will come from this node, at most
	OpAnswer                  // one of them
	OpOccupancy               // count the subscribers of Channels, or of those whose names begin like the first one's
	OpOccupants               // Channels and their Counts
	OpMark                    // the mark ID; it stands in any channel
)

// A Control is an order of one hub to all, or to one. It travels on reserved channels through the Broker like any
// other event, so that no broker needs more than Publish.
type Control struct {
	Op       Op
	From     NodeID
	ID       uint64 // of an ask, chosen by From
	Audience Audience
	Message  *Message
	Channels []Channel
	Reason   CloseReason
	Wait     time.Duration // how long the one who asks waits
	Count    int
	Answer   Answer
	Prefix   bool  // of an OpOccupancy
	Counts   []int // of OpOccupants, as Channels
}

func (h *Hub) nodeChannel(n NodeID) Channel { return Channel{Name: nodePrefix + string(n)} }

// command sends an order to all hubs that can have members of its audience.
func (h *Hub) command(ctx context.Context, c *Control) error {
	c.From = h.node
	to := Channel{Name: allNodes}
	if n, ok := soleNode(c.Audience); ok {
		if h.names(&c.Audience) {
			h.obey(c, Order{})
			return nil
		}
		to = h.nodeChannel(n) // also if that is this one: somebody else may have taken the connection up
	}
	at, err := h.broker.Publish(ctx, []*Event{{Kind: controlEvent, Channel: to, Control: c}}, c.retention())
	h.emitted(to, at)
	return err
}

// retention is how long an order is kept for nodes that are cut off: what it changes holds when they are back. Whoever asks
// does not wait that long.
func (c *Control) retention() Retention {
	switch c.Op {
	case OpEmit, OpJoin, OpLeave, OpClose:
		return Retention{Count: 256, Age: time.Minute}
	}
	return Retention{}
}

// soleNode returns the only node that can have members of the audience, if there is one: a connection's name begins
// with its node's.
func soleNode(a Audience) (NodeID, bool) {
	if len(a.In) > 0 || len(a.Conns) != 1 {
		return "", false
	}
	return NodeOf(a.Conns[0])
}

// obey carries out an order on this node, which came by another hub or is its own.
func (h *Hub) obey(c *Control, by Order) {
	switch c.Op {
	case OpEmit:
		e := &Event{Kind: MessageEvent, Channel: c.Message.Channel, Message: c.Message, Audience: &c.Audience, Order: by}
		conns := h.members(c.Audience, c.Message.Skip)
		h.deliver(e, conns)
	case OpJoin, OpLeave, OpClose:
		h.orders.put(c) // may ask the broker, which must not wait for its own receiver
	case OpAsk:
		h.askHere(c)
	case OpOccupancy:
		go h.answerOccupancy(c)
	case OpCount, OpAnswer, OpOccupants:
		h.asks.reply(c)
	}
}

// orders are those that have come and are not carried out yet, in their order: a join and a leave must not change places.
type orders struct {
	mu   sync.Mutex
	list []*Control
	wake chan struct{}
}

func (q *orders) put(c *Control) {
	q.mu.Lock()
	q.list = append(q.list, c)
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// orderTime is how long an order may wait for the broker; those behind it wait as well.
const orderTime = 10 * time.Second

// runOrders carries orders out, one after another.
func (h *Hub) runOrders() {
	q := &h.orders
	for {
		select {
		case <-q.wake:
		case <-h.life.Done():
			return
		}
		q.mu.Lock()
		list := q.list
		q.list = nil
		q.mu.Unlock()
		for _, c := range list {
			h.change(c)
		}
	}
}

// change makes the members of an audience join or leave channels, or disconnects them.
func (h *Hub) change(c *Control) {
	ctx, done := context.WithTimeout(h.life, orderTime)
	defer done()
	for _, k := range h.members(c.Audience, "") {
		switch c.Op {
		case OpJoin:
			for _, ch := range c.Channels {
				s, err := h.Subscribe(ctx, k, ch, Messages)
				if err != nil {
					h.log.Warn("a remote join failed", "conn", k.id, "channel", ch.String(), "error", err)
					continue
				}
				s.Open()
			}
		case OpLeave:
			for _, ch := range c.Channels {
				k.Unsubscribe(ch)
			}
		default:
			k.Kick(c.Reason)
		}
	}
}

// Join subscribes an audience to channels, on whatever nodes it is, on the server's own authority. It does not wait for
// the other nodes.
func (h *Hub) Join(ctx context.Context, a Audience, chs ...Channel) error {
	return h.command(ctx, &Control{Op: OpJoin, Audience: a, Channels: chs})
}

// Leave unsubscribes an audience from channels.
func (h *Hub) Leave(ctx context.Context, a Audience, chs ...Channel) error {
	return h.command(ctx, &Control{Op: OpLeave, Audience: a, Channels: chs})
}

// Disconnect ends the connections of an audience, each in its dialect's own words.
func (h *Hub) Disconnect(ctx context.Context, a Audience, r CloseReason) error {
	return h.command(ctx, &Control{Op: OpClose, Audience: a, Reason: r})
}
