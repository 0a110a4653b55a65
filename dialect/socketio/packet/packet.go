package packet

import "strconv"

// Root is the namespace a packet belongs to when it names none.
const Root = "/"

// A Type is the kind of a packet, the first digit on the wire.
type Type uint8

// The packet types of Socket.IO protocol 5. Protocol 4 has the same numbers and calls ConnectError ERROR.
const (
	Connect      Type = iota // joins a namespace, or confirms it
	Disconnect               // leaves a namespace; never has a payload
	Event                    // [name, arguments…]
	Ack                      // [arguments…] in answer to the event with the same id
	ConnectError             // refuses a Connect
	BinaryEvent              // Event with attachments
	BinaryAck                // Ack with attachments
)

// Binary reports whether packets of type t are followed by attachments.
func (t Type) Binary() bool { return t == BinaryEvent || t == BinaryAck }

// Plain returns t without its attachments: Event for BinaryEvent, Ack for BinaryAck, and any other type as it is.
func (t Type) Plain() Type {
	switch t {
	case BinaryEvent:
		return Event
	case BinaryAck:
		return Ack
	}
	return t
}

// With returns the type a packet of type t has when it carries n attachments: the binary one for an Event or an Ack
// with n > 0, otherwise t.Plain().
func (t Type) With(n int) Type {
	t = t.Plain()
	if n > 0 {
		switch t {
		case Event:
			return BinaryEvent
		case Ack:
			return BinaryAck
		}
	}
	return t
}

// String returns the name that the protocol's specification uses.
func (t Type) String() string {
	switch t {
	case Connect:
		return "CONNECT"
	case Disconnect:
		return "DISCONNECT"
	case Event:
		return "EVENT"
	case Ack:
		return "ACK"
	case ConnectError:
		return "CONNECT_ERROR"
	case BinaryEvent:
		return "BINARY_EVENT"
	case BinaryAck:
		return "BINARY_ACK"
	}
	return "packet type " + strconv.Itoa(int(t))
}

// A Packet is one text frame of the protocol.
type Packet struct {
	Type      Type
	Namespace string // begins with a slash; "" is written as Root, never read
	Query     string // CONNECT in protocol 4: what stood behind "?" in the namespace, still URL-encoded
	ID        uint64 // the acknowledgement asked for or given; means nothing unless HasID
	HasID     bool
	// Attachments is how many binary frames follow. It is zero for all but the two binary types.
	Attachments int
	// Data is the payload, raw JSON, nil if there is none. After Parse it aliases the input.
	Data []byte
}

// Append appends the packet's text frame to dst and returns the extended slice. Parse is its inverse for packets it
// could have made: the namespace begins with a slash and contains no comma, and Data is what the type demands.
func (p Packet) Append(dst []byte) []byte {
	dst = append(dst, '0'+byte(p.Type))
	if p.Type.Binary() {
		dst = strconv.AppendInt(dst, int64(p.Attachments), 10)
		dst = append(dst, '-')
	}
	dst = p.appendNamespace(dst)
	if p.HasID {
		dst = strconv.AppendUint(dst, p.ID, 10)
	}
	return append(dst, p.Data...)
}

// appendNamespace writes "/name?query,", or nothing for the bare root.
func (p Packet) appendNamespace(dst []byte) []byte {
	name := p.Namespace
	if name == "" {
		name = Root
	}
	query := p.Query
	if p.Type != Connect {
		query = ""
	}
	if name == Root && query == "" {
		return dst
	}
	dst = append(dst, name...)
	if query != "" {
		dst = append(dst, '?')
		dst = append(dst, query...)
	}
	return append(dst, ',')
}
