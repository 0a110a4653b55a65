package packet

import (
	"bytes"
	"math"
	"unicode/utf8"
)

// Parse reads one text frame. The packet's Data aliases b. Errors wrap ErrMalformed.
//
// A binary packet's placeholders are looked at when its attachments are there, by an Assembler.
func Parse(b []byte, lim Limits) (Packet, error) {
	ps := Parser{Limits: lim}
	return ps.Parse(b)
}

// A Parser is Parse for one connection. It remembers the last namespace, so that a client that stays in one costs no
// allocation. Its zero value is ready; it must not be used by two goroutines at once.
type Parser struct {
	Limits Limits

	last string
}

// Parse reads one text frame as the function Parse does.
func (ps *Parser) Parse(b []byte) (Packet, error) {
	if len(b) == 0 {
		return Packet{}, malformed("empty packet", 0)
	}
	if b[0] < '0' || b[0] > '0'+byte(BinaryAck) {
		return Packet{}, malformed("unknown packet type", 0)
	}
	// What is let in here is sent to other clients in text frames, which they must close on if it is not UTF-8.
	if !utf8.Valid(b) {
		return Packet{}, malformed("invalid UTF-8", 0)
	}
	p := Packet{Type: Type(b[0] - '0'), Namespace: Root}
	i := 1
	var err error
	if p.Type.Binary() {
		if p.Attachments, i, err = parseAttachments(b, i, ps.Limits.maxAttachments()); err != nil {
			return Packet{}, err
		}
	}
	if i < len(b) && b[i] == '/' {
		i = ps.namespace(&p, b, i)
	}
	if p.ID, p.HasID, i, err = parseID(b, i); err != nil {
		return Packet{}, err
	}
	if i < len(b) {
		p.Data = b[i:]
	}
	if err := checkPayload(p.Type, p.Data, i, ps.Limits.maxDepth()); err != nil {
		return Packet{}, err
	}
	return p, nil
}

// parseAttachments reads "n-" at b[i:].
func parseAttachments(b []byte, i, most int) (n, next int, err error) {
	start := i
	for ; i < len(b) && isDigit(b[i]); i++ {
		if n <= most { // beyond that it only has to stay beyond
			n = n*10 + int(b[i]-'0')
		}
	}
	switch {
	case i == start || i == len(b) || b[i] != '-' || n == 0:
		return 0, 0, malformed("illegal number of attachments", start)
	case n > most:
		return 0, 0, malformed("too many attachments", start)
	}
	return n, i + 1, nil
}

// namespace reads the namespace that begins at b[i] and returns the index behind its comma. The comma may be missing
// where nothing follows: "0/admin".
func (ps *Parser) namespace(p *Packet, b []byte, i int) int {
	name, next := b[i:], len(b)
	if n := bytes.IndexByte(name, ','); n >= 0 {
		name, next = name[:n], i+n+1
	}
	if p.Type == Connect {
		if q := bytes.IndexByte(name, '?'); q >= 0 {
			p.Query = string(name[q+1:])
			name = name[:q]
		}
	}
	switch string(name) { // compared without an allocation
	case Root:
	case ps.last:
		p.Namespace = ps.last
	default:
		p.Namespace = string(name)
		ps.last = p.Namespace
	}
	return next
}

// parseID reads the acknowledgement id at b[i:], if there is one.
func parseID(b []byte, i int) (id uint64, has bool, next int, err error) {
	start := i
	for ; i < len(b) && isDigit(b[i]); i++ {
		d := uint64(b[i] - '0')
		if id > (math.MaxUint64-d)/10 {
			return 0, false, 0, malformed("acknowledgement id too large", start)
		}
		id = id*10 + d
	}
	return id, i > start, i, nil
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
