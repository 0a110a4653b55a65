package ws_test

import (
	"compress/flate"
	"fmt"
	"slices"
	"strings"

	"madang/internal/ws"
)

// A conformance case: what a client sends, and what must come of it.
type conformance struct {
	name    string
	bytes   []byte
	deflate bool
	max     int // MaxMessage; 0: 8 MiB
	want    outcome
}

// delivers and fails make outcomes; a message is "opcode:payload".
func delivers(messages ...string) outcome { return outcome{messages: messages} }

func fails(code int, before ...string) outcome { return outcome{messages: before, code: code} }

// The cases follow the classes of the Autobahn suite: 1 framing, 2 pings, 3 reserved bits, 4 opcodes, 5 fragments,
// 6 UTF-8, 7 closing, 9 and 10 sizes and pieces, 12 and 13 compression.
func conformanceCases() []conformance {
	return slices.Concat(framingCases(), controlCases(), reservedCases(), fragmentCases(), utf8Cases(), closingCases(),
		sizeCases(), deflateCases())
}

func framingCases() (cases []conformance) {
	for i, n := range []int{0, 125, 126, 127, 128, 65535, 65536} {
		cases = append(cases,
			conformance{name: fmt.Sprintf("1.1.%d text of %d", i+1, n), bytes: join(text(string(pattern(n)))),
				want: delivers("1:" + string(pattern(n)))},
			conformance{name: fmt.Sprintf("1.2.%d binary of %d", i+1, n), bytes: join(binaryOf(n)),
				want: delivers("2:" + string(pattern(n)))})
	}
	length := func(second byte, rest ...byte) []byte { return append([]byte{0x82, second}, rest...) }
	return append(cases,
		conformance{name: "1.3 a length of 2 in 8 bytes", bytes: join(length(0xFF, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 'h', 'i')),
			want: delivers("2:hi")},
		conformance{name: "1.3 a length with its highest bit set", bytes: join(length(0xFF, 0x80, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0)),
			want: fails(1002)},
		conformance{name: "1.4 not masked", bytes: join(frame{op: ws.Text, bare: true, payload: []byte("hi")}), want: fails(1002)},
		conformance{name: "1.4 not masked, empty", bytes: join(text("x"), frame{op: ws.Ping, bare: true}), want: fails(1002, "1:x")},
	)
}

func controlCases() []conformance {
	long := string(pattern(125))
	return []conformance{
		{name: "2.1 empty ping", bytes: join(ping("")), want: delivers("9:")},
		{name: "2.2 ping", bytes: join(ping("Hello, world!")), want: delivers("9:Hello, world!")},
		{name: "2.3 binary ping", bytes: join(ping("\x00\xff\xfe\xfd\xfc\xfb\x00\xff")), want: delivers("9:\x00\xff\xfe\xfd\xfc\xfb\x00\xff")},
		{name: "2.4 ping of 125", bytes: join(ping(long)), want: delivers("9:" + long)},
		{name: "2.5 ping of 126", bytes: join(ping(long + "x")), want: fails(1002)},
		{name: "2.7 unasked pong", bytes: join(pong("")), want: delivers("10:")},
		{name: "2.9 unasked pong and ping", bytes: join(pong("a"), ping("b")), want: delivers("10:a", "9:b")},
		{name: "2.10 ten pings", bytes: join(slices.Repeat([]frame{ping("p")}, 10)), want: delivers(slices.Repeat([]string{"9:p"}, 10)...)},
	}
}

func reservedCases() (cases []conformance) {
	for rsv := byte(1); rsv < 8; rsv++ {
		for _, op := range []ws.OpCode{ws.Text, ws.Binary, ws.Ping, ws.Pong, ws.Close} {
			cases = append(cases, conformance{name: fmt.Sprintf("3.%d reserved bits on %d", rsv, op),
				bytes: join(text("x"), frame{op: op, rsv: rsv}, text("y")), want: fails(1002, "1:x")})
			if rsv != 4 {
				cases = append(cases, conformance{name: fmt.Sprintf("3.%d reserved bits on %d with deflate", rsv, op),
					bytes: join(frame{op: op, rsv: rsv}), deflate: true, want: fails(1002)})
			}
		}
	}
	for op := ws.OpCode(3); op < 16; op++ {
		if op >= ws.Close && op <= ws.Pong {
			continue
		}
		cases = append(cases, conformance{name: fmt.Sprintf("4 opcode %d", op),
			bytes: join(text("x"), frame{op: op, payload: []byte("y")}), want: fails(1002, "1:x")})
	}
	return cases
}

