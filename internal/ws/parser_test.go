package ws_test

import (
	"errors"
	"slices"
	"testing"

	"madang/internal/ws"

	"pgregory.net/rapid"
)

func (c conformance) parser() *ws.Parser {
	limit := c.max
	if limit == 0 {
		limit = 8 << 20
	}
	return &ws.Parser{MaxMessage: limit, Deflate: c.deflate, Inflater: new(ws.Inflater)}
}

func TestConformance(t *testing.T) {
	names := make(map[string]bool)
	for _, c := range conformanceCases() {
		if names[c.name] {
			t.Errorf("two cases are called %q", c.name)
		}
		names[c.name] = true
		t.Run(c.name, func(t *testing.T) {
			if got := feed(t, c.parser(), c.bytes); !got.equal(c.want) {
				t.Errorf("whole: %v, want %v", got, c.want)
			}
			if len(c.bytes) > 1<<17 {
				return // pieces of 1 byte take too long; those below do
			}
			if got := feed(t, c.parser(), slices.Collect(slices.Chunk(c.bytes, 1))...); !got.equal(c.want) {
				t.Errorf("byte by byte: %v, want %v", got, c.want)
			}
		})
	}
}

func TestConformanceInAnyPieces(t *testing.T) {
	cases := conformanceCases()
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.SampledFrom(cases).Draw(t, "case")
		cuts := rapid.SliceOfN(rapid.IntRange(0, len(c.bytes)), 0, 20).Draw(t, "cuts")
		if got := feed(t, c.parser(), cut(c.bytes, cuts)...); !got.equal(c.want) {
			t.Fatalf("%s: %v, want %v", c.name, got, c.want)
		}
	})
}

// cut cuts b at places in any order.
func cut(b []byte, places []int) (chunks [][]byte) {
	slices.Sort(places)
	from := 0
	for _, to := range places {
		chunks = append(chunks, b[from:to])
		from = to
	}
	return append(chunks, b[from:])
}

// Any sequence of frames that is right arrives as it was sent, whatever the fragments, pieces and compression.
func TestMessagesArrive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		deflate := rapid.Bool().Draw(t, "deflate")
		var sent []byte
		var want outcome
		for range rapid.IntRange(1, 8).Draw(t, "messages") {
			s := rapid.String().Draw(t, "text")
			f := text(s)
			want.messages = append(want.messages, "1:"+s)
			if rapid.Bool().Draw(t, "binary") {
				b := rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")
				f = frame{op: ws.Binary, payload: b}
				want.messages[len(want.messages)-1] = "2:" + string(b)
			}
			if deflate && rapid.Bool().Draw(t, "compressed") {
				f = compressed(f)
				f.payload = deflated(f.payload, rapid.IntRange(-2, 9).Draw(t, "level"))
			}
			if len(f.payload) == 0 {
				sent = append(sent, f.bytes()...)
				continue
			}
			sent = append(sent, join(fragments(f, rapid.IntRange(1, len(f.payload)).Draw(t, "fragment")))...)
		}
		p := &ws.Parser{Deflate: deflate}
		cuts := rapid.SliceOfN(rapid.IntRange(0, len(sent)), 0, 10).Draw(t, "cuts")
		if got := feed(t, p, cut(sent, cuts)...); !got.equal(want) {
			t.Fatalf("%v, want %v", got, want)
		}
		if p.Held() != 0 {
			t.Fatalf("%d bytes held between messages", p.Held())
		}
	})
}

func TestADeclaredLengthAllocatesNothing(t *testing.T) {
	p := new(ws.Parser)
	head := []byte{0x82, 0xFF, 0x3F, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4}
	if n := testing.AllocsPerRun(5, func() {
		*p = ws.Parser{MaxMessage: 1 << 62}
		if err := p.Feed(head, nil); err != nil {
			t.Fatal(err)
		}
	}); n != 0 || p.Held() != 0 {
		t.Fatalf("%v allocations, %d bytes held for a header", n, p.Held())
	}
}

