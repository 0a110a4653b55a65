package madang

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// An Order says by which entry of which stream between hubs an event has come that was emitted to an audience, so that two
// nodes know the same event when both have it. The zero value: it did not come that way.
type Order struct {
	Channel Channel
	Pos     Position
}

// Marks are waited for by a node that must have heard everything that was published in some channels before a certain moment:
// another node has [Hub.Mark] publish a mark there. That is how a client's connection passes from one node to another
// without a gap.
type Marks struct {
	hub *Hub
	id  uint64

	mu   sync.Mutex
	seen []Channel
	more chan struct{} // closed and made anew with each mark
}

// marks are those that a hub waits for.
type marks struct {
	mu sync.Mutex
	m  map[uint64]*Marks
}

// ExpectMarks begins to note marks. They must be closed.
func (h *Hub) ExpectMarks() *Marks {
	m := &Marks{hub: h, id: random(), more: make(chan struct{})}
	h.marks.mu.Lock()
	defer h.marks.mu.Unlock()
	if h.marks.m == nil {
		h.marks.m = map[uint64]*Marks{}
	}
	h.marks.m[m.id] = m
	return m
}

// Name is what the other node gives to Mark.
func (m *Marks) Name() string { return strconv.FormatUint(m.id, 36) }

// Close ends the noting.
func (m *Marks) Close() {
	m.hub.marks.mu.Lock()
	defer m.hub.marks.mu.Unlock()
	delete(m.hub.marks.m, m.id)
}

// reached notes a mark.
func (h *Hub) reached(id uint64, c Channel) {
	h.marks.mu.Lock()
	m := h.marks.m[id]
	h.marks.mu.Unlock()
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seen = append(m.seen, c)
	close(m.more)
	m.more = make(chan struct{})
}

// Wait returns when there was a mark in each of some channels, to which somebody on this node must subscribe, and in those by
// which hubs send each other what goes to an audience.
func (m *Marks) Wait(ctx context.Context, chs ...Channel) error {
	want := m.hub.marked(m.hub.node, chs)
	for {
		m.mu.Lock()
		missing := slices.IndexFunc(want, func(c Channel) bool { return !slices.Contains(m.seen, c) })
		more := m.more
		m.mu.Unlock()
		if missing < 0 {
			return nil
		}
		select {
		case <-more:
		case <-ctx.Done():
			return fmt.Errorf("wait for a mark in %s: %w", want[missing], ctx.Err())
		}
	}
}

// marked are the channels in which a node gets marks.
func (h *Hub) marked(n NodeID, chs []Channel) []Channel {
	return append(slices.Clone(chs), Channel{Name: allNodes}, h.nodeChannel(n))
}

// Mark publishes the marks that another node waits for. Name is that of its [Marks].
func (h *Hub) Mark(ctx context.Context, to NodeID, name string, chs ...Channel) error {
	id, err := strconv.ParseUint(name, 36, 64)
	if err != nil {
		return fmt.Errorf("mark: %q is no name of marks: %w", name, ErrInvalid)
	}
	var events []*Event
	for _, c := range h.marked(to, chs) {
		events = append(events, &Event{Kind: controlEvent, Channel: c, Control: &Control{Op: OpMark, From: h.node, ID: id}})
	}
	if _, err := h.broker.Publish(ctx, events, Retention{}); err != nil {
		return fmt.Errorf("mark: %w", err)
	}
	return nil
}

// Adopt makes this node hear what is sent to connections whose names say that they are another node's, because it has taken
// one of them up under its old name. Each call needs a call of release.
func (h *Hub) Adopt(ctx context.Context, n NodeID) (release func(), err error) {
	if n == h.node {
		return func() {}, nil
	}
	l, err := h.Listen(ctx, h.nodeChannel(n), func(*Event) {})
	if err != nil {
		return nil, fmt.Errorf("adopt a connection of node %s: %w", n, err)
	}
	return l.Close, nil
}

// heed takes an event between hubs.
func (h *Hub) heed(e *Event) {
	c := e.Control
	if e.Channel.Name == allNodes {
		defer h.orderTide.hear(e.Pos.Offset)
	}
	switch {
	case c.Op == OpMark:
		h.reached(c.ID, e.Channel)
	case e.Channel.Name == allNodes || e.Channel == h.nodeChannel(h.node) || h.names(&c.Audience):
		h.obey(c, Order{e.Channel, e.Pos})
	}
}

// names reports whether an audience is a connection of this node.
func (h *Hub) names(a *Audience) bool {
	return len(a.In) == 0 && len(a.Conns) == 1 && h.Conn(a.Conns[0]) != nil
}

// NodeOf returns the node that gave a connection its name; ok is false for what is no name. The connection may have moved.
func NodeOf(id ConnID) (n NodeID, ok bool) {
	text := string(id[strings.LastIndexByte(string(id), '#')+1:]) // a dialect may put a prefix of its own before the name
	node, _, ok := strings.Cut(text, ".")
	return NodeID(node), ok
}
