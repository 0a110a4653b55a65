package socketio

import (
	"context"
	"fmt"

	"madang"
	"madang/dialect/socketio/packet"
)

// A Local is a choice of sockets as a [Broadcast] is, of this node alone, and nobody else is told: for what every node hears
// by itself.
type Local struct{ b Broadcast }

// Local keeps to the sockets of this node.
func (b Broadcast) Local() Local { return Local{b} }

// Forward sends a message as it is, its arguments undecoded, to each of the sockets once. The message stays the caller's. A
// name that means something to client libraries is refused.
func (l Local) Forward(m *madang.Message) error {
	own, err := l.own(m)
	if err == nil {
		l.b.ns.srv.hub.EmitHere(l.b.audience(), own)
	}
	return err
}

func (l Local) own(m *madang.Message) (*madang.Message, error) {
	if packet.Reserved(m.Name) {
		return nil, fmt.Errorf("emit: %q is a reserved event name: %w", m.Name, madang.ErrInvalid)
	}
	own := *m
	own.Channel, own.Skip = l.b.ns.all, l.b.skip
	own.Volatile = own.Volatile || l.b.volatile
	return &own, nil
}

// Ask is Forward for a message that wants answers. It calls counted with how many sockets are asked, and answered for each
// answer that comes before ctx ends; answered may be called by several goroutines at a time and must not wait. Ask does not wait
// for the answers.
func (l Local) Ask(ctx context.Context, m *madang.Message, counted func(int), answered func(Reply)) error {
	own, err := l.own(m)
	if err != nil {
		return err
	}
	l.b.ns.srv.hub.AskHere(ctx, l.b.audience(), own, counted, func(a madang.Answer) {
		r, err := newReply(a)
		if err != nil {
			r = Reply{Socket: string(a.Conn)} // what cannot be read is an answer all the same
		}
		answered(r)
	})
	return nil
}

// Sockets returns the sockets.
func (l Local) Sockets() []*Socket {
	if len(l.b.rooms)+len(l.b.except) == 0 {
		return l.b.ns.Sockets()
	}
	var all []*Socket
	for _, c := range l.b.ns.srv.hub.Conns(l.b.audience()) {
		if o, ok := c.Owner().(owner); ok && o.ns == l.b.ns {
			all = append(all, o.Socket)
		}
	}
	return all
}

// Join puts the sockets into rooms. They are in them at the return; those that have ended meanwhile are passed over. It fails when
// the broker does.
func (l Local) Join(ctx context.Context, rooms ...string) error {
	for _, s := range l.Sockets() {
		if err := s.enter(ctx, rooms); err != nil && !s.conn.Ended() {
			return err
		}
	}
	return nil
}

// Leave takes the sockets out of rooms.
func (l Local) Leave(rooms ...string) {
	for _, s := range l.Sockets() {
		s.Leave(rooms...)
	}
}

// Disconnect ends the sockets; with all, the whole connections of their clients.
func (l Local) Disconnect(all bool) {
	for _, s := range l.Sockets() {
		s.Disconnect(all)
	}
}

// Occupied reports whether a room has sockets on this node.
func (n *Namespace) Occupied(room string) bool {
	return n.srv.hub.Subscribers(RoomChannel(n.srv.cfg.App, n.name, room)) > 0 || n.Socket(room) != nil
}

// Rooms returns the rooms that have sockets on this node, each socket's own among them.
func (n *Namespace) Rooms() []string {
	var all []string
	seen := map[string]bool{}
	for _, s := range n.Sockets() {
		for _, r := range s.Rooms() {
			if !seen[r] {
				seen[r] = true
				all = append(all, r)
			}
		}
	}
	return all
}
