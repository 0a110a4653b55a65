package madang

import "context"

// Publish publishes on the server's own authority: no policy is asked. The messages must not change afterwards.
// The positions are those of the messages, in their order.
func (h *Hub) Publish(ctx context.Context, ms ...*Message) ([]Position, error) {
	if len(ms) == 1 {
		return h.broker.Publish(ctx, []*Event{h.event(ms[0])}, h.retention(ms[0]))
	}
	all := make([]Position, 0, len(ms))
	for i := 0; i < len(ms); {
		keep := h.retention(ms[i])
		var run []*Event
		for i < len(ms) && h.retention(ms[i]) == keep {
			run = append(run, h.event(ms[i]))
			i++
		}
		pos, err := h.broker.Publish(ctx, run, keep)
		all = append(all, pos...)
		if err != nil {
			return all, err
		}
	}
	return all, nil
}

// PublishAs publishes a message as an event of another kind, AsideEvent or NoteEvent, on the server's own authority. It has
// a position among the channel's messages and is kept with them, but only subscriptions whose mask has the kind get it.
func (h *Hub) PublishAs(ctx context.Context, k Kind, m *Message) (Position, error) {
	e := h.event(m)
	e.Kind = k
	at, err := h.broker.Publish(ctx, []*Event{e}, h.retention(m))
	if err != nil {
		return Position{}, err
	}
	return at[0], nil
}

func (h *Hub) event(m *Message) *Event {
	if m.Time.IsZero() {
		m.Time = h.now()
	}
	return &Event{Kind: MessageEvent, Channel: m.Channel, Message: m}
}

func (h *Hub) retention(m *Message) Retention {
	if h.cfg.Retention == nil || m.Transient {
		return Retention{}
	}
	return h.cfg.Retention(m.Channel)
}

// History returns a page of a channel's stream on the server's own authority.
func (h *Hub) History(ctx context.Context, c Channel, q HistoryQuery) (Page, error) {
	return h.broker.History(ctx, c, q)
}

// Receive implements [Receiver]: it is the fan-out. Each dialect among the subscribers encodes once, whatever the
// number of links.
func (h *Hub) Receive(e *Event) {
	if e.Kind == controlEvent {
		h.heed(e)
		return
	}
	c := h.lookup(e.Channel)
	if c == nil {
		return
	}
	var skip uint64
	if id := e.skip(); id != "" {
		if k := h.Conn(id); k != nil {
			skip = k.number
		}
	}
	logs := c.all()
	if len(logs) > 0 {
		own := *e // stamps are this node's
		for _, l := range logs {
			if err := l.append(&own, skip); err != nil {
				h.log.Error("an event could not be encoded and was not delivered",
					"channel", e.Channel.String(), "dialect", l.dialect, "error", err)
			}
		}
	}
	c.tide.hear(e.Pos.Offset)
	if p := c.listeners.Load(); p != nil {
		for _, l := range *p {
			l.f(e)
		}
	}
	h.observe(func(o *Observer) {
		if o.Received != nil {
			o.Received(e)
		}
	})
}
