package socketio

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"madang"
	"madang/dialect/socketio/packet"
)

// A Broadcast is a choice of sockets of one namespace, on all nodes: those in any of some rooms, or all, without those
// in others. It is a value: each method returns another one.
type Broadcast struct {
	ns       *Namespace
	rooms    []string
	except   []string
	skip     madang.ConnID
	volatile bool
}

// To adds rooms. A socket's id is a room of its own.
func (b Broadcast) To(rooms ...string) Broadcast {
	b.rooms = append(slices.Clip(b.rooms), rooms...)
	return b
}

// In is To.
func (b Broadcast) In(rooms ...string) Broadcast { return b.To(rooms...) }

// Except leaves out the sockets of rooms.
func (b Broadcast) Except(rooms ...string) Broadcast {
	b.except = append(slices.Clip(b.except), rooms...)
	return b
}

// Volatile lets the event be lost for clients that are not ready to take it.
func (b Broadcast) Volatile() Broadcast {
	b.volatile = true
	return b
}

// Emit sends an event to each of the sockets once.
func (b Broadcast) Emit(event string, args ...any) error {
	m, err := message(b.ns, event, args)
	if err != nil {
		return err
	}
	return b.send(m)
}

// Forward sends a message as it is: an event's own arguments, undecoded. The message stays the caller's.
func (b Broadcast) Forward(m *madang.Message) error {
	own := *m
	own.Channel = b.ns.all
	return b.send(&own)
}

func (b Broadcast) send(m *madang.Message) error {
	m.Skip, m.Volatile = b.skip, b.volatile
	if err := b.ns.srv.hub.Emit(context.Background(), b.audience(), m); err != nil {
		return fmt.Errorf("emit %q: %w", m.Name, err)
	}
	b.mirror(func(x Mirror) { x.Emitted(b.ns.name, b.rooms, b.except, m) })
	return nil
}

// EmitWithAck sends an event and collects one answer from each of the sockets. When the context ends first, it returns
// the answers there are, with an error. It may be called in a handler of one of the sockets.
func (b Broadcast) EmitWithAck(ctx context.Context, event string, args ...any) ([]Reply, error) {
	m, err := message(b.ns, event, args)
	if err != nil {
		return nil, err
	}
	m.Skip = b.skip
	a := b.audience()
	for _, c := range b.ns.srv.hub.Conns(a) { // one of them may be the client whose handler is calling
		if o, ok := c.Owner().(owner); ok {
			o.client.session.Fork()
		}
	}
	answers, err := b.ns.srv.hub.AskAll(ctx, a, m)
	replies := make([]Reply, 0, len(answers))
	for _, a := range answers {
		if r, err := newReply(a); err == nil {
			replies = append(replies, r)
		}
	}
	return replies, err
}

// SocketsJoin puts the sockets into rooms.
func (b Broadcast) SocketsJoin(rooms ...string) error {
	if err := b.ns.srv.hub.Join(context.Background(), b.audience(), b.ns.channels(rooms)...); err != nil {
		return err
	}
	b.mirror(func(x Mirror) { x.Joined(b.ns.name, b.rooms, b.except, rooms) })
	return nil
}

// SocketsLeave takes the sockets out of rooms.
func (b Broadcast) SocketsLeave(rooms ...string) error {
	if err := b.ns.srv.hub.Leave(context.Background(), b.audience(), b.ns.channels(rooms)...); err != nil {
		return err
	}
	b.mirror(func(x Mirror) { x.Left(b.ns.name, b.rooms, b.except, rooms) })
	return nil
}

// DisconnectSockets ends the sockets.
func (b Broadcast) DisconnectSockets() error {
	if err := b.ns.srv.hub.Disconnect(context.Background(), b.audience(), madang.CloseNormal); err != nil {
		return err
	}
	b.mirror(func(x Mirror) { x.Disconnected(b.ns.name, b.rooms, b.except) })
	return nil
}