func TestMessagesInOnePieceAreNotCopied(t *testing.T) {
	sent := join(text("hello"), ping("p"), binaryOf(1000), text(""))
	b := make([]byte, len(sent))
	p := new(ws.Parser)
	count := 0
	f := func(ws.Message) error { count++; return nil } //nolint:unparam // it is what Feed calls
	n := testing.AllocsPerRun(10, func() {
		copy(b, sent)
		if err := p.Feed(b, f); err != nil {
			t.Fatal(err)
		}
	})
	if n != 0 || count != 4*11 {
		t.Fatalf("%v allocations, %d messages", n, count)
	}
}

func TestFeedStopsWhereItsCallerStops(t *testing.T) {
	stop := errors.New("stop")
	p := new(ws.Parser)
	count := 0
	for range 2 {
		if err := p.Feed(join(text("a"), text("b")), func(ws.Message) error { count++; return stop }); err != stop {
			t.Fatalf("Feed = %v", err)
		}
	}
	if count != 1 {
		t.Fatalf("%d messages after the caller had enough", count)
	}
}

func TestHeldBytesAreLetGo(t *testing.T) {
	p := new(ws.Parser)
	feed(t, p, join(first(text("0123456789")), ping("ping"))[:6+10+6+2])
	if n := p.Held(); n < 12 || n > 64 {
		t.Fatalf("Held = %d, want what ten bytes of text and two of a ping take", n)
	}
	if got := feed(t, p, join(ping("ping"))[6+2:], join(closing(nil))); len(got.messages) != 2 || p.Held() != 0 {
		t.Fatalf("%v, %d bytes held after the end", got, p.Held())
	}
}

func TestCloseReason(t *testing.T) {
	for body, want := range map[string]struct {
		code   int
		reason string
	}{
		"":            {1005, ""},
		"\x03\xe8":    {1000, ""},
		"\x0f\xa1bye": {4001, "bye"},
	} {
		code, reason := ws.Message{Op: ws.Close, Data: []byte(body)}.CloseReason()
		if code != want.code || reason != want.reason {
			t.Errorf("%q: %d %q", body, code, reason)
		}
	}
}

// Whole or in pieces, bytes mean the same, and no more is held than was sent.
func FuzzParser(f *testing.F) {
	for _, c := range conformanceCases() {
		if len(c.bytes) < 1000 {
			f.Add(c.bytes, c.deflate, uint8(3))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, deflate bool, piece uint8) {
		parser := func() *ws.Parser { return &ws.Parser{MaxMessage: 1 << 12, Deflate: deflate} }
		whole := feed(t, parser(), b)
		p := parser()
		split := feed(t, p, slices.Collect(slices.Chunk(b, 1+int(piece)))...)
		if !whole.equal(split) {
			t.Fatalf("whole: %v; in pieces: %v", whole, split)
		}
		if p.Held() > len(b) {
			t.Fatalf("%d bytes held of %d", p.Held(), len(b))
		}
	})
}

func BenchmarkParser(b *testing.B) {
	for name, frames := range map[string][]byte{
		"text of 128":        join(text(string(pattern(128)))),
		"binary of 64 Ki":    join(binaryOf(64 << 10)),
		"text in 4 parts":    join(fragments(text(string(pattern(128))), 32)),
		"compressed of 1024": join(compressed(text(string(deflated(pattern(1024), 1))))),
	} {
		b.Run(name, func(b *testing.B) {
			p := &ws.Parser{Deflate: true, Inflater: new(ws.Inflater)}
			in := make([]byte, len(frames))
			f := func(ws.Message) error { return nil }
			b.SetBytes(int64(len(frames)))
			b.ReportAllocs()
			for b.Loop() {
				copy(in, frames)
				if err := p.Feed(in, f); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
