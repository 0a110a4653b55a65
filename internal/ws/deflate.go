package ws

import (
	"compress/flate"
	"fmt"
	"io"
	"slices"
	"sync"
)

// syncTail ends the output of a flush and is not sent (RFC 7692 §7.2.1).
const syncTail = "\x00\x00\xff\xff"

// finalTail is what was not sent, and after it an empty last block, without which a flate reader would ask for more.
const finalTail = syncTail + "\x01\x00\x00\xff\xff"

// A Deflater compresses messages, each for itself. It is shared by everybody who compresses at the same level: a
// compressor takes hundreds of KiB, so there are no more of them than messages being compressed at the same time.
type Deflater struct {
	level int
	pool  sync.Pool // of *compressor
}

type compressor struct {
	w   *flate.Writer
	out appender
}

// NewDeflater makes a Deflater of a level of package compress/flate.
func NewDeflater(level int) (*Deflater, error) {
	if _, err := flate.NewWriter(io.Discard, level); err != nil {
		return nil, fmt.Errorf("ws: make a deflater: %w", err)
	}
	return &Deflater{level: level}, nil
}

// AppendDeflated appends a compressed message to dst as one frame, or as it is if compressing would not make it
// shorter. op is Text or Binary. It is for connections whose handshake agreed on permessage-deflate.
func (d *Deflater) AppendDeflated(dst []byte, op OpCode, payload []byte) []byte {
	c, ok := d.pool.Get().(*compressor)
	if !ok {
		c = new(compressor)
		// NewDeflater has tried this very call.
		c.w, _ = flate.NewWriter(&c.out, d.level)
	}
	start := len(dst)
	// The length of the header depends on what comes after it: leave room for the longest and move up later.
	c.out.b = append(dst, make([]byte, maxHeader)...)
	c.w.Reset(&c.out)
	_, _ = c.w.Write(payload) // an appender does not fail
	_ = c.w.Flush()
	out := c.out.b
	c.out.b = nil
	d.pool.Put(c)

	body := out[start+maxHeader : len(out)-len(syncTail)]
	if len(body) >= len(payload) {
		return AppendFrame(out[:start], op, payload)
	}
	out = AppendHeader(out[:start], op, true, len(body))
	return append(out, body...)
}

// An appender is a writer into memory.
type appender struct{ b []byte }

func (a *appender) Write(b []byte) (int, error) {
	a.b = append(a.b, b...)
	return len(b), nil
}

// An Inflater takes compressed messages apart. Like a Deflater it is shared; the zero value is ready for use, and a nil
// Inflater works, too, but shares nothing.
type Inflater struct {
	pool sync.Pool // of *decompressor
}

type decompressor struct {
	r  io.ReadCloser // a flate.Resetter
	in tailed
}

// Append appends to dst what the payload of a compressed message inflates to, at most limit bytes. It returns a
// *CloseError when payload is not deflated data (1007) or becomes larger (1009); no more than that is ever inflated.
func (i *Inflater) Append(dst, payload []byte, limit int) ([]byte, error) {
	d := i.get()
	defer i.put(d)
	d.reset(payload)
	end := len(dst) + limit
	for {
		if len(dst) == cap(dst) {
			dst = slices.Grow(dst, 512)
		}
		n, err := d.r.Read(dst[len(dst):cap(dst)])
		dst = dst[:len(dst)+n]
		switch {
		case len(dst) > end:
			return nil, tooBig(limit)
		case err == nil:
		case err != io.EOF:
			return nil, invalidData("compressed message is damaged")
		case len(d.in.b) == 0:
			return dst, nil
		default:
			// A block said that it was the last, which senders may do (RFC 7692 §7.2.3.4); more can follow it.
			d.reset(d.in.b)
		}
	}
}

func (i *Inflater) get() *decompressor {
	if i != nil {
		if d, ok := i.pool.Get().(*decompressor); ok {
			return d
		}
	}
	d := new(decompressor)
	d.r = flate.NewReader(&d.in)
	return d
}

func (i *Inflater) put(d *decompressor) {
	d.in = tailed{}
	if i != nil {
		i.pool.Put(d)
	}
}

// reset begins anew with b.
func (d *decompressor) reset(b []byte) {
	d.in = tailed{b, finalTail}
	// Without a dictionary a Reset does not fail.
	_ = d.r.(flate.Resetter).Reset(&d.in, nil)
}

// tailed reads b and then tail. It reads single bytes so that a flate reader takes no more than it needs.
type tailed struct {
	b    []byte
	tail string
}

func (t *tailed) ReadByte() (c byte, err error) {
	switch {
	case len(t.b) > 0:
		c, t.b = t.b[0], t.b[1:]
	case len(t.tail) > 0:
		c, t.tail = t.tail[0], t.tail[1:]
	default:
		return 0, io.EOF
	}
	return c, nil
}

func (t *tailed) Read(b []byte) (n int, err error) {
	if n = copy(b, t.b); n > 0 {
		t.b = t.b[n:]
		return n, nil
	}
	if n = copy(b, t.tail); n == 0 && len(b) > 0 {
		return 0, io.EOF
	}
	t.tail = t.tail[n:]
	return n, nil
}
