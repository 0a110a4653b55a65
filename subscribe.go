package madang

import (
	"context"
	"fmt"
)

// SubscribeOptions are the wishes that come with a subscription.
type SubscribeOptions struct {
	Proof *Proof // what the client sent to prove its right; nil: nothing
	Mask  Mask   // which kinds of events; zero: messages
}

// Subscribe adds the connection to a channel. The subscription is held until its Open is called. Subscribing again
// returns the subscription there is.
func (c *Conn) Subscribe(ctx context.Context, ch Channel, o SubscribeOptions) (*Subscription, error) {
	if err := ch.Validate(); err != nil {
		return nil, err
	}
	g, err := c.allow(ctx, AccessRequest{Action: ActSubscribe, Channel: ch, Proof: o.Proof})
	if err != nil {
		return nil, err
	}
	s, err := c.hub.subscribe(ctx, c, ch, o.Mask, g)
	if err != nil {
		return nil, err
	}
	s.proof.Store(o.Proof) // a renewal asks again
	s.limit(g.Expires)
	c.hub.lent(s)
	return s, nil
}

// Subscribe adds a connection to a channel on the server's own authority.
func (h *Hub) Subscribe(ctx context.Context, c *Conn, ch Channel, mask Mask) (*Subscription, error) {
	return h.subscribe(ctx, c, ch, mask, nil)
}

// A Standing is what a subscription is beside its connection: enough to make one like it, also on another node.
type Standing struct {
	Channel Channel
	Mask    Mask
	Grant   *Grant // nil: it is the server's own doing
	Proof   *Proof // what the client had sent to get it; nil: nothing
}

// Standing returns what the subscription is.
func (s *Subscription) Standing() Standing {
	return Standing{s.Channel(), s.Mask(), s.Grant, s.proof.Load()}
}

// Resume subscribes a connection to what another one is or was subscribed to, for the same kinds of events and with the
// same rights; no policy is asked. It is for clients that take up a connection they have lost.
func (h *Hub) Resume(ctx context.Context, c *Conn, was Standing) (*Subscription, error) {
	s, err := h.subscribe(ctx, c, was.Channel, was.Mask, was.Grant)
	if err != nil {
		return nil, err
	}
	s.proof.Store(was.Proof)
	if was.Grant != nil {
		s.limit(was.Grant.Expires)
	}
	h.lent(s)
	return s, nil
}

// Again ends a subscription and returns another one in its place, held, with the same rights and for the same kinds of
// events: for a client that has missed something and has to begin anew. What came before is delivered first. No policy is
// asked.
func (s *Subscription) Again(ctx context.Context) (*Subscription, error) {
	h := s.line.hub
	at := s.channel
	at.mu.Lock()
	if at.dead || s.end.Load() != openEnd {
		at.mu.Unlock()
		return nil, fmt.Errorf("subscribe %s again: %w", at.name, ErrClosed)
	}
	at.refs++ // the channel must not be forgotten in between
	at.mu.Unlock()
	defer h.vacate(ctx, at)
	s.leave()
	return h.Resume(ctx, s.conn, s.Standing())
}

// lent tells of a subscription by the right of somebody else than the connection's principal.
func (h *Hub) lent(s *Subscription) {
	if s.Grant == nil || s.Grant.By == nil {
		return
	}
	h.observe(func(o *Observer) {
		if o.Lent != nil {
			o.Lent(s)
		}
	})
}

// Conn returns whose it is.
func (s *Subscription) Conn() *Conn { return s.conn }

func (h *Hub) subscribe(ctx context.Context, c *Conn, ch Channel, mask Mask, g *Grant) (*Subscription, error) {
	set(&mask, Messages)
	old, n := c.subscription(ch)
	if old != nil {
		return old, nil
	}
	if n >= h.limits.MaxSubscriptions {
		return nil, fmt.Errorf("subscribe %s: connection %s has %d subscriptions, its limit: %w", ch, c.id, n, ErrTooMany)
	}
	s := &Subscription{conn: c, line: c.line, Grant: g}
	s.SetMask(mask)
	s.end.Store(openEnd)
	added := false
	err := h.occupy(ctx, ch, func(k *channel) {
		if old, _ = c.subscription(ch); old != nil { // somebody else was quicker
			return
		}
		s.channel = k
		s.log = k.log(h, c.dialect)
		s.log.enter(s)
		added = c.line.addSub(s)
	})
	switch {
	case err != nil:
		return nil, err
	case old != nil:
		h.vacate(ctx, old.channel)
		return old, nil
	case !added:
		s.drop()
	case c.Ended(): // it may have looked for what to leave before s was there
		s.leave()
	default:
		return s, nil
	}
	return nil, fmt.Errorf("subscribe %s: %w", ch, ErrClosed)
}

// subscription returns the connection's subscription to a channel, or nil and how many it has.
func (c *Conn) subscription(ch Channel) (*Subscription, int) {
	all := c.Subscriptions()
	for _, s := range all {
		if s.channel.name == ch {
			return s, len(all)
		}
	}
	return nil, len(all)
}

// Unsubscribe takes the connection out of a channel. What was published before is still delivered.
func (c *Conn) Unsubscribe(ch Channel) {
	for _, s := range c.Subscriptions() {
		if s.channel.name == ch {
			s.leave()
		}
	}
}
