package wire

import (
	"bytes"
	"fmt"
	"strconv"
)

// NATS is the protocol of NATS clients, over WebSocket. Rooms are subjects. A
// server puts as many messages into one frame as it has, so it is a Stream.
type NATS struct{}

const (
	natsMessage = "MSG "
	natsEnd     = "\r\n"
)

// Upgrade implements Protocol.
func (NATS) Upgrade(host string) []byte { return upgradeRequest(host, "/") }

// Frames says that packets are in binary messages.
func (NATS) Frames() Op { return Binary }

// Greet implements Protocol: the server's INFO, then CONNECT, the subscription
// and a PING, whose answer says that the server has taken both.
func (NATS) Greet(step int, packet []byte, who Who) (frame []byte, done bool, err error) {
	switch {
	case step == 0 && bytes.HasPrefix(packet, []byte("INFO ")):
		text := `CONNECT {"verbose":false,"pedantic":false,"echo":true,"lang":"bench","version":"1"}` + natsEnd
		if who.Room != "" {
			text += "SUB " + who.Room + " 1" + natsEnd
		}
		return natsFrame(text + "PING" + natsEnd), false, nil
	case step == 1 && string(packet) == "PONG"+natsEnd:
		return nil, true, nil
	}
	return nil, false, unexpected(packet)
}

// Control implements Protocol.
func (NATS) Control(packet []byte) (answer []byte, known bool, err error) {
	switch {
	case string(packet) == "PING"+natsEnd:
		return natsFrame("PONG" + natsEnd), true, nil
	case bytes.HasPrefix(packet, []byte("-ERR")):
		return nil, true, ended(packet)
	}
	return nil, false, nil
}

// Delivery implements Protocol.
func (NATS) Delivery(packet []byte) bool { return packet[0] == 'M' }

// KeepAlive implements Protocol: it is the server that pings.
func (NATS) KeepAlive() []byte { return nil }

// Publish implements Protocol.
func (NATS) Publish(room string, size int) *Numbered {
	return numbered(Binary, "PUB "+room+" "+strconv.Itoa(len(data(size)))+natsEnd+data(size)+natsEnd, dataStart)
}

// Delivered implements Protocol.
func (NATS) Delivered(room string, size int) Shape {
	return shape(natsMessage+room+" 1 "+strconv.Itoa(len(data(size)))+natsEnd, size, natsEnd)
}

// LeavesOut implements Protocol.
func (NATS) LeavesOut() bool { return false }

// Split implements Stream: a message is a line and the payload whose length
// stands at the line's end; everything else is a line.
func (NATS) Split(b []byte) (packet, rest []byte, err error) {
	end := bytes.Index(b, []byte(natsEnd))
	if end < 0 {
		return nil, nil, fmt.Errorf("%w: no end of line in %.60q", ErrFrame, b)
	}
	size := end + len(natsEnd)
	if bytes.HasPrefix(b, []byte(natsMessage)) {
		n, err := strconv.Atoi(string(b[bytes.LastIndexByte(b[:end], ' ')+1 : end]))
		if err != nil || n < 0 || n > MaxPayload {
			return nil, nil, fmt.Errorf("%w: length of %.60q", ErrFrame, b)
		}
		size += n + len(natsEnd)
	}
	if size > len(b) {
		return nil, nil, fmt.Errorf("%w: %.60q is cut short", ErrFrame, b)
	}
	return b[:size], b[size:], nil
}

func natsFrame(text string) []byte { return AppendFrame(nil, Binary, []byte(text)) }
