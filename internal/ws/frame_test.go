package ws_test

import (
	"bytes"
	"compress/flate"
	"strings"
	"testing"
	"unicode/utf8"

	"madang/internal/ws"

	"pgregory.net/rapid"
)

func TestAppendFrame(t *testing.T) {
	for _, c := range []struct {
		got  []byte
		want string // hex of the beginning
		size int
	}{
		{ws.AppendFrame(nil, ws.Text, []byte("Hello")), "810548656c6c6f", 7}, // RFC 6455 §5.7
		{ws.AppendFrame(nil, ws.Ping, nil), "8900", 2},
		{ws.AppendFrame(nil, ws.Binary, make([]byte, 125)), "827d", 2 + 125},
		{ws.AppendFrame(nil, ws.Binary, make([]byte, 126)), "827e007e", 4 + 126},
		{ws.AppendFrame(nil, ws.Binary, make([]byte, 65535)), "827effff", 4 + 65535},
		{ws.AppendFrame(nil, ws.Binary, make([]byte, 65536)), "827f0000000000010000", 10 + 65536},
		{ws.AppendHeader([]byte("x"), ws.Text, true, 3), "78c103", 3},
		{ws.AppendClose(nil, 1000, ""), "880203e8", 4},
		{ws.AppendClose(nil, 4200, "again"), "88071068616761696e", 9},
		{ws.AppendClose(nil, ws.CodeNoStatus, "lost"), "8800", 2},
		{ws.AppendClose(nil, 1000, strings.Repeat("*", 200)), "887d03e8", 127},
		{ws.AppendClose(nil, 1000, strings.Repeat("*", 122)+"é"), "887c03e8", 126}, // é does not fit whole
		{ws.AppendClose(nil, 1000, "a\xffb"), "880703e861efbfbd62", 9},
	} {
		if want := unhex(c.want); !bytes.HasPrefix(c.got, want) || len(c.got) != c.size {
			t.Errorf("% x… of %d bytes, want % x… of %d", c.got[:min(len(c.got), 12)], len(c.got), want, c.size)
		}
	}
}

func TestCloseReasonsStayValid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		reason := string(rapid.SliceOf(rapid.Byte()).Draw(t, "reason"))
		f, rest, ok := ws.Next(ws.AppendClose(nil, 1000, reason+rapid.String().Draw(t, "more")))
		if !ok || len(rest) != 0 || len(f.Payload) > 125 || !utf8.Valid(f.Payload[2:]) {
			t.Fatalf("frame %v", f)
		}
	})
}

// Next takes apart what the Append functions put together, and an Inflater what a Deflater did.
func TestNextWalksFrames(t *testing.T) {
	deflater, err := ws.NewDeflater(flate.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	var inflater *ws.Inflater
	rapid.Check(t, func(t *rapid.T) {
		var b []byte
		var want [][]byte
		for range rapid.IntRange(0, 6).Draw(t, "frames") {
			payload := bytes.Repeat(rapid.SliceOf(rapid.Byte()).Draw(t, "payload"), rapid.SampledFrom([]int{1, 10, 3000}).Draw(t, "times"))
			want = append(want, payload)
			if rapid.Bool().Draw(t, "deflate") {
				b = deflater.AppendDeflated(b, ws.Binary, payload)
			} else {
				b = ws.AppendFrame(b, ws.Binary, payload)
			}
		}
		whole := len(b)
		if cutOff := rapid.IntRange(0, len(b)).Draw(t, "cut off"); cutOff < len(b) {
			b = b[:cutOff]
		}
		seen := 0
		for {
			f, rest, ok := ws.Next(b)
			if !ok {
				break
			}
			payload := f.Payload
			if f.Compressed {
				if payload, err = inflater.Append(nil, payload, len(want[0])); err != nil {
					t.Fatal(err)
				}
			}
			if !bytes.Equal(payload, want[0]) || f.Op != ws.Binary || !f.Fin || cap(f.Payload) != len(f.Payload) {
				t.Fatalf("frame %v, want payload %v", f, want[0])
			}
			seen += len(b) - len(rest)
			b, want = rest, want[1:]
		}
		if seen == whole && len(want) != 0 || seen < whole && len(want) == 0 {
			t.Fatalf("walked %d of %d bytes, %d frames left", seen, whole, len(want))
		}
	})
}

func TestNextRefusesOtherBytes(t *testing.T) {
	for _, s := range []string{"", "81", "8105", "817e", "817e00", "817f0000", "8185000000000000000000", "827fffffffffffffffff"} {
		if f, rest, ok := ws.Next(unhex(s)); ok || !bytes.Equal(rest, unhex(s)) {
			t.Errorf("%s: %v, % x", s, f, rest)
		}
	}
}

func TestDeflaterSendsWhatIsShorter(t *testing.T) {
	d, err := ws.NewDeflater(flate.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		payload    string
		compressed bool
	}{{"", false}, {"x", false}, {strings.Repeat("x", 1000), true}} {
		b := d.AppendDeflated([]byte("before"), ws.Text, []byte(c.payload))
		f, rest, ok := ws.Next(b[len("before"):])
		if !ok || len(rest) > 0 || f.Compressed != c.compressed || string(b[:6]) != "before" {
			t.Errorf("%q: %v", c.payload, f)
		}
	}
	if _, err := ws.NewDeflater(10); err == nil {
		t.Error("a deflater of level 10")
	}
}

func TestInflaterKeepsToItsLimit(t *testing.T) {
	var i ws.Inflater
	small := deflated([]byte("hello"), 9)
	if b, err := i.Append([]byte("oh, "), small, 5); string(b) != "oh, hello" || err != nil {
		t.Errorf("%q, %v", b, err)
	}
	if b, err := i.Append(nil, small, 4); err == nil {
		t.Errorf("%q inflated beyond the limit", b)
	}
	if b, err := i.Append(nil, small, 5); string(b) != "hello" || err != nil {
		t.Errorf("after an error: %q, %v", b, err)
	}
}

func BenchmarkAppend(b *testing.B) {
	payload := pattern(1024)
	d, err := ws.NewDeflater(flate.BestSpeed)
	if err != nil {
		b.Fatal(err)
	}
	for name, f := range map[string]func([]byte) []byte{
		"frame":    func(dst []byte) []byte { return ws.AppendFrame(dst, ws.Text, payload) },
		"deflated": func(dst []byte) []byte { return d.AppendDeflated(dst, ws.Text, payload) },
		"close":    func(dst []byte) []byte { return ws.AppendClose(dst, 1000, "done") },
	} {
		b.Run(name, func(b *testing.B) {
			var dst []byte
			b.ReportAllocs()
			for b.Loop() {
				dst = f(dst[:0])
			}
		})
	}
}
