package socketio

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"

	"madang"
	"madang/dialect/socketio/packet"
)

// An Event is one event of a client, for its handler. It is valid until the handler returns; what Bind gave stays.
type Event struct {
	// Name of the event.
	Name string

	socket *Socket
	args   [][]byte // raw JSON
	parts  [][]byte // binary attachments
	id     uint64
	wants  bool
	acked  atomic.Bool
}

// Len returns the number of arguments.
func (e *Event) Len() int { return len(e.args) }

// Raw returns an argument as raw JSON, or nil. It must not be changed, and is only valid until the handler returns.
func (e *Event) Raw(i int) json.RawMessage {
	if i >= len(e.args) {
		return nil
	}
	return e.args[i]
}

// Attachments returns the binary parts that the arguments' placeholders refer to. They must not be changed.
func (e *Event) Attachments() [][]byte { return e.parts }

// Bind decodes the arguments into what the pointers point to, like [json.Unmarshal]; binary ones into a []byte, at the top
// or inside of any, map[string]any and []any. Missing arguments leave their targets alone, further ones are ignored.
// Its error wraps [madang.ErrInvalid].
func (e *Event) Bind(targets ...any) error {
	for i, t := range targets {
		if i >= len(e.args) {
			return nil
		}
		if err := packet.Reconstruct(e.args[i], e.parts, t); err != nil {
			return fmt.Errorf("event %q, argument %d: %w: %w", e.Name, i, madang.ErrInvalid, err)
		}
	}
	return nil
}

// WantsAck reports whether the client waits for an answer.
func (e *Event) WantsAck() bool { return e.wants }

// Ack answers the client, once; later calls do nothing. It may be called after the handler has returned.
func (e *Event) Ack(args ...any) error {
	if !e.wants || e.acked.Swap(true) {
		return nil
	}
	data, parts, err := packet.Deconstruct(nil, args...)
	if err != nil {
		return fmt.Errorf("acknowledge event %q: %w", e.Name, err)
	}
	p := packet.Packet{Type: packet.Ack.With(len(parts)), ID: e.id, HasID: true, Attachments: len(parts), Data: data}
	e.socket.client.session.Line().Send(e.socket.wire.packet(p, parts))
	return nil
}

// AckForward answers the client with a message's arguments, undecoded.
func (e *Event) AckForward(m *madang.Message) error {
	if !e.wants || e.acked.Swap(true) {
		return nil
	}
	n := len(m.Attachments)
	p := packet.Packet{Type: packet.Ack.With(n), ID: e.id, HasID: true, Attachments: n, Data: m.Data}
	e.socket.client.session.Line().Send(e.socket.wire.packet(p, m.Attachments))
	return nil
}

// Forward returns the arguments as a message's data, without decoding them: for handing an event on as it came.
func (e *Event) Forward() *madang.Message {
	data := []byte{'['}
	for i, a := range e.args {
		if i > 0 {
			data = append(data, ',')
		}
		data = append(data, a...)
	}
	return &madang.Message{Name: e.Name, Data: append(data, ']'), Type: madang.Args, Attachments: e.parts}
}

// Context returns a context that ends with the socket.
func (e *Event) Context() context.Context { return e.socket.Context() }

// Handle makes an EventHandler of a function from an event's first argument to its acknowledgement.
func Handle[In, Out any](f func(context.Context, *Socket, In) (Out, error)) EventHandler {
	return func(s *Socket, e *Event) error {
		var in In
		if err := e.Bind(&in); err != nil {
			return err
		}
		out, err := f(s.Context(), s, in)
		if err != nil {
			return err
		}
		return e.Ack(out)
	}
}
