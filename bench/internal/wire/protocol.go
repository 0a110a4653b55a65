package wire

// A Protocol is what the connections of one workload speak. Its methods return
// and read bytes; they keep nothing.
type Protocol interface {
	// Upgrade returns the HTTP request that opens a connection at host
	// ("address:port").
	Upgrade(host string) []byte
	// Greet takes a step, counted from 0, of setting up a connection for who.
	// It reads what came and returns the frame to send next, if any, and
	// whether the connection is ready once that is sent.
	Greet(step int, packet []byte, who Who) (frame []byte, done bool, err error)
	// Control reads the protocol's own packets, which may come at any time: it
	// returns the answer to a ping, and an error for a goodbye. A packet that
	// is nothing of the kind is not known.
	Control(packet []byte) (answer []byte, known bool, err error)
	// Delivery reports whether a packet on a ready connection is a message. It
	// is asked for every one, so it looks at one or two bytes.
	Delivery(packet []byte) bool
	// KeepAlive returns the frame that a client has to send now and then; nil
	// where the server does the asking.
	KeepAlive() []byte
	// Publish returns the frame that publishes data of size bytes in a room.
	Publish(room string, size int) *Numbered
	// Delivered returns what members of the room get of it.
	Delivered(room string, size int) Shape
	// LeavesOut reports whether a message does not come back to its sender. If
	// so, only members of a room can publish in it.
	LeavesOut() bool
}

// Frames returns what kind of WebSocket message a protocol's packets are in: a
// Protocol with a method of that name says so, the packets of others are text.
func Frames(p Protocol) Op {
	if x, ok := p.(interface{ Frames() Op }); ok {
		return x.Frames()
	}
	return Text
}

// A Stream is a Protocol whose messages carry several packets.
type Stream interface {
	Protocol
	// Split cuts the first packet off a message's payload.
	Split(payload []byte) (packet, rest []byte, err error)
}

// Who is what a connection is set up with.
type Who struct {
	Token string // for the server's authentication
	Room  string // joined before the connection counts as ready; "" for none
}

// Admitted is given to Greet in place of a packet when the application behind
// the server has let a connection into its room. Protocols in which a server
// says nothing about that wait for it.
const Admitted = "admitted"

// What the workloads' applications are called on servers that want to know.
const (
	App    = "bench"
	AppKey = "bench-key"
)

// channel is the room on servers where only private channels carry messages
// from clients.
func channel(room string) string { return "private-" + room }
