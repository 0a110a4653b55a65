// Package wire builds what clients of the measured protocols send and reads
// what they are sent, at the smallest cost per delivery: it knows exactly the
// packets of the workloads and treats everything else as an error.
//
// Frames are those of RFC 6455. Packets are those of Engine.IO 4 and Socket.IO
// 5, of the Pusher protocol 7, of laravel-echo-server's dialect of Engine.IO 3
// and Socket.IO 2, and of Ably's protocol in both its forms.
package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// An Op is a WebSocket opcode (RFC 6455 section 5.2).
type Op byte

// The opcodes that a server may send outside a fragmented message.
const (
	Text   Op = 1
	Binary Op = 2
	Close  Op = 8
	Ping   Op = 9
	Pong   Op = 10
)

// MaxPayload is the longest payload in bytes that Next accepts from a server.
// A reader that has room for MaxPayload and a header never waits for ever.
const MaxPayload = 128 << 10

// MaxHeader is the longest header in bytes of a frame that a server sends.
const MaxHeader = 10

// ErrFrame is returned for bytes that are not a frame a server of the
// benchmark may send.
var ErrFrame = errors.New("not a frame of the benchmark")

// A Frame is one whole frame. Payload points into the bytes given to Next.
type Frame struct {
	Op      Op
	Payload []byte
}

// AppendFrame appends one final frame from a client. Its masking key is zero:
// the server still unmasks it, the generator does not pay for it.
func AppendFrame(dst []byte, op Op, payload []byte) []byte {
	dst = append(dst, 0x80|byte(op))
	switch n := len(payload); {
	case n < 126:
		dst = append(dst, 0x80|byte(n))
	case n < 1<<16:
		dst = append(dst, 0x80|126)
		dst = binary.BigEndian.AppendUint16(dst, uint16(n))
	default:
		dst = append(dst, 0x80|127)
		dst = binary.BigEndian.AppendUint64(dst, uint64(n))
	}
	dst = append(dst, 0, 0, 0, 0)
	return append(dst, payload...)
}

// Next reads the frame at the start of b and says how many bytes it takes.
// Zero bytes and no error mean that the frame is not complete yet.
func Next(b []byte) (Frame, int, error) {
	if len(b) < 2 {
		return Frame{}, 0, nil
	}
	length, head := uint64(b[1]), 2
	switch {
	case length < 126:
	case length == 126:
		if len(b) < 4 {
			return Frame{}, 0, nil
		}
		length, head = uint64(binary.BigEndian.Uint16(b[2:])), 4
	case length == 127:
		if len(b) < 10 {
			return Frame{}, 0, nil
		}
		length, head = binary.BigEndian.Uint64(b[2:]), 10
	default:
		return Frame{}, 0, fmt.Errorf("%w: masked by the server", ErrFrame)
	}
	op := Op(b[0] & 0x7f)
	if b[0]&0x80 == 0 || !op.known() {
		return Frame{}, 0, fmt.Errorf("%w: first byte %#02x (fragmented, compressed or unknown)", ErrFrame, b[0])
	}
	if length > MaxPayload {
		return Frame{}, 0, fmt.Errorf("%w: %d bytes, at most %d are expected", ErrFrame, length, MaxPayload)
	}
	total := head + int(length)
	if len(b) < total {
		return Frame{}, 0, nil
	}
	return Frame{Op: op, Payload: b[head:total]}, total, nil
}

func (op Op) known() bool {
	switch op {
	case Text, Binary, Close, Ping, Pong:
		return true
	}
	return false
}
