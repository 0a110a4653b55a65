package forward

import (
	"encoding/binary"
	"errors"
	"net/http"
)

// An op is what a frame says.
type op uint8

const (
	opAsk    op = iota + 1 // a request begins
	opHead                 // its answer begins
	opData                 // bytes of a body, or of a tunnel
	opEnd                  // there are no more of them
	opCredit               // so many more bytes may be sent
	opAbort                // it is over for the one who says it
	opReset                // everything under way between the two nodes is; the stream does not matter
	opAlive                // nothing: somebody is there
)

// A frame is one thing that a node tells another about a stream. Streams are numbered by the node that asks.
type frame struct {
	op     op
	asked  bool // it comes from the node that asked
	stream uint64
	data   []byte
}

// A letter is what travels as one message: frames, in their order. Letters of one epoch are numbered from 1.
type letter struct {
	from   string
	epoch  uint64
	number uint64
	frames []byte
}

// version is the first byte of a letter; nodes of different releases may meet while they are replaced.
const version = 1

// Bounds of what is read. Whoever sends keeps far below them.
const (
	maxFrame = 256 << 10
	maxName  = 64
)

var errFormat = errors.New("forward: what another node sent cannot be read")

func (l *letter) append(dst []byte) []byte {
	dst = appendText(append(dst, version), l.from)
	dst = binary.AppendUvarint(dst, l.epoch)
	dst = binary.AppendUvarint(dst, l.number)
	return append(dst, l.frames...)
}

func parseLetter(b []byte) (l letter, err error) {
	r := reader{b: b}
	if v := r.byte(); v != version {
		return l, errFormat
	}
	l.from, l.epoch, l.number = r.text(maxName), r.uint(), r.uint()
	l.frames = r.b
	return l, r.err()
}

func (f *frame) append(dst []byte) []byte {
	first := byte(f.op)
	if f.asked {
		first |= 0x80
	}
	dst = binary.AppendUvarint(append(dst, first), f.stream)
	dst = binary.AppendUvarint(dst, uint64(len(f.data)))
	return append(dst, f.data...)
}

// next cuts the first frame off. Its data shares the memory of b.
func next(b []byte) (f frame, rest []byte, err error) {
	r := reader{b: b}
	first := r.byte()
	f.op, f.asked = op(first&0x7f), first&0x80 != 0
	f.stream = r.uint()
	f.data = r.bytes(maxFrame)
	return f, r.b, r.err()
}

// A request is what a frame says of an HTTP request besides its body.
type request struct {
	method, target, host, remote string
	secure                       bool
	size                         int64       // of the body; -1: not known
	header                       http.Header // as the client sent it
	answer                       http.Header // what the node that asks has set already
}

func (q *request) append(dst []byte) []byte {
	for _, s := range []string{q.method, q.target, q.host, q.remote} {
		dst = appendText(dst, s)
	}
	secure := byte(0)
	if q.secure {
		secure = 1
	}
	dst = binary.AppendVarint(append(dst, secure), q.size)
	return appendHeader(appendHeader(dst, q.header), q.answer)
}

func parseRequest(b []byte) (q request, err error) {
	r := reader{b: b}
	for _, s := range []*string{&q.method, &q.target, &q.host, &q.remote} {
		*s = r.text(maxFrame)
	}
	q.secure = r.byte() == 1
	q.size = r.int()
	q.header, q.answer = r.header(), r.header()
	return q, r.end()
}

// A head is what a frame says of an answer besides its body. A status of 0 is a connection that was taken over: what follows
// are its bytes.
type head struct {
	status int
	header http.Header
}

func (h *head) bytes() []byte {
	return appendHeader(binary.AppendUvarint(nil, uint64(h.status)), h.header)
}

func parseHead(b []byte) (h head, err error) {
	r := reader{b: b}
	status := r.uint()
	h.header = r.header()
	if err := r.end(); err != nil || status != 0 && (status < 100 || status > 999) {
		return h, errFormat
	}
	h.status = int(status)
	return h, nil
}

func appendText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

func appendHeader(dst []byte, h http.Header) []byte {
	lines := 0
	for _, vs := range h {
		lines += len(vs)
	}
	dst = binary.AppendUvarint(dst, uint64(lines))
	for k, vs := range h {
		for _, v := range vs {
			dst = appendText(appendText(dst, k), v)
		}
	}
	return dst
}

// A reader takes values off bytes. After the first that is not there all are zero.
type reader struct {
	b   []byte
	bad bool
}

func (r *reader) byte() byte {
	if len(r.b) == 0 {
		r.bad = true
		return 0
	}
	c := r.b[0]
	r.b = r.b[1:]
	return c
}

func (r *reader) uint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) int() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) bytes(most uint64) []byte {
	n := r.uint()
	if n > most || n > uint64(len(r.b)) {
		r.bad, r.b = true, nil
		return nil
	}
	b := r.b[:n:n]
	r.b = r.b[n:]
	return b
}

func (r *reader) text(most uint64) string { return string(r.bytes(most)) }

func (r *reader) header() http.Header {
	lines := r.uint()
	h := http.Header{}
	for ; lines > 0 && !r.bad; lines-- {
		k, v := r.text(maxFrame), r.text(maxFrame)
		h[k] = append(h[k], v)
	}
	return h
}

func (r *reader) err() error {
	if r.bad {
		return errFormat
	}
	return nil
}

// end is err, also if something is left.
func (r *reader) end() error {
	if r.bad || len(r.b) > 0 {
		return errFormat
	}
	return nil
}
