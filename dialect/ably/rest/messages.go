package rest

import (
	"slices"
	"time"

	"madang"
	"madang/dialect/ably/capability"
	"madang/dialect/ably/edits"
	"madang/dialect/ably/protocol"
	"madang/dialect/ably/shape"
)

// history answers with messages that were published, each in its place and as it is now.
func (a *API) history(c *call) (*answer, error) {
	ch, err := c.channel(capability.History)
	if err != nil {
		return nil, err
	}
	s, err := c.span()
	if err != nil {
		return nil, err
	}
	all, top, err := a.o.Changes.Messages(c.r.Context(), ch)
	if err != nil {
		return nil, err
	}
	gone := func(at madang.Position) bool { return at.Epoch != "" && at.Epoch != top.Epoch } // with the stream that it belonged to
	if gone(s.after) && s.forwards {
		s.after = madang.Position{} // what is there now came after it
	}
	if gone(s.after) || gone(s.upTo) {
		all = nil
	}
	all = slices.DeleteFunc(all, func(m *edits.Message) bool { return !s.wants(m.Time(), m.Place()) || !s.beyond(m.Place()) })
	if !s.forwards {
		slices.Reverse(all)
	}
	page, next := firstOf(all, s.limit, (*edits.Message).Place)
	var out []protocol.Message
	for _, m := range page {
		out = append(out, shape.Message(a.o.Changes.Latest(m)))
	}
	return list(out, false, c.links(next)), nil
}

// beyond reports whether a place is behind the cursor, in the direction of the list.
func (s *span) beyond(place madang.Position) bool {
	switch {
	case s.after == (madang.Position{}):
		return true
	case s.forwards:
		return place.Offset > s.after.Offset
	}
	return place.Offset < s.after.Offset
}

// firstOf returns a page of a list, and the cursor of the next one; empty if there is none.
func firstOf[T any](all []T, limit int, at func(T) madang.Position) (page []T, next string) {
	if len(all) <= limit {
		return all, ""
	}
	return all[:limit], shape.Serial(at(all[limit-1]))
}

// one returns the message that the path names, if the client may do something in its channel.
func (c *call) one(ops capability.Ops) (*edits.Message, error) {
	ch, err := c.channel(ops)
	if err != nil {
		return nil, err
	}
	return c.api.o.Changes.Message(c.r.Context(), ch, c.r.PathValue("serial"))
}

// message answers with one message as it is now.
func (a *API) message(c *call) (*answer, error) {
	m, err := c.one(capability.History)
	if err != nil {
		return nil, err
	}
	out := list([]protocol.Message{shape.Message(a.o.Changes.Latest(m))}, false, nil)
	out.single = true
	return out, nil
}

// versions answers with what a message was and is, the oldest first.
func (a *API) versions(c *call) (*answer, error) {
	m, err := c.one(capability.History)
	if err != nil {
		return nil, err
	}
	return c.entries(m.Versions(), shape.Message)
}

// annotations answers with a message's annotations, and those that take some back, the oldest first.
func (a *API) annotations(c *call) (*answer, error) {
	m, err := c.one(capability.History)
	if err != nil {
		return nil, err
	}
	return c.entries(m.Annotations(), shape.Annotation)
}

// entries answers with a page of what has happened to a message. The parameters are those of a history, which begins with
// the newest; this does so only if it is asked to.
func (c *call) entries(all []*madang.Message, show func(*madang.Message) protocol.Message) (*answer, error) {
	s, err := c.span()
	if err != nil {
		return nil, err
	}
	s.forwards = c.query.Get("direction") != "backwards"
	all = slices.DeleteFunc(all, func(m *madang.Message) bool {
		return !s.wants(time.UnixMilli(m.Time.UnixMilli()), m.Pos) || !s.beyond(m.Pos)
	})
	if !s.forwards {
		slices.Reverse(all)
	}
	page, next := firstOf(all, s.limit, func(m *madang.Message) madang.Position { return m.Pos })
	var out []protocol.Message
	for _, m := range page {
		out = append(out, show(m))
	}
	return list(out, true, c.links(next)), nil
}