func (n *Namespace) channels(rooms []string) []madang.Channel {
	chs := make([]madang.Channel, 0, len(rooms))
	for _, r := range rooms {
		chs = append(chs, RoomChannel(n.srv.cfg.App, n.name, r))
	}
	return chs
}

// audience is the choice in the hub's words.
func (b Broadcast) audience() madang.Audience {
	a := madang.Audience{In: []madang.Channel{b.ns.all}}
	if len(b.rooms) > 0 {
		a.In = b.ns.channels(b.rooms)
		for _, r := range b.rooms {
			if isSocketID(r) {
				a.Conns = append(a.Conns, madang.ConnID(r))
			}
		}
		if len(b.rooms) == 1 && len(a.Conns) == 1 && b.ns.srv.hub.Subscribers(a.In[0]) == 0 && b.ns.Socket(b.rooms[0]) != nil {
			a.In = nil // a socket of this node, and nobody else has joined its name
		}
	}
	if len(b.except) > 0 {
		a.Except = b.ns.channels(b.except)
		for _, r := range b.except {
			if isSocketID(r) {
				a.Without = append(a.Without, madang.ConnID(r))
			}
		}
	}
	return a
}

// isSocketID reports whether a room's name looks like that of a socket.
func isSocketID(room string) bool {
	dots := 0
	for i := len(room) - 1; i >= 0 && room[i] != '#'; i-- {
		switch c := room[i]; {
		case c == '.':
			dots++
		case c < '0' || c > '9':
			return false
		}
	}
	return dots == 1 && len(room) > 20
}

// message makes a message of an event's arguments.
func message(n *Namespace, event string, args []any) (*madang.Message, error) {
	if packet.Reserved(event) {
		return nil, fmt.Errorf("emit: %q is a reserved event name: %w", event, madang.ErrInvalid)
	}
	data, parts, err := packet.Deconstruct(nil, args...)
	if err != nil {
		return nil, fmt.Errorf("emit %q: %w", event, err)
	}
	return &madang.Message{Name: event, Channel: n.all, Data: data, Type: madang.Args, Attachments: parts}, nil
}

// A Reply is a client's answer.
type Reply struct {
	// Socket is the id of the one who answered.
	Socket string
	args   [][]byte
	parts  [][]byte
}

func newReply(a madang.Answer) (Reply, error) {
	args, err := packet.Split(a.Data, nil)
	return Reply{Socket: string(a.Conn), args: args, parts: a.Attachments}, err
}

// Len returns the number of arguments.
func (r Reply) Len() int { return len(r.args) }

// Raw returns an argument as raw JSON, or nil.
func (r Reply) Raw(i int) json.RawMessage {
	if i >= len(r.args) {
		return nil
	}
	return r.args[i]
}

// Forward returns the arguments as a message's data, without decoding them: see [Event.AckForward].
func (r Reply) Forward() *madang.Message {
	e := Event{args: r.args, parts: r.parts}
	return e.Forward()
}

// Bind decodes the arguments; see [Event.Bind].
func (r Reply) Bind(targets ...any) error {
	e := Event{Name: "acknowledgement", args: r.args, parts: r.parts}
	return e.Bind(targets...)
}

// To returns the sockets in rooms.
func (n *Namespace) To(rooms ...string) Broadcast { return Broadcast{ns: n}.To(rooms...) }

// Except returns all sockets but those in rooms.
func (n *Namespace) Except(rooms ...string) Broadcast { return Broadcast{ns: n}.Except(rooms...) }

// Volatile returns all sockets, for an event that may be lost.
func (n *Namespace) Volatile() Broadcast { return Broadcast{ns: n, volatile: true} }

// All returns all sockets.
func (n *Namespace) All() Broadcast { return Broadcast{ns: n} }

// Emit sends an event to all sockets of the namespace.
func (n *Namespace) Emit(event string, args ...any) error { return n.All().Emit(event, args...) }
