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
}

// headerRoom is the longest WebSocket header of a server.
const headerRoom = 10

// Encode implements madang.Dialect: the event as one text frame, and a frame for each attachment.
func (d dialect) Encode(dst []byte, e *madang.Event) ([]byte, error) {
	if e.Message == nil {
		return dst, nil // who is there is told by messages of the features
	}
	return d.event(dst, e.Message, e.Ask, "")
}

// event appends a message. A not empty offset becomes its last argument.
func (d dialect) event(dst []byte, m *madang.Message, ask uint64, offset string) ([]byte, error) {
	parts := m.Attachments
	if m.Type == madang.Binary {
		parts = [][]byte{m.Data}
	}
	start := len(dst)
	dst = append(dst, make([]byte, headerRoom)...)
	dst = d.prefix(dst, packet.Event.With(len(parts)), len(parts), ask, ask != 0)
	dst = append(dst, '[')
	dst = appendString(dst, m.Name)
	dst = appendData(dst, m)
	if offset != "" {
		dst = append(dst, ',')
		dst = appendString(dst, offset)
	}
	dst = append(dst, ']')
	return d.frames(dst, start, parts), nil
}

// prefix appends what stands before a packet's JSON.
func (d dialect) prefix(dst []byte, t packet.Type, attachments int, id uint64, hasID bool) []byte {
	dst = append(dst, '4')
	p := packet.Packet{Type: t, Namespace: d.namespace, Attachments: attachments, ID: id, HasID: hasID}
	return p.Append(dst)
}

// appendData appends a message's data as arguments, each behind a comma.
func appendData(dst []byte, m *madang.Message) []byte {
	switch m.Type {
	case madang.Args:
		if args := m.Data[1 : len(m.Data)-1]; len(args) > 0 {
			dst = append(append(dst, ','), args...)
		}
	case madang.Text:
		dst = appendString(append(dst, ','), string(m.Data))
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

// appendString appends a JSON string.
func appendString(dst []byte, s string) []byte {
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
