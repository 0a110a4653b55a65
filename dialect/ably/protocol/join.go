package protocol

import (
	"bytes"

	"github.com/tinylib/msgp/msgp"
)

// MaxJoined is how many messages of MessagePack Join puts into one frame: as many as the shortest head of a list can tell.
const MaxJoined = 15

// What stands behind the messages of a frame, before the serial itself.
const (
	serialText   = `],"channelSerial":"`
	serialPacked = "\xadchannelSerial"
)

// Join adds a message to the frame at the end of dst, which begins at start and which Append or Join made of messages with a
// channel serial; serial is what the frame's is from now on. What the message has in common with the frame is not said again.
// It returns false, and everything up to dst's length as it was, if the frame is not one of those, or would give the message a
// publisher that it does not have, or has MaxJoined messages in MessagePack, or would be longer than most bytes.
func Join(dst []byte, start, most int, m *Message, serial string, binary bool) ([]byte, bool) {
	if serial == "" {
		return dst, false
	}
	short := *m
	if !inherit(&short, dst[start:], binary) {
		return dst, false
	}
	m = &short
	if binary {
		return joinPacked(dst, start, most, m, serial)
	}
	body := dst[start:]
	tail := bytes.LastIndex(body, []byte(serialText))
	if tail < 0 || bytes.IndexByte(body[tail+len(serialText):], '"') != len(body)-tail-len(serialText)-len(`"}`) {
		return dst, false // what was found is in a message, or there is nothing
	}
	end := len(dst)
	w := writer{b: append(dst, ',')}
	w.message(m, false)
	w.b = append(w.b, ']')
	w.fields = 1 // those before it
	w.text("channelSerial", serial)
	w.b = append(w.b, '}')
	return move(w.b, start, tail, end, most)
}

// inherit takes from a message what it has in common with its frame. It returns false if the message would inherit what it has
// not.
func inherit(m *Message, frame []byte, binary bool) bool {
	var room [128]byte
	w := writer{b: room[:0], binary: binary}
	w.begin()
	w.key("action")
	w.int(int64(Messages))
	if len(frame) < len(w.b) {
		return false
	}
	rest, w := frame[len(w.b):], writer{b: w.b[:0], binary: binary, fields: w.fields}
	w.key("timestamp")
	if value, ok := bytes.CutPrefix(rest, w.b); ok {
		key := len(w.b)
		w.int(m.Timestamp)
		value, rest = cutNumber(value, binary)
		switch {
		case bytes.Equal(value, w.b[key:]):
			m.Timestamp = 0
		case m.Timestamp == 0:
			return false
		}
	}
	w.b = w.b[:0]
	w.key("connectionId")
	if value, ok := bytes.CutPrefix(rest, w.b); ok {
		key := len(w.b)
		w.str(m.ConnectionID)
		switch {
		case bytes.HasPrefix(value, w.b[key:]):
			m.ConnectionID = ""
		case m.ConnectionID == "":
			return false
		}
	}
	return true
}

// cutNumber returns the number at the beginning, and what is behind it.
func cutNumber(b []byte, binary bool) (number, rest []byte) {
	if binary {
		rest, err := msgp.Skip(b)
		if err != nil {
			return b, nil
		}
		return b[:len(b)-len(rest)], rest
	}
	n := 0
	for n < len(b) && (b[n] == '-' || '0' <= b[n] && b[n] <= '9') {
		n++
	}
	return b[:n], b[n:]
}

func joinPacked(dst []byte, start, most int, m *Message, serial string) ([]byte, bool) {
	body := dst[start:]
	tail := bytes.LastIndex(body, []byte(serialPacked))
	if tail < 0 {
		return dst, false
	}
	if _, rest, err := msgp.ReadStringZC(body[tail+len(serialPacked):]); err != nil || len(rest) > 0 {
		return dst, false
	}
	list := listOf(body[:tail])
	if list < 0 || body[list]&0xf0 != 0x90 || body[list]&0x0f >= MaxJoined {
		return dst, false
	}
	end := len(dst)
	w := writer{b: dst, binary: true}
	w.message(m, false)
	w.text("channelSerial", serial)
	b, ok := move(w.b, start, tail, end, most)
	if ok {
		b[start+list]++
	}
	return b, ok
}

// move puts what was written behind the end of a frame in the place of its tail, unless that makes the frame too long.
func move(b []byte, start, tail, end, most int) ([]byte, bool) {
	if tail+len(b)-end > most {
		return b[:end], false
	}
	at := start + tail
	return b[:at+copy(b[at:], b[end:])], true
}

// listOf returns where the list of messages of a packed frame begins, -1 if there is none.
func listOf(frame []byte) int {
	n, rest, err := msgp.ReadMapHeaderBytes(frame)
	for ; err == nil && n > 0; n-- {
		var key []byte
		if key, rest, err = msgp.ReadStringZC(rest); err != nil {
			break
		}
		if string(key) == "messages" {
			if len(rest) == 0 {
				break
			}
			return len(frame) - len(rest)
		}
		rest, err = msgp.Skip(rest)
	}
	return -1
}
