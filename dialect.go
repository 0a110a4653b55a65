package madang

// A Dialect says how what happens in a channel looks on one wire protocol.
//
// Dialects are compared with ==: the hub encodes an event once for each Dialect among the subscribers, never once for
// each link. What changes the bytes is part of the value (protocol version, parser, namespace, JSON or binary); the
// carrier (WebSocket, long polling) is not.
type Dialect interface {
	// Encode appends one unit to dst: one or more wire frames that are never separated (a Socket.IO packet and its
	// attachments). It returns dst as it was when the protocol has no word for the event. It must not wait, and must
	// not keep dst.
	Encode(dst []byte, e *Event) ([]byte, error)
}

// A Sequenced dialect wants the order of its encodings to be the order in which each of its links is served. The hub
// then holds the lock from the taking of a stamp until the unit is in every log it belongs to. What a client has seen up
// to a stamp, and what it has not, can so be told from a record that Encode keeps. It costs the parallelism of
// publishing, so only dialects that must replay (Socket.IO's connection state recovery) are Sequenced.
type Sequenced interface {
	Dialect
	Lock()
	Unlock()
}

// A Joiner can say several messages in one unit, in fewer bytes than one unit each takes: what waits together leaves together.
// The hub joins only messages of one channel that follow one another and that no link has been given anything of yet. A
// joined message leaves with the first of its unit, so it may leave before what its link was to get from elsewhere since
// then: only protocols that promise no order between channels should join.
type Joiner interface {
	Dialect
	// Join adds a message to the last unit of dst, which begins at start and is of an earlier message of the channel, or of
	// several. It returns false if that cannot be, or if the unit would become so long that a slow link gets it in one piece
	// no more. Then, and in its own array if dst has no room, everything up to the length of dst is as it was.
	Join(dst []byte, start int, e *Event) ([]byte, bool)
}

// A Link is one socket or one polling session, as its dialect presents it to the hub. It may carry several connections
// (Socket.IO namespaces). The hub calls Flush and Farewell from one goroutine at a time; Close may come from another
// while they run. A last Flush may still come after Close, and nothing of its batch may be written: units that belong
// before them may be missing. A link that panics is ended like one that fails.
type Link interface {
	// Flush gives as many units of the batch to the far end as it takes now, and never waits. A unit that was begun
	// counts as taken: the link finishes it by itself and says with [Batch.Keep] how many bytes it keeps. After a
	// Flush that took less than all, or kept something, the hub leaves the link alone until [Line.Ready] is called.
	// An error ends the line.
	Flush(*Batch) (units int, err error)

	// Farewell returns the last unit for the far end, in the dialect's own words for the reason, or nil.
	Farewell(CloseReason) []byte

	// Close ends the link at once and never waits. With CloseSlow the far end has not taken what it was sent, and
	// the link should end in a way that can't be mistaken for an orderly one. It is called once.
	Close(CloseReason)
}

// CloseReason is why the server ends a connection. Dialects translate it to their own codes.
type CloseReason uint8

// Reasons.
const (
	CloseNormal   CloseReason = iota // asked for by the server's own code
	CloseGone                        // the far end went away, or its carrier failed
	CloseSlow                        // it did not read fast enough; it may come back and resume
	CloseTimeout                     // it did not answer heartbeats
	CloseProtocol                    // it broke the protocol's rules
	CloseExpired                     // its credentials expired
	CloseDenied                      // its rights were taken away
	CloseDrain                       // this node is going away; it should come back at once, elsewhere
	CloseError                       // a failure on our side, such as a panic in a handler
)

// String names the reason for logs and metrics.
func (r CloseReason) String() string {
	names := [...]string{"normal", "gone", "slow", "timeout", "protocol", "expired", "denied", "drain", "error"}
	if int(r) < len(names) {
		return names[r]
	}
	return "unknown"
}
