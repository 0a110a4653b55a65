package client

import (
	"errors"
	"fmt"

	"madang/dialect/socketio/packet"
)

// Args are the arguments of an event or of an answer.
type Args struct {
	list  [][]byte
	parts [][]byte
}

// Len returns how many there are.
func (a Args) Len() int { return len(a.list) }

// Raw returns an argument's JSON, in which binary data is a placeholder; nil if there is none of that number.
func (a Args) Raw(i int) []byte {
	if i < 0 || i >= len(a.list) {
		return nil
	}
	return a.list[i]
}

// Bind decodes the first arguments into what is pointed to, as [packet.Reconstruct] does. An argument that is not there
// leaves what is pointed to as it is.
func (a Args) Bind(into ...any) error {
	for i, v := range into[:min(len(into), len(a.list))] {
		if err := packet.Reconstruct(a.list[i], a.parts, v); err != nil {
			return fmt.Errorf("socket.io client: argument %d: %w", i, err)
		}
	}
	return nil
}

// args takes the arguments of a message apart, which must own its memory.
func args(m packet.Message) (Args, error) {
	list, err := packet.Split(m.Packet.Data, nil)
	if err != nil {
		return Args{}, err
	}
	return Args{list, m.Parts}, nil
}

// An Event is what the server has emitted.
type Event struct {
	Name string
	Args
	conn     *Conn
	id       uint64
	wantsAck bool
	size     int // in the queue
}

// errNoAck says that nothing is to be acknowledged.
var errNoAck = errors.New("socket.io client: the event wants no acknowledgement, or has had one")

// WantsAck reports whether the server waits for an acknowledgement.
func (e *Event) WantsAck() bool { return e.wantsAck }

// Ack acknowledges the event, once.
func (e *Event) Ack(args ...any) error {
	if !e.wantsAck {
		return errNoAck
	}
	e.wantsAck = false
	return e.conn.send(packet.Ack, e.id, true, args)
}

// Conn returns the connection on which the event came.
func (e *Event) Conn() *Conn { return e.conn }
