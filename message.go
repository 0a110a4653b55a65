package madang

import (
	"strings"
	"time"
)

// A Message is what travels through a channel. It is immutable once it has been handed to Publish or Emit: the history
// and every subscriber of every dialect share the one value.
type Message struct {
	ID       string // chosen by the publisher or empty; a broker may drop a repeated one
	Name     string // event name: the first argument of an emit, a Pusher event, an Ably message name
	Channel  Channel
	Data     []byte // raw and untouched, in the form that Type says
	Type     DataType
	Encoding string // what is left of a client's own encoding chain (Ably ciphers)

	// Attachments are the binary parts that Data refers to by placeholder; only with Args.
	Attachments [][]byte

	Extras   []byte // raw JSON that one dialect keeps and the others may ignore
	Sender   Sender // zero: the server itself
	Time     time.Time
	Pos      Position // set by the Broker
	Volatile bool     // may be skipped for a link that is not writable at once

	// Transient keeps the message out of the channel's history: a client's event that is of interest only now. Who was away
	// has not missed it.
	Transient bool

	// Skip is a connection that does not get the message although it subscribes: Pusher's socket_id, Socket.IO's
	// broadcast flag, Ably's echo=false. It is kept in the history and honoured on replay.
	Skip ConnID
}

// DataType says how Message.Data is to be read.
type DataType uint8

const (
	// JSON is one JSON value.
	JSON DataType = iota
	// Text is UTF-8.
	Text
	// Binary is bytes.
	Binary
	// Args is a JSON array: the arguments of a Socket.IO event without its name. Binary arguments are placeholders
	// for Message.Attachments.
	Args
)

// A Sender says who published a message.
type Sender struct {
	Conn ConnID
	User string
}

// A ConnID identifies a connection in the whole cluster. It is public, unguessable, and has the form digits.digits that
// Pusher clients expect; the first number names the node.
type ConnID string

// maxConnID is longer than any id that a node gives, in bytes.
const maxConnID = 64

// Valid reports whether an id has the form of a connection's: what clients and backends name, to be left out of a message
// or to have a right signed for, is checked with it. Whether there is such a connection only its node knows.
func (id ConnID) Valid() bool {
	point := strings.IndexByte(string(id), '.')
	return len(id) <= maxConnID && point > 0 && point < len(id)-1 &&
		strings.Trim(string(id[:point]), "0123456789") == "" && strings.Trim(string(id[point+1:]), "0123456789") == ""
}

// A NodeID identifies a server process for the time of its life. It is written in decimal digits.
type NodeID string

// A Position is a message's place in the stream of one channel. Positions of different epochs can't be compared: the
// stream was lost in between.
type Position struct {
	Epoch  string
	Offset uint64
}

// size is what [Limits.MaxMessage] bounds.
func (m *Message) size() int {
	n := len(m.Data)
	for _, a := range m.Attachments {
		n += len(a)
	}
	return n
}
