package emitter

import (
	"context"
	"encoding/json"

	"madang"
)

// A Target is a choice of a namespace's sockets: those in any of some rooms, or all if there are none, without those in others. A
// socket's id is a room of its own.
type Target struct{ Rooms, Except []string }

// Rooms is the Socket.IO server of this node.
type Rooms interface {
	// Names returns the namespaces that others may know of.
	Names() []string
	// Namespace returns one of them, or nil.
	Namespace(name string) Namespace
}

// A Namespace is what others can do to the sockets of one namespace on this node. Nothing of it may be told to other nodes.
type Namespace interface {
	// Occupied reports whether a room has sockets.
	Occupied(room string) bool
	// Rooms returns the rooms that have sockets, each socket's own among them.
	Rooms() []string
	// Sockets returns the sockets.
	Sockets(Target) []Socket
	// Emit sends an event. Its arguments are [madang.Args].
	Emit(Target, *madang.Message) error
	// Ask sends an event that wants answers; it does not wait for them. It calls counted once, and then answered for each answer
	// until ctx ends, by any goroutine; an answer's data is an array of arguments.
	Ask(ctx context.Context, to Target, m *madang.Message, counted func(int), answered func(*madang.Message)) error
	// Join puts sockets into rooms; they are in them at the return.
	Join(ctx context.Context, to Target, rooms []string) error
	// Leave takes them out.
	Leave(to Target, rooms []string)
	// Disconnect ends them; with all, the whole connections of their clients.
	Disconnect(to Target, all bool)
}

// A Socket is what others are told of one.
type Socket struct {
	ID        string          `json:"id"`
	Handshake json.RawMessage `json:"handshake"` // an object
	Rooms     []string        `json:"rooms"`
	Data      json.RawMessage `json:"data"` // an object
}

// A ServerSide takes what another server says to all servers of a namespace with serverSideEmit: the event and the array of its
// arguments, without binary ones. What it returns is the answer, if one is wanted; nil is null. It must not wait.
type ServerSide func(namespace, event string, args json.RawMessage) json.RawMessage
