package ws

import (
	"encoding/binary"
	"unicode/utf8"

	gobwas "github.com/gobwas/ws"
)

// DefaultMaxMessage is the largest message in bytes, after inflation, when a Parser is told nothing else.
const DefaultMaxMessage = 1 << 20

// maxControl is the largest payload of a control frame (RFC 6455 §5.5).
const maxControl = 125

// A Parser turns the bytes that a peer sends into messages. The zero value is ready for use, by a server.
//
// It holds bytes only while a frame or a message is incomplete, as many as have arrived: what a frame declares decides
// whether the frame is refused, never how much is allocated. Of RFC 6455 it checks everything that a server must, with
// one leniency: a length may take more bytes than it needs to.
type Parser struct {
	MaxMessage int       // largest message in bytes, after inflation; 0 means DefaultMaxMessage
	Deflate    bool      // permessage-deflate was agreed on in the handshake
	Inflater   *Inflater // shared by many Parsers; nil costs an allocation of 40 KiB for each compressed message
	Client     bool      // the reader is a client: its peer's frames must not be masked (RFC 6455 §5.1)

	head  [14]byte // of the frame whose header is incomplete
	headN uint8

	// The frame whose payload is under way, if inFrame.
	inFrame bool
	fin     bool
	op      OpCode
	mask    [4]byte
	maskPos uint8 // modulo 4
	left    int   // payload bytes still to come

	// The message whose frames are under way, if msgOp is not Continuation.
	msgOp      OpCode
	compressed bool
	msg        []byte // its payload so far, unless it came in one piece
	checked    int    // so much of msg is valid UTF-8

	control []byte // of a control frame in pieces; it may stand between two frames of msg
	closed  bool   // a close frame was delivered; nothing after it counts (RFC 6455 §1.4)
	err     error
}

// Feed takes the next bytes of the connection and calls f with each message that they complete, control frames
// included; answering those is f's business. Payloads are unmasked where they are, so b is changed, and a message that
// lies in b whole is not copied.
//
// It returns a *CloseError when the peer must be sent away, or the error that f returned. Both are final: the same
// comes back from every later call. After a Close message further bytes are ignored.
//
// Feed must not be called from within f, nor by anybody else before it has returned.
func (p *Parser) Feed(b []byte, f func(Message) error) error {
	for len(b) > 0 && p.err == nil && !p.closed {
		if !p.inFrame {
			if b, p.err = p.header(b); !p.inFrame {
				continue
			}
		}
		part := b[:min(p.left, len(b))]
		b = b[len(part):]
		p.left -= len(part)
		if !p.Client {
			gobwas.Cipher(part, p.mask, int(p.maskPos))
			p.maskPos = uint8((int(p.maskPos) + len(part)) % 4)
		}
		p.inFrame = p.left > 0
		if p.op.control() {
			p.err = p.controlPart(part, f)
		} else {
			p.err = p.dataPart(part, f)
		}
	}
	if p.err != nil || p.closed {
		p.msg, p.control = nil, nil
	}
	return p.err
}

// Held returns how many bytes of memory p holds because a frame or message is incomplete: somewhat more than have arrived.
func (p *Parser) Held() int { return cap(p.msg) + cap(p.control) }

func (p *Parser) limit() int {
	if p.MaxMessage > 0 {
		return p.MaxMessage
	}
	return DefaultMaxMessage
}

// header takes bytes of a frame's header from b. When that is complete and in order, p is in the frame.
func (p *Parser) header(b []byte) (rest []byte, err error) {
	if b = p.collect(b, 2); p.headN < 2 {
		return b, nil
	}
	if err := p.checkHeader(); err != nil {
		return b, err
	}
	size, long := 2, p.head[1]&0x7F
	if !p.Client {
		size += len(p.mask)
	}
	switch long {
	case 126:
		size += 2
	case 127:
		size += 8
	}
	if b = p.collect(b, size); int(p.headN) < size {
		return b, nil
	}
	length := uint64(long)
	switch long {
	case 126:
		length = uint64(binary.BigEndian.Uint16(p.head[2:]))
	case 127:
		length = binary.BigEndian.Uint64(p.head[2:])
	}
	if !p.Client {
		p.mask = [4]byte(p.head[size-4 : size])
	}
	p.headN = 0
	return b, p.begin(length)
}

// collect fills head up to size from b as far as that goes.
func (p *Parser) collect(b []byte, size int) (rest []byte) {
	if int(p.headN) >= size {
		return b
	}
	n := copy(p.head[p.headN:size], b)
	p.headN += uint8(n)
	return b[n:]
}

