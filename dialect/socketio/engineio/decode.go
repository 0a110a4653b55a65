package engineio

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// The content types of payloads. What a client posts is text unless its type is ContentBinary.
const (
	ContentText   = "text/plain; charset=UTF-8"
	ContentBinary = "application/octet-stream"
)

// separator stands between the packets of a revision 4 payload.
const separator = 0x1e

// DecodePayload reads the body of a polling request or response and calls yield for each packet in turn. contentType
// is the header's value. A packet's Data may alias body.
//
// An error of yield ends it and is returned as it is; its own errors wrap ErrMalformed. Packets before a mistake have
// been handed to yield by then, as the reference does.
func DecodePayload(v Version, contentType string, body []byte, lim Limits, yield func(Packet) error) error {
	if len(body) > lim.maxBytes() {
		return malformed("payload too large", lim.maxBytes())
	}
	d := decoder{body: body, left: lim.maxPackets(), yield: yield}
	binary := isBinary(contentType)
	switch {
	case v == V3 && binary:
		return d.binary()
	case binary:
		return malformed("binary content, which revision 4 does not know", 0)
	case !utf8.Valid(body):
		return malformed("invalid UTF-8", 0)
	case v == V3:
		return d.counted()
	}
	return d.separated()
}

// isBinary reports whether contentType is ContentBinary, whatever its case and parameters.
func isBinary(contentType string) bool {
	media, _, _ := strings.Cut(contentType, ";")
	return strings.EqualFold(strings.TrimSpace(media), ContentBinary)
}

// A decoder is one pass over a body.
type decoder struct {
	body  []byte
	left  int // packets that may still come
	yield func(Packet) error
}

func (d *decoder) text(v Version, b []byte) error {
	p, err := ParseText(v, b)
	if err != nil {
		return err
	}
	return d.emit(p)
}

func (d *decoder) emit(p Packet) error {
	if d.left--; d.left < 0 {
		return malformed("too many packets", len(d.body))
	}
	return d.yield(p)
}

// separated reads revision 4: packets with a separator between them.
func (d *decoder) separated() error {
	rest := d.body
	for {
		b, after, more := bytes.Cut(rest, []byte{separator})
		if err := d.text(V4, b); err != nil {
			return err
		}
		if !more {
			return nil
		}
		rest = after
	}
}
