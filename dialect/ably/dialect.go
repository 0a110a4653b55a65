package ably

import (
	"encoding/binary"
	"strings"

	"madang"
	"madang/dialect/ably/filter"
	"madang/dialect/ably/protocol"
	"madang/dialect/ably/shape"
	"madang/internal/ws"
)

const (
	headerRoom = 10 // the longest WebSocket header of a server

	// The header of frames of 126 to 65,535 bytes: its second byte says that two bytes with the length follow.
	longHeader    = 4
	lengthFollows = 126

	maxJoined = 16 << 10 // bytes of a frame with several messages: a link that cannot take all of a batch gets on
)

// A wire is what changes the bytes: the form of messages, and the qualifier with which a client has named the channel.
type wire struct {
	binary    bool // MessagePack, else JSON
	qualifier string
	filter    *filter.Filter // of the qualifier; nil: none
}

// kind is what a session calls the connection that it has for a wire other than its own.
func (w wire) kind() string {
	if w.binary {
		return w.qualifier + " msgpack"
	}
	return w.qualifier + " json"
}

// Encode implements madang.Dialect: the event as one frame.
func (w wire) Encode(dst []byte, e *madang.Event) ([]byte, error) {
	p := protocol.Frame{ChannelSerial: shape.Serial(e.Pos)}
	channel := e.Channel
	var one [1]protocol.Message
	switch {
	case e.Kind == madang.NoteEvent:
		channel = e.Message.Channel
		p.Action = protocol.Annotation
		one[0] = shape.Annotation(e.Message)
		p.Annotations = one[:]
	case e.Message != nil:
		channel = e.Message.Channel
		p.Action = protocol.Messages
		one[0] = shape.Message(e.Message)
		if w.filter != nil && !w.filter.Match(&one[0]) {
			return dst, nil
		}
		p.Messages = one[:]
	case e.Member == nil || e.Member.User == "":
		return dst, nil
	default:
		p.Action = protocol.Presence
		one[0] = shape.Presence(e.Member, shape.PresenceAction(e.Kind))
		p.Presence = one[:]
	}
	if channel.Reserved() {
		return dst, nil
	}
	p.Channel = w.qualifier + channel.Name
	shorten(&p)
	return w.append(dst, &p), nil
}

// Join implements madang.Joiner: another message of the channel in the same frame. Ably promises an order within a channel
// only.
func (w wire) Join(dst []byte, start int, e *madang.Event) ([]byte, bool) {
	if e.Kind != madang.MessageEvent || e.Message == nil || e.Message.Channel != e.Channel || e.Channel.Reserved() || w.filter != nil {
		return dst, false
	}
	body := start + longHeader
	if len(dst) < body || dst[start+1] != lengthFollows {
		return dst, false
	}
	m := shape.Message(e.Message)
	b, ok := protocol.Join(dst, body, maxJoined, &m, shape.Serial(e.Pos), w.binary)
	if ok {
		binary.BigEndian.PutUint16(b[start+2:], uint16(len(b)-body))
	}
	return b, ok
}

// shorten says of the frame what clients take over from it for messages that leave it out: the time, the publisher's connection
// and, with the message's place in the frame, the id (TM2a, c and f of Ably's features specification). Messages that are joined
// need not say it again then.
func shorten(p *protocol.Frame) {
	if len(p.Messages) != 1 {
		return
	}
	m := &p.Messages[0]
	p.Timestamp, m.Timestamp = m.Timestamp, 0
	p.ConnectionID, m.ConnectionID = m.ConnectionID, ""
	if base, ok := strings.CutSuffix(m.ID, ":0"); ok && base != "" {
		p.ID, m.ID = base, ""
	}
}

// unit returns a frame of its own.
func (w wire) unit(p *protocol.Frame) []byte { return w.append(nil, p) }

// append appends a message as a WebSocket frame, whose header is as long as what follows it makes it.
func (w wire) append(dst []byte, p *protocol.Frame) []byte {
	start := len(dst)
	dst = append(dst, make([]byte, headerRoom)...)
	dst = protocol.Append(dst, p, w.binary)
	op := ws.Text
	if w.binary {
		op = ws.Binary
	}
	body := dst[start+headerRoom:]
	n := len(ws.AppendHeader(dst[start:start:start+headerRoom], op, false, len(body)))
	return dst[:start+n+copy(dst[start+n:], body)]
}
