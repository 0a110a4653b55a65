package madang

import (
	"context"
	"slices"
	"sync/atomic"
)

// An Audience is a set of connections: those in any of some channels, and some by name, without those in other channels
// and some others. Each is in it once.
type Audience struct {
	In      []Channel
	Conns   []ConnID
	Except  []Channel
	Without []ConnID
}

// Emit sends a message to an audience on the server's own authority, to each connection once. It is not kept in any
// history. Message.Channel says what the dialects show; if it is empty it becomes the first of In.
func (h *Hub) Emit(ctx context.Context, a Audience, m *Message) error {
	if m.Channel == (Channel{}) && len(a.In) > 0 {
		m.Channel = a.In[0]
	}
	if m.Volatile { // who was cut off has not missed it
		m.Transient = true
	}
	e := h.event(m)
	if len(a.In) == 1 && len(a.Conns)+len(a.Except)+len(a.Without) == 0 {
		e.Channel = a.In[0]
		at, err := h.broker.Publish(ctx, []*Event{e}, Retention{})
		h.emitted(e.Channel, at)
		return err
	}
	return h.command(ctx, &Control{Op: OpEmit, Audience: a, Message: m})
}

// Conns returns the connections of this node that belong to an audience.
func (h *Hub) Conns(a Audience) []*Conn { return h.members(a, "") }

// members returns the connections of this node that belong to an audience.
func (h *Hub) members(a Audience, skip ConnID) []*Conn {
	var out []*Conn
	seen := map[*Conn]struct{}{}
	for _, name := range a.Except {
		if c := h.lookup(name); c != nil {
			c.conns(func(k *Conn) { seen[k] = struct{}{} })
		}
	}
	add := func(k *Conn) {
		if _, dup := seen[k]; !dup && k.id != skip && !slices.Contains(a.Without, k.id) {
			seen[k] = struct{}{}
			out = append(out, k)
		}
	}
	for _, name := range a.In {
		if c := h.lookup(name); c != nil {
			c.conns(add)
		}
	}
	for _, id := range a.Conns {
		if k := h.Conn(id); k != nil {
			add(k)
		}
	}
	return out
}

// deliver encodes an event once for each dialect among the connections and puts it into the own logs of their lines.
func (h *Hub) deliver(e *Event, conns []*Conn) {
	for len(conns) > 0 {
		d := conns[0].dialect
		same := slices.Clone(conns[:0])
		var others []*Conn
		for _, c := range conns {
			if c.dialect == d {
				same = append(same, c)
			} else {
				others = append(others, c)
			}
		}
		if err := h.deliverAs(d, e, same); err != nil {
			h.log.Error("an event could not be encoded and was not delivered",
				"channel", e.Channel.String(), "dialect", d, "error", err)
		}
		conns = others
	}
}

func (h *Hub) deliverAs(d Dialect, e *Event, conns []*Conn) error {
	if s, ok := d.(Sequenced); ok {
		s.Lock()
		defer s.Unlock()
		if e.Audience != nil { // somebody may have resumed meanwhile, from a record that does not have this event
			conns = slices.DeleteFunc(h.members(*e.Audience, e.skip()), func(c *Conn) bool { return c.dialect != d })
		}
	}
	own := *e
	own.Stamp = h.clock.Add(1)
	b, err := encode(d, nil, &own)
	if err != nil || len(b) == 0 {
		return err
	}
	volatile := e.Message != nil && e.Message.Volatile
	if len(conns) == 1 {
		if c := conns[0]; !c.held.Load() {
			c.line.push(ownUnit{b: b, volatile: volatile})
		}
		return nil
	}
	shared := new(atomic.Int32)
	shared.Store(1) // us, until all have it
	h.hold(0, int64(len(b)))
	for _, c := range conns {
		if c.held.Load() {
			continue
		}
		if shared.Add(1); !c.line.push(ownUnit{b: b, volatile: volatile, shared: shared}) {
			shared.Add(-1)
		}
	}
	if shared.Add(-1) == 0 {
		h.hold(0, -int64(len(b)))
	}
	return nil
}
