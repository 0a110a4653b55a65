package packet

import "bytes"

// A Message is a packet with everything that belongs to it. len(Parts) == Packet.Attachments.
type Message struct {
	Packet Packet
	Parts  [][]byte
}

// An Assembler joins the binary packets of one connection with the binary frames that follow them. All packets of the
// connection go through it, because only it knows that a text frame came too early. Its zero value is ready, with the
// default limits; it must not be used by two goroutines at once.
//
// After an error the Assembler has let go of the unfinished packet, and the protocol demands that the connection be
// closed.
type Assembler struct {
	Limits Limits

	pending Message
	size    int
}

// Pending reports whether binary frames are still to come.
func (a *Assembler) Pending() bool { return a.pending.Packet.Attachments > 0 }

// Held returns how many bytes of an unfinished packet there are.
func (a *Assembler) Held() int { return a.size }

// Text takes the packet of a text frame. Without attachments it is complete at once and still aliases the frame.
// Otherwise its Data is copied and it becomes complete with its last binary frame.
func (a *Assembler) Text(p Packet) (m Message, complete bool, err error) {
	switch {
	case a.Pending():
		return a.fail("text inside a binary packet")
	case p.Attachments == 0:
		return Message{Packet: p}, true, nil
	case len(p.Data) > a.Limits.maxBytes():
		return a.fail("binary packet too large")
	}
	p.Data = bytes.Clone(p.Data)
	a.pending.Packet = p
	a.size = len(p.Data)
	return Message{}, false, nil
}

// Binary takes a binary frame's payload, without any prefix Engine.IO gave it, and copies it. With the last frame it
// checks the placeholders and hands out the message, which then owns all of its memory.
func (a *Assembler) Binary(frame []byte) (m Message, complete bool, err error) {
	if !a.Pending() {
		return a.fail("binary frame without a packet")
	}
	if len(frame) > a.Limits.maxBytes()-a.size {
		return a.fail("binary packet too large")
	}
	a.size += len(frame)
	// Parts grows with what arrives: the number in the header is the client's word only.
	a.pending.Parts = append(a.pending.Parts, append(make([]byte, 0, len(frame)), frame...))
	p := a.pending.Packet
	if len(a.pending.Parts) < p.Attachments {
		return Message{}, false, nil
	}
	if _, err := Placeholders(p.Data, p.Attachments, nil); err != nil {
		a.Reset()
		return Message{}, false, err
	}
	m = a.pending
	a.Reset()
	return m, true, nil
}

// Reset forgets an unfinished packet, as when the connection ends.
func (a *Assembler) Reset() {
	a.pending = Message{}
	a.size = 0
}

func (a *Assembler) fail(what string) (Message, bool, error) {
	at := a.size
	a.Reset()
	return Message{}, false, malformed(what, at)
}
