package ws_test

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"madang/internal/ws"
)

// A frame is what a client sends, right or wrong.
type frame struct {
	op      ws.OpCode
	more    bool // FIN is not set
	rsv     byte // 4, 2, 1
	bare    bool // not masked
	payload []byte
}

// The first byte of the mask differs from the others, so that a mask out of step shows.
var mask = [4]byte{0x37, 0xfa, 0x21, 0x3d}

func (f frame) bytes() []byte {
	b := []byte{byte(f.op) | f.rsv<<4, 0}
	if !f.more {
		b[0] |= 0x80
	}
	switch n := len(f.payload); {
	case n < 126:
		b[1] = byte(n)
	case n < 1<<16:
		b[1] = 126
		b = binary.BigEndian.AppendUint16(b, uint16(n))
	default:
		b[1] = 127
		b = binary.BigEndian.AppendUint64(b, uint64(n))
	}
	if f.bare {
		return append(b, f.payload...)
	}
	b[1] |= 0x80
	b = append(b, mask[:]...)
	for i, c := range f.payload {
		b = append(b, c^mask[i%4])
	}
	return b
}

// join is the bytes of frames, or of what is []byte already.
func join(parts ...any) (b []byte) {
	for _, p := range parts {
		switch p := p.(type) {
		case frame:
			b = append(b, p.bytes()...)
		case []frame:
			for _, f := range p {
				b = append(b, f.bytes()...)
			}
		case []byte:
			b = append(b, p...)
		}
	}
	return b
}

func text(s string) frame      { return frame{op: ws.Text, payload: []byte(s)} }
func binaryOf(n int) frame     { return frame{op: ws.Binary, payload: pattern(n)} }
func first(f frame) frame      { f.more = true; return f }
func next(s string) frame      { return frame{op: ws.Continuation, more: true, payload: []byte(s)} }
func last(s string) frame      { return frame{op: ws.Continuation, payload: []byte(s)} }
func ping(s string) frame      { return frame{op: ws.Ping, payload: []byte(s)} }
func pong(s string) frame      { return frame{op: ws.Pong, payload: []byte(s)} }
func closing(b []byte) frame   { return frame{op: ws.Close, payload: b} }
func compressed(f frame) frame { f.rsv |= 4; return f }

func closeBody(code int, reason string) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(code)), reason...)
}

// fragments cuts f into frames of n bytes.
func fragments(f frame, n int) (list []frame) {
	for part := range slices.Chunk(f.payload, n) {
		list = append(list, frame{op: ws.Continuation, more: true, payload: part})
	}
	list[0].op, list[0].rsv = f.op, f.rsv
	list[len(list)-1].more = false
	return list
}

// pattern is n bytes that are valid UTF-8 and compress a little.
func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte('a' + i*i/7%26)
	}
	return b
}

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

// deflated is b as RFC 7692 §7.2.1 has it, at a level of package flate.
func deflated(b []byte, level int) []byte {
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, level)
	if err != nil {
		panic(err)
	}
	w.Write(b)
	w.Flush()
	return bytes.TrimSuffix(out.Bytes(), []byte{0, 0, 0xff, 0xff})
}

// An outcome is everything that a Parser said.
type outcome struct {
	messages []string // "opcode:payload"
	code     int      // 0: no error
}

func (o outcome) String() string {
	s := ""
	for _, m := range o.messages {
		if len(m) > 60 {
			m = fmt.Sprintf("%s… (%d bytes)", m[:60], len(m))
		}
		s += fmt.Sprintf("%q ", m)
	}
	return fmt.Sprintf("%sclose %d", s, o.code)
}

func (o outcome) equal(p outcome) bool {
	return o.code == p.code && slices.Equal(o.messages, p.messages)
}

// feed feeds p the chunks, each in a place of its own, and stops at the first error.
func feed(t interface {
	Helper()
	Fatalf(string, ...any)
}, p *ws.Parser, chunks ...[]byte) (o outcome) {
	t.Helper()
	for _, chunk := range chunks {
		err := p.Feed(bytes.Clone(chunk), func(m ws.Message) error {
			o.messages = append(o.messages, fmt.Sprintf("%d:%s", m.Op, m.Data))
			return nil
		})
		if err == nil {
			continue
		}
		var failed *ws.CloseError
		if !errors.As(err, &failed) {
			t.Fatalf("error %v is not a CloseError", err)
		}
		if p.Held() != 0 {
			t.Fatalf("%d bytes held after an error", p.Held())
		}
		if again := p.Feed([]byte("more"), nil); again != err {
			t.Fatalf("after %v comes %v", err, again)
		}
		o.code = failed.Code
		return o
	}
	return o
}
