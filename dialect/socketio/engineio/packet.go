package engineio

import "strconv"

// A Version is a revision of the Engine.IO protocol, the EIO parameter of a handshake.
type Version uint8

// The revisions that are in use.
const (
	V3 Version = 3
	V4 Version = 4
)

// A Type is the kind of a packet.
type Type uint8

// The packet types, the same in both revisions.
const (
	Open    Type = iota // the server's handshake
	Close               // the sender closes the session
	Ping                // revision 4: from the server; 3: from the client
	Pong                // answers a Ping with its data
	Message             // what the session is for
	Upgrade             // the client has moved to the other transport
	Noop                // ends a waiting poll

	types // how many there are
)

// String returns the name that the protocol's specification uses.
func (t Type) String() string {
	switch t {
	case Open:
		return "open"
	case Close:
		return "close"
	case Ping:
		return "ping"
	case Pong:
		return "pong"
	case Message:
		return "message"
	case Upgrade:
		return "upgrade"
	case Noop:
		return "noop"
	}
	return "packet type " + strconv.Itoa(int(t))
}

// A Packet is one Engine.IO packet.
type Packet struct {
	Type Type
	// Binary tells bytes from text. Revision 4 knows binary data only in a Message, and writes it as one whatever
	// Type says.
	Binary bool
	// Data is the bytes, or the text in valid UTF-8. Writers do not check it.
	Data []byte
}
