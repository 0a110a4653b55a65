package madang

import (
	"context"
	"time"
)

// What stands here is for who hears on every node what the nodes then need not tell each other: other servers that publish to
// all of them.

// EmitHere is Emit for the connections of this node alone. It does not ask the broker.
func (h *Hub) EmitHere(a Audience, m *Message) {
	if m.Channel == (Channel{}) && len(a.In) > 0 {
		m.Channel = a.In[0]
	}
	e := h.event(m)
	if len(a.In) == 1 && len(a.Conns)+len(a.Except)+len(a.Without) == 0 {
		e.Channel = a.In[0]
		h.Receive(e)
		return
	}
	h.obey(&Control{Op: OpEmit, From: h.node, Audience: a, Message: m}, Order{})
}

// AskHere sends a message to the connections of this node that belong to an audience. It calls counted once with how many
// they are, and answered for each answer that comes before ctx ends, or within two minutes; answered may be called by several
// goroutines at a time and must not wait. AskHere itself does not wait for answers.
func (h *Hub) AskHere(ctx context.Context, a Audience, m *Message, counted func(int), answered func(Answer)) {
	if m.Channel == (Channel{}) && len(a.In) > 0 {
		m.Channel = a.In[0]
	}
	conns := h.members(a, m.Skip)
	counted(len(conns))
	if len(conns) == 0 {
		return
	}
	wait := maxWait
	if end, ok := ctx.Deadline(); ok {
		wait = min(wait, time.Until(end))
	}
	q := &ask{targets: make(map[ConnID]struct{}, len(conns)), sink: func(c *Control) { answered(c.Answer) }}
	for _, c := range conns {
		q.targets[c.id] = struct{}{}
	}
	id := h.asks.add(q)
	h.asks.limit(id, wait)
	h.deliver(&Event{Kind: MessageEvent, Channel: m.Channel, Message: m, Audience: &a, Ask: id}, conns)
}
