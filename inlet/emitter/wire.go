package emitter

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"madang"
)

// What is wrong with a message that is ignored.
var (
	errShape  = errors.New("not of the shape that Socket.IO's adapters and emitters write")
	errText   = errors.New("JSON that is not UTF-8")
	errPacket = errors.New("a packet that is no event")
	errName   = errors.New("an event without a name")
)

// names are rooms. Some programs number theirs: such a number is the text of it.
type names []string

// UnmarshalJSON implements [json.Unmarshaler].
func (n *names) UnmarshalJSON(b []byte) error {
	var all []json.RawMessage
	if err := json.Unmarshal(b, &all); err != nil {
		return err
	}
	*n = make(names, 0, len(all))
	for _, raw := range all {
		s, err := nameOf(raw)
		if err != nil {
			return err
		}
		*n = append(*n, s)
	}
	return nil
}

// nameOf reads a text, or a number as its text.
func nameOf(raw json.RawMessage) (string, error) {
	var s string
	var num json.Number
	switch {
	case len(raw) > 0 && raw[0] == '"':
		return s, json.Unmarshal(raw, &s)
	case json.Unmarshal(raw, &num) == nil && num != "":
		return num.String(), nil
	}
	return "", fmt.Errorf("a room or an event is called %.20s: %w", raw, errShape)
}

// choice is which sockets are meant, and how.
type choice struct {
	Rooms  names `json:"rooms"`
	Except names `json:"except"`
	Flags  struct {
		Volatile bool    `json:"volatile"`
		Timeout  float64 `json:"timeout"` // milliseconds
	} `json:"flags"`
}

func (c *choice) target() Target {
	if c == nil {
		return Target{}
	}
	return Target{Rooms: c.Rooms, Except: c.Except}
}

// A packet is one of Socket.IO's.
type packet struct {
	Type      int             `json:"type"`
	Data      json.RawMessage `json:"data"`
	Namespace *string         `json:"nsp"`
}

// Types of packets that are events: without and, as emitters of older versions write them, with binary parts.
const (
	eventPacket       = 2
	binaryEventPacket = 5
)

// message makes a message of the packet, whose binary values are the parts.
func (p *packet) message(parts [][]byte) (*madang.Message, error) {
	if p == nil || p.Type != eventPacket && p.Type != binaryEventPacket {
		return nil, errPacket
	}
	name, args, err := eventOf(p.Data)
	if err != nil {
		return nil, err
	}
	return &madang.Message{Name: name, Data: args, Type: madang.Args, Attachments: parts}, nil
}

// eventOf divides [event, …] into its name and the array of its arguments.
func eventOf(data json.RawMessage) (name string, args []byte, err error) {
	var all []json.RawMessage
	if json.Unmarshal(data, &all) != nil || len(all) == 0 {
		return "", nil, errName
	}
	if name, err = nameOf(all[0]); err != nil {
		return "", nil, err
	}
	args = make([]byte, 0, len(data))
	args = append(args, '[')
	args = append(args, bytes.Join(byteSlices(all[1:]), []byte{','})...)
	return name, append(args, ']'), nil
}

func byteSlices(all []json.RawMessage) [][]byte {
	out := make([][]byte, len(all))
	for i, raw := range all {
		out[i] = raw
	}
	return out
}

// body returns a body as JSON: one that is JSON already as it is.
func body(b []byte) (text []byte, parts [][]byte, err error) {
	if len(b) > 0 && (b[0] == '{' || b[0] == '[') {
		if !utf8.Valid(b) {
			return nil, nil, errText
		}
		return b, nil, nil
	}
	return unpack(b)
}

// A broadcast is what redis-emitter and redis-adapter publish for clients.
type broadcast struct {
	uid    string
	packet packet
	choice choice
	parts  [][]byte
}

// errForeign is a message of another protocol on the same channel.
var errForeign = errors.New("not for us")

// parseBroadcast reads [uid, packet, choice].
func parseBroadcast(b []byte) (*broadcast, error) {
	if len(b) > 0 && (b[0] == '{' || b[0]&0xf0 == 0x80 || b[0] == 0xde || b[0] == 0xdf) {
		return nil, errForeign // a map: of the streams adapter
	}
	text, parts, err := body(b)
	if err != nil {
		return nil, err
	}
	var all []json.RawMessage
	if err := json.Unmarshal(text, &all); err != nil || len(all) < 2 || len(all) > 3 {
		return nil, errShape
	}
	c := &broadcast{parts: parts}
	if err := errors.Join(json.Unmarshal(all[0], &c.uid), json.Unmarshal(all[1], &c.packet)); err != nil {
		return nil, fmt.Errorf("%w: %w", errShape, err)
	}
	if len(all) == 3 {
		if err := json.Unmarshal(all[2], &c.choice); err != nil {
			return nil, fmt.Errorf("%w: %w", errShape, err)
		}
	}
	return c, nil
}

// A request is what redis-adapter asks, and what it and redis-emitter order.
type request struct {
	UID       string          `json:"uid"`
	RequestID json.RawMessage `json:"requestId"` // as it came, to be given back
	Type      int             `json:"type"`
	Choice    *choice         `json:"opts"` // nil: an order of an older version, about the socket SID
	Rooms     names           `json:"rooms"`
	SID       string          `json:"sid"`
	Room      json.RawMessage `json:"room"`
	Close     bool            `json:"close"`
	Data      json.RawMessage `json:"data"`
	Packet    *packet         `json:"packet"`

	parts [][]byte
}

// parseRequest reads a request.
func parseRequest(b []byte) (*request, error) {
	text, parts, err := body(b)
	if err != nil {
		return nil, err
	}
	r := &request{Type: -1, parts: parts}
	if err := json.Unmarshal(text, r); err != nil || r.Type < 0 {
		return nil, errors.Join(errShape, err)
	}
	return r, nil
}

// A member is a message between servers with the streams adapter.
type member struct {
	UID       string     `json:"uid"`
	Namespace string     `json:"nsp"`
	Type      int        `json:"type"`
	Data      memberData `json:"data"`

	parts [][]byte
}

// memberData is what it says, in the types that we take.
type memberData struct {
	RequestID json.RawMessage `json:"requestId"`
	Packet    json.RawMessage `json:"packet"` // an object in a broadcast, an array in a server-side emit
	Choice    choice          `json:"opts"`
	Rooms     names           `json:"rooms"`
	Close     bool            `json:"close"`
}

// parseMember reads a message that was published.
func parseMember(b []byte) (*member, error) {
	text, parts, err := body(b)
	if err != nil {
		return nil, err
	}
	m := &member{parts: parts}
	if err := json.Unmarshal(text, m); err != nil {
		return nil, fmt.Errorf("%w: %w", errShape, err)
	}
	return m, nil
}

// parseEntry reads an entry of the stream.
func parseEntry(fields map[string]string) (*member, error) {
	m := &member{UID: fields["uid"], Namespace: fields["nsp"]}
	if err := json.Unmarshal([]byte(fields["type"]), &m.Type); err != nil {
		return nil, errShape
	}
	data := []byte(fields["data"])
	if len(data) == 0 {
		return m, nil
	}
	if data[0] != '{' {
		raw := make([]byte, base64.StdEncoding.DecodedLen(len(data)))
		n, err := base64.StdEncoding.Decode(raw, data)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errShape, err)
		}
		data = raw[:n]
	}
	text, parts, err := body(data)
	if err != nil {
		return nil, err
	}
	m.parts = parts
	if err := json.Unmarshal(text, &m.Data); err != nil {
		return nil, fmt.Errorf("%w: %w", errShape, err)
	}
	return m, nil
}
