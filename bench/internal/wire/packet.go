package wire

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"strings"
)

// What a server sends beside deliveries, by the packet's first bytes: an
// Engine.IO type, then a Socket.IO type.
const (
	PacketOpen         = "0"
	PacketClose        = "1"
	PacketPing         = "2"
	PacketConnect      = "40"
	PacketDisconnect   = "41"
	PacketConnectError = "44"
	PacketSubscribed   = "430[1]"
	packetPong         = "3"
)

// PongFrame returns the answer to an Engine.IO ping.
func PongFrame() []byte { return AppendFrame(nil, Text, []byte(packetPong)) }

// ConnectFrame returns the packet that enters the default namespace with a
// token.
func ConnectFrame(token string) []byte {
	return AppendFrame(nil, Text, []byte(`40{"token":`+quote(token)+`}`))
}

// SubscribeFrame returns the call sub(room) with acknowledgement 0, which the
// server answers with PacketSubscribed.
func SubscribeFrame(room string) []byte {
	return AppendFrame(nil, Text, []byte(`420["sub",`+quote(room)+`]`))
}

// MinData is the shortest data in bytes that holds a number.
const MinData = len(`{"n":"00000000","pad":""}`)

// MaxNumber is the largest number that a message can carry.
const MaxNumber = 99_999_999

const (
	digits    = 8
	dataStart = `{"n":"`
)

// data returns a JSON object of exactly size bytes (or MinData, if that is
// more) whose number is still zero.
func data(size int) string {
	return dataStart + strings.Repeat("0", digits) + `","pad":"` + strings.Repeat("x", max(0, size-MinData)) + `"}`
}

// A Numbered is a frame to send many times, each time with another number.
type Numbered struct {
	frame    []byte
	at       int  // of the number
	serialAt int  // of the serial; 0 if there is none
	packed   bool // the serial is MessagePack's
}

// packedSerial is how many bytes a serial takes in MessagePack, behind its type.
const packedSerial = 4

// PublishFrame returns the call pub(room, data) with data of size bytes.
func PublishFrame(room string, size int) *Numbered {
	return numbered(Text, `42["pub",`+quote(room)+`,`+data(size)+`]`, dataStart)
}

// EchoFrame returns the call echo(data) with acknowledgement 1 and data of size
// bytes.
func EchoFrame(size int) *Numbered {
	return numbered(Text, `421["echo",`+data(size)+`]`, dataStart)
}

// numbered returns a packet whose number stands behind the last mark.
func numbered(op Op, packet, mark string) *Numbered {
	frame := AppendFrame(nil, op, []byte(packet))
	return &Numbered{frame: frame, at: bytes.LastIndex(frame, []byte(mark)) + len(mark)}
}

// With returns the frame with the number n (0 to MaxNumber), as the message of
// its connection that is counted serial, from 0: some protocols want to know.
// The bytes are valid until the next call.
func (f *Numbered) With(n, serial int) []byte {
	write(f.frame[f.at:], n)
	switch serial += firstSerial; {
	case f.serialAt == 0:
	case f.packed:
		binary.BigEndian.PutUint32(f.frame[f.serialAt:], uint32(serial))
	default:
		write(f.frame[f.serialAt:], serial)
	}
	return f.frame
}

// write writes the digits of n.
func write(b []byte, n int) {
	for i := digits - 1; i >= 0; i-- {
		b[i] = byte('0' + n%10)
		n /= 10
	}
}

// DeliveryShape is the event msg with data of size bytes.
func DeliveryShape(size int) Shape { return shape(`42["msg",`, size, "]") }

// EchoShape is the answer to EchoFrame.
func EchoShape(size int) Shape { return shape(`431[`, size, "]") }

func quote(s string) string {
	b, _ := json.Marshal(s) // a string always encodes
	return string(b)
}
