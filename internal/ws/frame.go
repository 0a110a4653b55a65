package ws

import (
	"encoding/binary"
	"math"
	"strings"
	"unicode/utf8"
)

// maxHeader is the longest header of a frame that is not masked.
const maxHeader = 10

// AppendHeader appends the header of a server's frame, the only one of its message, whose payload of n bytes the caller
// appends. compressed says that the payload has been deflated for permessage-deflate.
func AppendHeader(dst []byte, op OpCode, compressed bool, n int) []byte {
	first := 0x80 | byte(op)
	if compressed {
		first |= 0x40
	}
	switch {
	case n <= maxControl:
		return append(dst, first, byte(n))
	case n <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(dst, first, 126), uint16(n))
	}
	return binary.BigEndian.AppendUint64(append(dst, first, 127), uint64(n))
}

// AppendFrame appends a server's frame: a whole message, or a Ping or Pong of at most 125 bytes.
func AppendFrame(dst []byte, op OpCode, payload []byte) []byte {
	return append(AppendHeader(dst, op, false, len(payload)), payload...)
}

// AppendClose appends a close frame. A code that may not be sent, such as CodeNoStatus, makes one without code and
// reason; a reason is made valid UTF-8 and cut to the 123 bytes there is room for.
func AppendClose(dst []byte, code int, reason string) []byte {
	if !validCode(code) {
		return AppendHeader(dst, Close, false, 0)
	}
	reason = strings.ToValidUTF8(reason, "\uFFFD")
	if limit := maxControl - 2; len(reason) > limit {
		for limit > 0 && !utf8.RuneStart(reason[limit]) {
			limit--
		}
		reason = reason[:limit]
	}
	dst = AppendHeader(dst, Close, false, 2+len(reason))
	dst = binary.BigEndian.AppendUint16(dst, uint16(code))
	return append(dst, reason...)
}

// A Frame is one finished frame of a server.
type Frame struct {
	Op         OpCode
	Fin        bool
	Compressed bool   // Payload must be inflated, see [Inflater.Append]
	Payload    []byte // part of the bytes that were walked
}

// Next takes the first frame off b, which holds finished frames as the functions here append them. ok is false when b
// is empty, or begins with anything but a whole frame without a mask.
func Next(b []byte) (f Frame, rest []byte, ok bool) {
	if len(b) < 2 {
		return Frame{}, b, false
	}
	head, length := 2, uint64(b[1])
	switch {
	case length == 126 && len(b) >= 4:
		head, length = 4, uint64(binary.BigEndian.Uint16(b[2:]))
	case length == 127 && len(b) >= 10:
		head, length = 10, binary.BigEndian.Uint64(b[2:])
	case length > maxControl: // masked, or its length is not there
		return Frame{}, b, false
	}
	if length > uint64(len(b)-head) {
		return Frame{}, b, false
	}
	end := head + int(length)
	f = Frame{
		Op:         OpCode(b[0] & 0x0F),
		Fin:        b[0]&0x80 != 0,
		Compressed: b[0]&0x40 != 0,
		Payload:    b[head:end:end],
	}
	return f, b[end:], true
}
