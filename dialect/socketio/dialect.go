package socketio

import (
	"encoding/json"
	"strconv"
	"unicode/utf8"

	"madang"
	"madang/dialect/socketio/engineio"
	"madang/dialect/socketio/packet"
	"madang/internal/ws"
)

// A dialect is everything that changes the bytes of an event: the hub encodes once for all sockets that have equal ones.
type dialect struct {
	version   engineio.Version
	namespace string
	deflater  *ws.Deflater // nil: not compressed
	shape     Shape        // nil: channels look like rooms
}

// headerRoom is the longest WebSocket header of a server.
const headerRoom = 10

// Encode implements madang.Dialect: the event as one text frame, and a frame for each attachment.
func (d dialect) Encode(dst []byte, e *madang.Event) ([]byte, error) {
	if e.Message == nil {
		return d.presence(dst, e, ""), nil
	}
	return d.event(dst, e.Message, e.Ask, "")
}

// event appends a message. A not empty offset becomes its last argument. Of names that mean something to client
// libraries there is nothing to say: in channels that clients name, others than this dialect choose the names.
func (d dialect) event(dst []byte, m *madang.Message, ask uint64, offset string) ([]byte, error) {
	parts := m.Attachments
	if m.Type == madang.Binary {
		parts = [][]byte{m.Data}
	}
	if d.named(m.Channel) && packet.Reserved(m.Name) {
		return dst, nil // clients would take it for an event of their own
	}
	start := len(dst)
	dst = d.begin(dst, len(parts), ask)
	empty := len(dst)
	if dst = d.body(dst, m); len(dst) == empty {
		return dst[:start], nil
	}
	return d.frames(endEvent(dst, offset), start, parts), nil
}

// begin appends room for a frame's header and what stands before the elements of an event's array.
func (d dialect) begin(dst []byte, attachments int, ask uint64) []byte {
	dst = append(dst, make([]byte, headerRoom)...)
	dst = d.prefix(dst, packet.Event.With(attachments), attachments, ask, ask != 0)
	return append(dst, '[')
}

// endEvent appends what stands behind them.
func endEvent(dst []byte, offset string) []byte {
	if offset != "" {
		dst = AppendString(append(dst, ','), offset)
	}
	return append(dst, ']')
}

// prefix appends what stands before a packet's JSON.
func (d dialect) prefix(dst []byte, t packet.Type, attachments int, id uint64, hasID bool) []byte {
	dst = append(dst, '4')
	p := packet.Packet{Type: t, Namespace: d.namespace, Attachments: attachments, ID: id, HasID: hasID}
	return p.Append(dst)
}

// AppendData appends a message's data as arguments of an event, each behind a comma.
func AppendData(dst []byte, m *madang.Message) []byte {
	switch m.Type {
	case madang.Args:
		if n := len(m.Data); n > 2 {
			dst = append(append(dst, ','), m.Data[1:n-1]...)
		}
	case madang.Text:
		dst = AppendString(append(dst, ','), string(m.Data))
	case madang.Binary:
		dst = append(dst, `,{"_placeholder":true,"num":0}`...)
	default:
		if len(m.Data) > 0 {
			dst = append(append(dst, ','), m.Data...)
		}
	}
	return dst
}

// frames makes a frame of what stands in dst behind start and room for a header, and adds those of the attachments.
func (d dialect) frames(dst []byte, start int, parts [][]byte) []byte {
	body := dst[start+headerRoom:]
	if d.compresses(body) {
		dst = d.deflater.AppendDeflated(dst[:start], ws.Text, append([]byte(nil), body...))
	} else {
		head := ws.AppendHeader(make([]byte, 0, headerRoom), ws.Text, false, len(body))
		n := copy(dst[start:], head)
		n += copy(dst[start+n:], body)
		dst = dst[:start+n]
	}
	for _, part := range parts {
		if d.version == engineio.V3 {
			part = engineio.Packet{Type: engineio.Message, Binary: true, Data: part}.AppendBinary(nil, d.version)
		}
		if d.compresses(part) {
			dst = d.deflater.AppendDeflated(dst, ws.Binary, part)
		} else {
			dst = ws.AppendFrame(dst, ws.Binary, part)
		}
	}
	return dst
}

func (d dialect) compresses(body []byte) bool { return d.deflater != nil && len(body) >= 1024 }

// packet returns the unit of any packet.
func (d dialect) packet(p packet.Packet, parts [][]byte) []byte {
	p.Namespace = d.namespace
	dst := make([]byte, headerRoom, headerRoom+len(p.Data)+len(p.Namespace)+16)
	dst = p.Append(append(dst, '4'))
	return d.frames(dst, 0, parts)
}

// AppendString appends a JSON string.
func AppendString(dst []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			b, _ := json.Marshal(s) // a string always has a JSON form
			return append(dst, b...)
		}
	}
	dst = append(dst, '"')
	dst = append(dst, s...)
	return append(dst, '"')
}

// stampText is the offset that a client is given, and gives back.
func stampText(epoch string, stamp uint64) string { return epoch + "." + strconv.FormatUint(stamp, 36) }