func fragmentCases() []conformance {
	return []conformance{
		{name: "5.1 fragmented ping", bytes: join(first(ping("a")), last("b")), want: fails(1002)},
		{name: "5.2 fragmented pong", bytes: join(first(pong("a")), last("b")), want: fails(1002)},
		{name: "5.3 two fragments", bytes: join(first(text("fragment1")), last("fragment2")), want: delivers("1:fragment1fragment2")},
		{name: "5.6 ping between", bytes: join(first(text("a")), ping("p"), last("b")), want: delivers("9:p", "1:ab")},
		{name: "5.7 long ping between", bytes: join(first(text("a")), ping(string(pattern(125))), pong(""), last("b")),
			want: delivers("9:"+string(pattern(125)), "10:", "1:ab")},
		{name: "5.9 continuation of nothing", bytes: join(last("a"), text("b")), want: fails(1002)},
		{name: "5.10 continuation of nothing, after a message", bytes: join(text("a"), last("b")), want: fails(1002, "1:a")},
		{name: "5.12 unfinished continuation of nothing", bytes: join(next("a"), text("b")), want: fails(1002)},
		{name: "5.15 continuation after the end", bytes: join(first(text("a")), last("b"), next("c"), text("d")), want: fails(1002, "1:ab")},
		{name: "5.18 text inside text", bytes: join(first(text("a")), text("b")), want: fails(1002)},
		{name: "5.18 binary inside text", bytes: join(first(text("a")), binaryOf(1)), want: fails(1002)},
		{name: "5.19 pings between", bytes: join(first(text("1")), next("2"), ping("p1"), next("3"), next("4"), ping("p2"), last("5")),
			want: delivers("9:p1", "9:p2", "1:12345")},
		{name: "5.20 empty fragments", bytes: join(first(text("")), next(""), last("")), want: delivers("1:")},
		{name: "5.20 empty but the last", bytes: join(first(text("")), next(""), last("x")), want: delivers("1:x")},
		{name: "5.20 empty but the middle", bytes: join(first(binaryOf(0)), next("x"), last("")), want: delivers("2:x")},
		{name: "5.21 close inside", bytes: join(first(text("a")), closing(nil), last("b")), want: delivers("8:")},
	}
}

func utf8Cases() (cases []conformance) {
	valid := []string{
		"Hello-µ@ßöäüàá-UTF-8!!", "κόσμε", "\x00", "\u0080", "\u0800", "\U00010000", "\u007f", "\u07ff", "\ud7ff", "\ue000",
		"\ufffd", "\uffff", "\U0010ffff", "\ufeff",
	}
	for _, s := range valid {
		cases = append(cases, conformance{name: fmt.Sprintf("6 valid %+q", s), bytes: join(text(s)), want: delivers("1:" + s)},
			conformance{name: fmt.Sprintf("6 valid %+q, a byte in each fragment", s), bytes: join(fragments(text(s), 1)),
				want: delivers("1:" + s)})
	}
	invalid := []string{
		"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited", // a surrogate inside
		"\x80", "\xbf", "\x80\xbf\x80", "\xc0 ", "\xfd ", "\xe2\x82", "\xf0\x9f\x98", "\xfe", "\xff", "\xfe\xfe\xff\xff",
		"\xc0\xaf", "\xe0\x80\xaf", "\xf0\x80\x80\xaf", "\xf8\x80\x80\x80\xaf", "\xfc\x80\x80\x80\x80\xaf", // overlong
		"\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xc0\x80", "\xed\xa0\x80", "\xed\xbf\xbf", "\xed\xa0\x80\xed\xb0\x80",
		"\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "ok\xf0\x9f\x98", "\xf0\x9f\x98ok",
	}
	for _, s := range invalid {
		cases = append(cases, conformance{name: fmt.Sprintf("6 invalid %+q", s), bytes: join(text(s)), want: fails(1007)},
			conformance{name: fmt.Sprintf("6 invalid %+q, a byte in each fragment", s), bytes: join(fragments(text(s), 1), last("")),
				want: fails(1007)},
			conformance{name: fmt.Sprintf("6 binary %+q", s), bytes: join(frame{op: ws.Binary, payload: []byte(s)}),
				want: delivers("2:" + s)})
	}
	return append(cases,
		conformance{name: "6.4 fails before the message ends", bytes: join(first(text("\xce\xba\xf4\x90"))), want: fails(1007)},
		conformance{name: "6.4 fails before the frame ends", bytes: join(text("\xce\xba\xf4\x90" + strings.Repeat("x", 100)))[:20], want: fails(1007)},
	)
}

