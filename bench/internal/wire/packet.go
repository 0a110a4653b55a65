package wire

import (
	"bytes"
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
	frame []byte
	at    int
}

// PublishFrame returns the call pub(room, data) with data of size bytes.
func PublishFrame(room string, size int) *Numbered {
	return numbered(`42["pub",` + quote(room) + `,` + data(size) + `]`)
}

// EchoFrame returns the call echo(data) with acknowledgement 1 and data of size
// bytes.
func EchoFrame(size int) *Numbered {
	return numbered(`421["echo",` + data(size) + `]`)
}

func numbered(packet string) *Numbered {
	frame := AppendFrame(nil, Text, []byte(packet))
	return &Numbered{frame: frame, at: bytes.LastIndex(frame, []byte(dataStart)) + len(dataStart)}
}

// With returns the frame with the number n (0 to MaxNumber). The bytes are valid
// until the next call.
func (f *Numbered) With(n int) []byte {
	for i := f.at + digits - 1; i >= f.at; i-- {
		f.frame[i] = byte('0' + n%10)
		n /= 10
	}
	return f.frame
}

// A Shape is what a numbered packet of a server looks like. The application
// returns data unchanged, so length and beginning are known beforehand.
type Shape struct {
	start  string
	length int
}

// DeliveryShape is the event msg with data of size bytes.
func DeliveryShape(size int) Shape { return shape(`42["msg",`, size, "]") }

// EchoShape is the answer to EchoFrame.
func EchoShape(size int) Shape { return shape(`431[`, size, "]") }

func shape(before string, size int, after string) Shape {
	return Shape{start: before + dataStart, length: len(before) + len(data(size)) + len(after)}
}

// Number returns the number in a packet, and whether the packet has this shape.
func (s *Shape) Number(packet []byte) (int, bool) {
	if len(packet) != s.length || string(packet[:len(s.start)]) != s.start {
		return 0, false
	}
	n := 0
	for _, d := range packet[len(s.start) : len(s.start)+digits] {
		if d < '0' || d > '9' {
			return 0, false
		}
		n = n*10 + int(d-'0')
	}
	return n, true
}

func quote(s string) string {
	b, _ := json.Marshal(s) // a string always encodes
	return string(b)
}
