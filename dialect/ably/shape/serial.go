package shape

import (
	"strconv"
	"strings"

	"madang"
)

// Serial returns the serial of a position in a channel: the offset in base 36 behind the number of its digits, so that
// serials of one epoch sort like their offsets, then the epoch. It is empty for the zero position.
func Serial(p madang.Position) string {
	if p == (madang.Position{}) {
		return ""
	}
	return string(AppendSerial(make([]byte, 0, 16+len(p.Epoch)), p))
}

// AppendSerial appends the serial of a position.
func AppendSerial(dst []byte, p madang.Position) []byte {
	at := len(dst)
	dst = strconv.AppendUint(append(dst, 0), p.Offset, 36)
	dst[at] = strconv.FormatInt(int64(len(dst)-at-1), 36)[0] // at most 13
	return append(append(dst, '@'), p.Epoch...)
}

// MessageSerial returns the serial of the message at a position: the channel's, and an index that is always 0, because
// each message has a position of its own.
func MessageSerial(p madang.Position) string {
	if p == (madang.Position{}) {
		return ""
	}
	return string(append(AppendSerial(make([]byte, 0, 18+len(p.Epoch)), p), ":0"...))
}

// ParseSerial reads a serial, of a channel or of a message. Only what is written exactly as here is one.
func ParseSerial(serial string) (p madang.Position, ok bool) {
	digits, epoch, ok := strings.Cut(serial, "@")
	if !ok || len(digits) < 2 || epoch == "" {
		return p, false
	}
	epoch, index, ofMessage := strings.Cut(epoch, ":")
	if ofMessage && index != "0" { // it would be said back to the client, or written into a stream
		return p, false
	}
	offset, err := strconv.ParseUint(digits[1:], 36, 64)
	p = madang.Position{Epoch: epoch, Offset: offset}
	if err != nil || Serial(p) != digits+"@"+epoch {
		return madang.Position{}, false
	}
	return p, true
}