func closingCases() (cases []conformance) {
	long := strings.Repeat("*", 123)
	cases = []conformance{
		{name: "7.1 nothing counts after a close", bytes: join(text("a"), closing(nil), text("b"), closing(nil), ping("c")), want: delivers("1:a", "8:")},
		{name: "7.1 not even rubbish", bytes: join(closing(closeBody(1000, "")), []byte("GET / HTTP/1.1")), want: delivers("8:\x03\xe8")},
		{name: "7.3 one byte", bytes: join(closing([]byte("a"))), want: fails(1002)},
		{name: "7.3 reason", bytes: join(closing(closeBody(1000, "Hello"))), want: delivers("8:\x03\xe8Hello")},
		{name: "7.3 reason of 123", bytes: join(closing(closeBody(1000, long))), want: delivers("8:\x03\xe8" + long)},
		{name: "7.3 reason of 124", bytes: join(closing(closeBody(1000, long+"*"))), want: fails(1002)},
		{name: "7.5 reason is not UTF-8", bytes: join(closing(closeBody(1000, "\xce\xba\xed\xa0\x80"))), want: fails(1007)},
		{name: "7 fragmented close", bytes: join(first(closing(nil)), last("")), want: fails(1002)},
	}
	for _, code := range []int{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999} {
		cases = append(cases, conformance{name: fmt.Sprintf("7.7 code %d", code), bytes: join(closing(closeBody(code, ""))),
			want: delivers("8:" + string(closeBody(code, "")))})
	}
	for _, code := range []int{0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535} {
		cases = append(cases, conformance{name: fmt.Sprintf("7.9 code %d", code), bytes: join(closing(closeBody(code, "why"))),
			want: fails(1002)})
	}
	return cases
}

func sizeCases() []conformance {
	big := binaryOf(1 << 20)
	bigText := text(string(pattern(1 << 20)))
	limit := binaryOf(1000)
	return []conformance{
		{name: "9.1 text of 1 MiB", bytes: join(bigText), want: delivers("1:" + string(bigText.payload))},
		{name: "9.2 binary of 1 MiB", bytes: join(big), want: delivers("2:" + string(big.payload))},
		{name: "9.3 text in pieces of 64", bytes: join(fragments(text(string(pattern(1<<16))), 64)), want: delivers("1:" + string(pattern(1<<16)))},
		{name: "9.4 binary in pieces of 64 Ki", bytes: join(fragments(big, 1<<16)), want: delivers("2:" + string(big.payload))},
		{name: "9 as large as allowed", bytes: join(limit), max: 1000, want: delivers("2:" + string(limit.payload))},
		{name: "9 larger than allowed", bytes: join(limit), max: 999, want: fails(1009)},
		{name: "9 larger than allowed, told by the header", bytes: join(limit)[:8], max: 999, want: fails(1009)},
		{name: "9 far larger than allowed", bytes: []byte{0x82, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0}, want: fails(1009)},
		{name: "9 larger in pieces", bytes: join(fragments(limit, 100)), max: 999, want: fails(1009)},
		{name: "9 as large as allowed in pieces", bytes: join(fragments(limit, 100)), max: 1000, want: delivers("2:" + string(limit.payload))},
		{name: "10.1 pieces of 1300", bytes: join(fragments(text(string(pattern(1<<16))), 1300)), want: delivers("1:" + string(pattern(1<<16)))},
	}
}

