package ably

import (
	"strconv"
	"strings"

	"madang"
)

// A channel serial is a position as text: the offset in base 36 behind the number of its digits, so that serials of one
// epoch sort like their offsets, then the epoch. A message's serial goes on with its index, which is always 0: each
// message has a position of its own.

// serialOf returns the serial of a position; empty if it is none.
func serialOf(p madang.Position) string {
	if p == (madang.Position{}) {
		return ""
	}
	return string(appendSerial(make([]byte, 0, 16+len(p.Epoch)), p))
}

func appendSerial(dst []byte, p madang.Position) []byte {
	at := len(dst)
	dst = strconv.AppendUint(append(dst, 0), p.Offset, 36)
	dst[at] = strconv.FormatInt(int64(len(dst)-at-1), 36)[0] // at most 13
	return append(append(dst, '@'), p.Epoch...)
}

// messageSerial returns the serial of the message at a position.
func messageSerial(p madang.Position) string {
	if p == (madang.Position{}) {
		return ""
	}
	return string(append(appendSerial(make([]byte, 0, 18+len(p.Epoch)), p), ":0"...))
}

// positionOf reads a serial, of a channel or of a message.
func positionOf(serial string) (p madang.Position, ok bool) {
	digits, epoch, ok := strings.Cut(serial, "@")
	if !ok || len(digits) < 2 || epoch == "" {
		return p, false
	}
	epoch, _, _ = strings.Cut(epoch, ":")
	offset, err := strconv.ParseUint(digits[1:], 36, 64)
	p = madang.Position{Epoch: epoch, Offset: offset}
	if err != nil || serialOf(p) != digits+"@"+epoch { // only what is written exactly so
		return madang.Position{}, false
	}
	return p, true
}
