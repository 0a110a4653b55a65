package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
)

// serverFrame builds an unmasked frame with a given first byte.
func serverFrame(first byte, payload []byte) []byte {
	b := []byte{first}
	switch n := len(payload); {
	case n < 126:
		b = append(b, byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 127), uint64(n))
	}
	return append(b, payload...)
}

func TestNextReadsEveryLength(t *testing.T) {
	for _, n := range []int{0, 1, 125, 126, 127, 65535, 65536, MaxPayload} {
		payload := bytes.Repeat([]byte{'p'}, n)
		whole := serverFrame(0x80|byte(Text), payload)
		f, took, err := Next(append(whole, "more"...))
		if err != nil || took != len(whole) || f.Op != Text || !bytes.Equal(f.Payload, payload) {
			t.Errorf("%d bytes: op %d, %d bytes of payload, took %d of %d, %v", n, f.Op, len(f.Payload), took, len(whole), err)
		}
		if took > MaxPayload+MaxHeader {
			t.Errorf("%d bytes: the frame is longer than a reader has room for", n)
		}
		for cut := range min(len(whole), 12) {
			if _, took, err := Next(whole[:cut]); took != 0 || err != nil {
				t.Errorf("%d bytes, cut at %d: took %d, %v", n, cut, took, err)
			}
		}
	}
}

func TestNextRefuses(t *testing.T) {
	for name, b := range map[string][]byte{
		"masked":       {0x81, 0x80, 0, 0, 0, 0},
		"first part":   {0x01, 0},
		"continuation": {0x80, 0},
		"compressed":   {0xc1, 0},
		"unknown":      {0x83, 0},
		"too long":     serverFrame(0x81, make([]byte, MaxPayload+1))[:20],
		"negative":     {0x81, 127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
	} {
		if _, n, err := Next(b); n != 0 || !errors.Is(err, ErrFrame) {
			t.Errorf("%s: took %d, error %v", name, n, err)
		}
	}
}

func TestAppendFrameMasksWithZero(t *testing.T) {
	for _, n := range []int{0, 125, 126, 65535, 65536} {
		payload := bytes.Repeat([]byte{'p'}, n)
		b := AppendFrame([]byte("before"), Text, payload)
		b = b[len("before"):]
		if b[0] != 0x81 || b[1]&0x80 == 0 {
			t.Fatalf("%d bytes: header % x", n, b[:2])
		}
		// Without its mask, it is a frame that Next reads.
		b[1] &= 0x7f
		head := len(b) - n - 4
		if key := b[head : head+4]; !bytes.Equal(key, make([]byte, 4)) {
			t.Fatalf("%d bytes: masking key % x", n, key)
		}
		f, took, err := Next(append(b[:head:head], payload...))
		if err != nil || took != len(b)-4 || !bytes.Equal(f.Payload, payload) {
			t.Errorf("%d bytes: took %d, %v", n, took, err)
		}
	}
}

func TestUpgraded(t *testing.T) {
	const good = "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
	if n, err := Upgraded([]byte(good + "\x81\x00")); n != len(good) || err != nil {
		t.Errorf("a good answer: took %d, %v", n, err)
	}
	if n, err := Upgraded([]byte(good[:len(good)-1])); n != 0 || err != nil {
		t.Errorf("an unfinished answer: took %d, %v", n, err)
	}
	for name, bad := range map[string]string{
		"refused":   "HTTP/1.1 400 Bad Request\r\n\r\n",
		"wrong key": strings.Replace(good, "s3pP", "S3pP", 1),
		"endless":   strings.Repeat("x", MaxUpgrade+1),
	} {
		if n, err := Upgraded([]byte(bad)); err == nil {
			t.Errorf("%s: took %d without an error", name, n)
		}
	}
	if !bytes.HasPrefix(SocketIO{}.Upgrade("127.0.0.1:1"), []byte("GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:1\r\n")) {
		t.Error("the request does not ask for Engine.IO 4")
	}
}

// FuzzNext checks that a frame never reaches outside its bytes, that it does
// not depend on what follows it, and that nothing shorter is taken for it.
func FuzzNext(f *testing.F) {
	f.Add([]byte{})
	f.Add(serverFrame(0x81, []byte(`42["msg",{"n":"00000001"}]`)))
	f.Add(serverFrame(0x82, make([]byte, 300)))
	f.Add(serverFrame(0x88, []byte{3, 232}))
	f.Add([]byte{0x81, 126, 0xff, 0xff})
	f.Add([]byte{0x89, 127, 0, 0, 0, 0, 0, 2, 0, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		frame, n, err := Next(b)
		if err != nil {
			if n != 0 || !errors.Is(err, ErrFrame) {
				t.Fatalf("took %d with error %v", n, err)
			}
			return
		}
		if n == 0 {
			return
		}
		if n > len(b) || n < 2+len(frame.Payload) || n > MaxHeader+len(frame.Payload) {
			t.Fatalf("took %d of %d for %d bytes of payload", n, len(b), len(frame.Payload))
		}
		if _, m, _ := Next(b[:n:n]); m != n {
			t.Fatalf("alone, it takes %d instead of %d", m, n)
		}
		if _, m, err := Next(b[: n-1 : n-1]); m != 0 || err != nil {
			t.Fatalf("one byte short, it takes %d, %v", m, err)
		}
	})
}