func deflateCases() (cases []conformance) {
	add := func(name string, want outcome, parts ...any) {
		cases = append(cases, conformance{name: name, bytes: join(parts...), deflate: true, max: 1 << 17, want: want})
	}
	for _, n := range []int{0, 16, 64, 256, 1024, 4096, 8192, 16384, 32768, 65536, 131072} {
		for _, level := range []int{flate.NoCompression, flate.BestSpeed, flate.BestCompression, flate.HuffmanOnly} {
			f := compressed(text(string(deflated(pattern(n), level))))
			add(fmt.Sprintf("12.1 text of %d at level %d", n, level), delivers("1:"+string(pattern(n))), f)
			if len(f.payload) > 0 {
				add(fmt.Sprintf("12.2 text of %d at level %d in pieces", n, level), delivers("1:"+string(pattern(n))),
					fragments(f, 1+len(f.payload)/7))
			}
		}
	}
	packed := func(hex string) frame { return compressed(frame{op: ws.Text, payload: unhex(hex)}) }
	hello := packed("f248cdc9c90700")
	bomb := deflated(make([]byte, 1<<17+1), flate.BestCompression)
	// RFC 7692 §7.2.3.1 to §7.2.3.6.
	add("13 one block", delivers("1:Hello"), hello)
	add("13 one block in two frames", delivers("1:Hello"), fragments(hello, 3))
	add("13 no compression", delivers("1:Hello"), packed("000500faff48656c6c6f00"))
	add("13 last block", delivers("1:Hello"), packed("f348cdc9c9070000"))
	add("13 last block without what should follow it", delivers("1:Hello"), packed("f348cdc9c90700"))
	add("13 last blocks of two", delivers("1:HelloHello"), packed("f348cdc9c90700f348cdc9c9070000"))
	add("13 two blocks", delivers("1:Hello"), packed("f248050000"+"00ffff"+"cac9c90700"))
	add("13 empty", delivers("1:"), packed("00"))
	add("13 less than an empty block", fails(1007), packed(""))
	add("13 shared window is not kept", fails(1007, "1:Hello"), hello, packed("f200110000"))
	add("13 not compressed", delivers("1:Hello", "1:Hello"), text("Hello"), hello)
	add("13 ping between", delivers("9:p", "1:Hello", "1:plain"), fragments(hello, 3)[0], ping("p"), fragments(hello, 3)[1:], text("plain"))
	add("13 reserved bit on a continuation", fails(1002), first(hello), compressed(last("")))
	add("13 reserved bit on a continuation of plain text", fails(1002), first(text("a")), compressed(last("")))
	add("13 reserved bit on a ping", fails(1002), compressed(ping("")))
	add("13 reserved bit on a close", fails(1002), compressed(closing(nil)))
	add("13 damaged", fails(1007), packed("ffffffff"))
	add("13 not UTF-8", fails(1007), compressed(text(string(deflated([]byte("\xed\xa0\x80"), 1)))))
	add("13 binary", delivers("2:\xed\xa0\x80"), compressed(frame{op: ws.Binary, payload: deflated([]byte("\xed\xa0\x80"), 1)}))
	add("13 as large as allowed", delivers("2:"+string(make([]byte, 1<<17))),
		compressed(frame{op: ws.Binary, payload: deflated(make([]byte, 1<<17), 9)}))
	add("13 one byte more", fails(1009), compressed(frame{op: ws.Binary, payload: bomb}))
	add("13 a bomb in pieces", fails(1009), fragments(compressed(frame{op: ws.Binary, payload: deflated(make([]byte, 4<<20), 9)}), 1000))
	return append(cases, conformance{name: "13 not agreed on", bytes: join(hello), want: fails(1002)})
}
