package madang

import (
	"context"
	"fmt"
	"slices"
)

// Enter puts the connection into a channel's presence set, or changes its data there. Where a policy has said who it is
// there, data and t don't count.
func (c *Conn) Enter(ctx context.Context, ch Channel, data []byte, t DataType) error {
	if err := ch.Validate(); err != nil {
		return err
	}
	if m := c.granted(ch); m != nil {
		return c.hub.enter(ctx, c, ch, *m)
	}
	g, err := c.allow(ctx, AccessRequest{Action: ActEnter, Channel: ch})
	if err != nil {
		return err
	}
	if g.Member != nil {
		return c.hub.enter(ctx, c, ch, *g.Member)
	}
	return c.hub.Enter(ctx, c, ch, data, t)
}

// granted returns the member that the connection may be in a channel to which it subscribes, or nil.
func (c *Conn) granted(ch Channel) *Member {
	if s, _ := c.subscription(ch); s != nil && s.Grant != nil {
		return s.Grant.Member
	}
	return nil
}

// Leave takes the connection out of a channel's presence set.
func (c *Conn) Leave(ctx context.Context, ch Channel) error { return c.hub.LeaveAs(ctx, c, ch, nil) }

// LeaveAs takes a connection out of a presence set. What the others are told of it is its entry, whose data, type, extras
// and time last may change: some protocols have parting words. last may be nil.
func (h *Hub) LeaveAs(ctx context.Context, c *Conn, ch Channel, last func(*Member)) error {
	c.mu.Lock()
	i := slices.Index(c.entered, ch)
	if i >= 0 {
		c.entered = slices.Delete(c.entered, i, i+1)
	}
	delete(c.untold, ch)
	c.mu.Unlock()
	if i < 0 {
		return nil
	}
	return h.depart(ctx, ch, c.id, last)
}

// Members returns who is in a channel.
func (c *Conn) Members(ctx context.Context, ch Channel) ([]Member, error) {
	if err := ch.Validate(); err != nil {
		return nil, err
	}
	if c.granted(ch) == nil || c.live() != nil {
		if _, err := c.allow(ctx, AccessRequest{Action: ActMembers, Channel: ch}); err != nil {
			return nil, err
		}
	}
	return c.hub.presence.Members(ctx, ch)
}

// Members returns who is in a channel, on the server's own authority.
func (h *Hub) Members(ctx context.Context, ch Channel) ([]Member, error) {
	return h.presence.Members(ctx, ch)
}

// Enter puts a connection into a presence set, or changes its data there, on the server's own authority. It leaves when
// it closes.
func (h *Hub) Enter(ctx context.Context, c *Conn, ch Channel, data []byte, t DataType) error {
	return h.enter(ctx, c, ch, Member{User: c.Principal().User, Data: data, Type: t})
}

// EnterAs is Enter as a member that need not be the connection's principal. Its Conn, Node and Since are set by the hub.
func (h *Hub) EnterAs(ctx context.Context, c *Conn, ch Channel, m Member) error {
	return h.enter(ctx, c, ch, m)
}

func (h *Hub) enter(ctx context.Context, c *Conn, ch Channel, m Member) error {
	if err := c.live(); err != nil {
		return err
	}
	m.Conn, m.Node, m.Since = c.id, h.node, h.now()
	first, err := h.presence.Put(ctx, ch, m)
	if err != nil {
		return fmt.Errorf("enter %s: %w", ch, err)
	}
	c.mu.Lock()
	known := slices.Contains(c.entered, ch)
	if wasFirst, untold := c.untold[ch]; untold { // nobody has heard of its coming yet
		known, first = false, first || wasFirst
		c.entered = slices.DeleteFunc(c.entered, func(in Channel) bool { return in == ch })
		delete(c.untold, ch)
	}
	closed := c.closed
	if !known && !closed {
		c.entered = append(c.entered, ch)
	}
	c.mu.Unlock()
	if closed { // it went away meanwhile, and nobody else would take it out again
		_, _, err := h.presence.Remove(ctx, ch, c.id)
		return err
	}
	kind := EnterEvent
	if known {
		kind = UpdateEvent
	}
	if err := h.tell(ctx, &Event{Kind: kind, Channel: ch, Member: &m, First: first}); err != nil {
		if kind == EnterEvent {
			c.mu.Lock()
			if c.untold == nil {
				c.untold = map[Channel]bool{}
			}
			c.untold[ch] = first
			c.mu.Unlock()
		}
		return err
	}
	h.observe(func(o *Observer) {
		if first && o.Joined != nil {
			o.Joined(ch, m)
		}
		if o.PresenceChanged != nil {
			o.PresenceChanged(ch)
		}
	})
	return nil
}

// depart removes an entry and tells the channel what change makes of it; nil: the entry as it was.
func (h *Hub) depart(ctx context.Context, ch Channel, id ConnID, change func(*Member)) error {
	was, last, err := h.presence.Remove(ctx, ch, id)
	if err != nil || was == nil {
		return err
	}
	if change != nil {
		change(was)
	}
	return h.departed(ctx, Departure{Channel: ch, Member: *was, Last: last})
}

// departed tells a channel that an entry is gone.
func (h *Hub) departed(ctx context.Context, d Departure) error {
	err := h.tell(ctx, &Event{Kind: LeaveEvent, Channel: d.Channel, Member: &d.Member, Last: d.Last})
	h.observeDeparture(d)
	return err
}

func (h *Hub) observeDeparture(d Departure) {
	h.observe(func(o *Observer) {
		if d.Last && o.Left != nil {
			o.Left(d.Channel, d.Member)
		}
		if o.PresenceChanged != nil {
			o.PresenceChanged(d.Channel)
		}
	})
}

func (h *Hub) tell(ctx context.Context, e *Event) error {
	_, err := h.broker.Publish(ctx, []*Event{e}, h.presenceRetention(e.Channel))
	if err != nil {
		return fmt.Errorf("tell %s who is there: %w", e.Channel, err)
	}
	return nil
}

// presenceRetention is how changes of a presence set are kept.
func (h *Hub) presenceRetention(c Channel) Retention {
	if h.cfg.Retention != nil {
		if r := h.cfg.Retention(c); r.Presence {
			return r
		}
	}
	return Retention{}
}