// checkHeader checks what a frame's first two bytes say (RFC 6455 §5.2, §5.4, §5.5; RFC 7692 §6).
func (p *Parser) checkHeader() error {
	op, fin := OpCode(p.head[0]&0x0F), p.head[0]&0x80 != 0
	rsv1, rsv23 := p.head[0]&0x40 != 0, p.head[0]&0x30 != 0
	switch {
	case !op.known():
		return protocolError("unknown opcode")
	case rsv23, rsv1 && !(p.Deflate && (op == Text || op == Binary)):
		return protocolError("reserved bit without a meaning")
	case p.Client && p.head[1]&0x80 != 0:
		return protocolError("a server's frame is masked")
	case !p.Client && p.head[1]&0x80 == 0:
		return protocolError("frame is not masked")
	case op.control() && !fin:
		return protocolError("control frame is fragmented")
	case op.control() && p.head[1]&0x7F > maxControl:
		return protocolError("control frame is longer than 125 bytes")
	case op == Continuation && p.msgOp == Continuation:
		return protocolError("continuation of nothing")
	case (op == Text || op == Binary) && p.msgOp != Continuation:
		return protocolError("new message inside a fragmented one")
	}
	return nil
}

// begin enters the frame whose header is in head, refusing what could only become too large.
func (p *Parser) begin(length uint64) error {
	op := OpCode(p.head[0] & 0x0F)
	if length>>63 != 0 {
		return protocolError("length has its highest bit set")
	}
	if !op.control() {
		compressed := p.compressed
		if op != Continuation {
			compressed = p.head[0]&0x40 != 0
		}
		limit := p.limit()
		if compressed {
			// Deflate can make bytes that do not compress a little longer; how long they are really, shows at the end.
			limit += limit/8 + 64
		}
		if length > uint64(limit-len(p.msg)) {
			return tooBig(p.limit())
		}
		if op != Continuation {
			p.msgOp, p.compressed = op, compressed
		}
	}
	p.inFrame, p.fin, p.op = true, p.head[0]&0x80 != 0, op
	p.left, p.maskPos = int(length), 0
	return nil
}

// controlPart takes the next piece of a control frame, unmasked, and delivers the frame if that was all of it.
func (p *Parser) controlPart(part []byte, f func(Message) error) error {
	if p.inFrame || len(p.control) > 0 {
		p.control = append(p.control, part...)
		if p.inFrame {
			return nil
		}
		part, p.control = p.control, nil
	}
	if p.op == Close {
		if err := checkClose(part); err != nil {
			return err
		}
		p.closed = true
	}
	return f(Message{p.op, part})
}

// checkClose checks a close frame's payload (RFC 6455 §5.5.1, §7.4).
func checkClose(b []byte) error {
	switch {
	case len(b) == 0:
		return nil
	case len(b) == 1:
		return protocolError("close frame with half a code")
	case !validCode(int(binary.BigEndian.Uint16(b))):
		return protocolError("close code that may not be sent")
	case !utf8.Valid(b[2:]):
		return invalidData("close reason is not UTF-8")
	}
	return nil
}

// dataPart takes the next piece of a data frame, unmasked, and delivers the message if that was the end of it.
func (p *Parser) dataPart(part []byte, f func(Message) error) error {
	last := p.fin && !p.inFrame
	text := p.msgOp == Text && !p.compressed
	if !last || len(p.msg) > 0 {
		p.msg = append(p.msg, part...)
		part = p.msg
	}
	if text {
		n, ok := validUTF8(part[p.checked:], last)
		if !ok {
			return invalidData("text is not UTF-8")
		}
		p.checked += n
	}
	if !last {
		return nil
	}
	m := Message{p.msgOp, part}
	compressed := p.compressed
	p.msgOp, p.compressed, p.msg, p.checked = Continuation, false, nil, 0
	if compressed {
		var err error
		if m.Data, err = p.Inflater.Append(nil, part, p.limit()); err != nil {
			return err
		}
		if m.Op == Text && !utf8.Valid(m.Data) {
			return invalidData("text is not UTF-8")
		}
	}
	return f(m)
}

// validUTF8 returns how much of b is finished characters, and whether b can become or, if it is the last, is valid.
func validUTF8(b []byte, last bool) (n int, ok bool) {
	if utf8.Valid(b) {
		return len(b), true
	}
	if last {
		return 0, false
	}
	n = len(b)
	for i := n - 1; i >= 0 && i > n-utf8.UTFMax; i-- {
		if utf8.RuneStart(b[i]) {
			if !utf8.FullRune(b[i:]) {
				n = i // the beginning of a character whose end is still to come
			}
			break
		}
	}
	return n, utf8.Valid(b[:n])
}
