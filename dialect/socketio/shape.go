package socketio

import "madang"

// A Shape says how events look that come from channels which clients name themselves: those that are not reserved, and
// which other dialects may share. Rooms of the server API always have the look of the original.
//
// A Shape is part of the dialect, so it must be comparable, and equal ones must do the same. Its methods must not wait
// and not keep dst.
type Shape interface {
	// Message appends the elements of the event's JSON array: the name, then the arguments, a comma between two, without
	// the brackets. The attachments of [madang.Args] and the bytes of [madang.Binary] travel behind it; [AppendData]
	// writes their placeholders. It returns dst as it was if clients are not told.
	Message(dst []byte, m *madang.Message) []byte

	// Presence does so for a change of a channel's presence set. It returns dst as it was if clients are not told.
	Presence(dst []byte, e *madang.Event) []byte
}

// SetShape gives the namespace a Shape. Call it before clients come. Without one, events of channels that clients name
// look like those of rooms, and nobody is told who is there.
func (n *Namespace) SetShape(s Shape) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.shape = s
}

// shapeInForce is the Shape of the namespace, or of the one that made it; nil if there is none.
func (n *Namespace) shapeInForce() Shape {
	n.mu.RLock()
	shape := n.shape
	n.mu.RUnlock()
	if shape == nil && n.parent != nil {
		return n.parent.shapeInForce()
	}
	return shape
}

// named reports whether a channel's events have the namespace's Shape.
func (d dialect) named(c madang.Channel) bool { return d.shape != nil && !c.Reserved() }

// body appends what a message's JSON array holds.
func (d dialect) body(dst []byte, m *madang.Message) []byte {
	if d.named(m.Channel) {
		return d.shape.Message(dst, m)
	}
	return AppendData(AppendString(dst, m.Name), m)
}

// presence appends a change of a presence set, if clients are told. A not empty offset becomes its last argument.
func (d dialect) presence(dst []byte, e *madang.Event, offset string) []byte {
	if !d.named(e.Channel) {
		return dst
	}
	start := len(dst)
	dst = d.begin(dst, 0, 0)
	empty := len(dst)
	if dst = d.shape.Presence(dst, e); len(dst) == empty {
		return dst[:start]
	}
	return d.frames(endEvent(dst, offset), start, nil)
}
