package engineio

import (
	"encoding/base64"
	"strconv"
)

// AppendPayload appends the packets as one polling body to dst and returns the extended slice with its content type.
// b64 is whether the client asked for base64 in its handshake; revision 4 always writes base64.
func AppendPayload(dst []byte, v Version, packets []Packet, b64 bool) (body []byte, contentType string) {
	switch {
	case v == V4:
		return appendSeparated(dst, packets), ContentText
	case !b64 && anyBinary(packets):
		return appendBinary(dst, packets), ContentBinary
	}
	return appendCounted(dst, packets), ContentText
}

func anyBinary(packets []Packet) bool {
	for i := range packets {
		if packets[i].Binary {
			return true
		}
	}
	return false
}

func appendSeparated(dst []byte, packets []Packet) []byte {
	for i := range packets {
		if i > 0 {
			dst = append(dst, separator)
		}
		dst = packets[i].AppendText(dst, V4)
	}
	return dst
}

func appendCounted(dst []byte, packets []Packet) []byte {
	if len(packets) == 0 {
		return append(dst, "0:"...)
	}
	for i := range packets {
		p := &packets[i]
		units := 1 + countUnits(p.Data) // the type's digit
		if p.Binary {
			units = 2 + base64.StdEncoding.EncodedLen(len(p.Data)) // "b4"
		}
		dst = strconv.AppendInt(dst, int64(units), 10)
		dst = append(dst, ':')
		dst = p.AppendText(dst, V3)
	}
	return dst
}

func appendBinary(dst []byte, packets []Packet) []byte {
	for i := range packets {
		p := &packets[i]
		kind := byte(kindText)
		if p.Binary {
			kind = kindBinary
		}
		dst = append(dst, kind)
		digits := len(dst)
		dst = strconv.AppendInt(dst, int64(len(p.Data)+1), 10)
		for j := digits; j < len(dst); j++ {
			dst[j] -= '0'
		}
		dst = append(dst, endLength)
		if p.Binary {
			dst = p.AppendBinary(dst, V3)
		} else {
			dst = p.AppendText(dst, V3)
		}
	}
	return dst
}
