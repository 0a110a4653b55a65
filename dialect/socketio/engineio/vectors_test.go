package engineio_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"regexp"
	"slices"
	"testing"
	"unicode/utf8"

	"madang/dialect/socketio/engineio"
)

// vectors is testdata/vectors.json: what the reference parsers and encoders do.
type vectors struct {
	Decode []struct {
		Kind    string
		In      []byte
		Packets []vectorPacket
		Error   bool
	}
	Encode []struct {
		Packets                         []vectorPacket
		Payload4, Payload3, Payload3b64 *struct {
			Body   []byte
			Binary bool
		}
		Frames4, Frames4b64, Frames3, Frames3b64 [][]byte
	}
}

type vectorPacket struct {
	Type   int // -1: the reference handed on a packet without a type
	Binary bool
	Data   []byte
}

func (v vectorPacket) packet() engineio.Packet {
	return engineio.Packet{Type: engineio.Type(v.Type), Binary: v.Binary, Data: v.Data}
}

func loadVectors(t *testing.T) (v vectors) {
	t.Helper()
	b, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func same(a, b engineio.Packet) bool {
	return a.Type == b.Type && a.Binary == b.Binary && bytes.Equal(a.Data, b.Data)
}

// decode reads one wire form as a list of packets, up to the first mistake.
func decode(kind string, in []byte) (packets []engineio.Packet, err error) {
	collect := func(p engineio.Packet) error {
		packets = append(packets, p)
		return nil
	}
	single := func(p engineio.Packet, err error) error {
		if err == nil {
			packets = append(packets, p)
		}
		return err
	}
	switch kind {
	case "text4":
		err = single(engineio.ParseText(engineio.V4, in))
	case "text3":
		err = single(engineio.ParseText(engineio.V3, in))
	case "binary4":
		err = single(engineio.ParseBinary(engineio.V4, in))
	case "binary3":
		err = single(engineio.ParseBinary(engineio.V3, in))
	case "payload4":
		err = engineio.DecodePayload(engineio.V4, engineio.ContentText, in, engineio.Limits{}, collect)
	case "payload3":
		err = engineio.DecodePayload(engineio.V3, engineio.ContentText, in, engineio.Limits{}, collect)
	case "binaryPayload3":
		err = engineio.DecodePayload(engineio.V3, engineio.ContentBinary, in, engineio.Limits{}, collect)
	}
	return packets, err
}

// A difference is one line of the package documentation's list: input the reference accepts and this package refuses.
// of looks at the whole input.
type difference struct {
	name string
	of   func(kind string, in []byte) bool
}

func matches(kinds, expr string) func(string, []byte) bool {
	k, re := regexp.MustCompile(kinds), regexp.MustCompile(expr)
	return func(kind string, in []byte) bool { return k.MatchString(kind) && re.Match(in) }
}

var differences = []difference{
	{"binary payload with a length that lies, or a strange kind", func(kind string, in []byte) bool {
		return kind == "binaryPayload3" && !wellFramed(in)
	}},
	{"binary packet of no type", func(kind string, in []byte) bool {
		return kind == "binary3" && (len(in) == 0 || in[0] > 6) || kind == "text3" && regexp.MustCompile(`^b([^0-6]|$)`).Match(in) ||
			kind == "payload3" && regexp.MustCompile(`:b([^0-6]|$)`).Match(in) || kind == "binaryPayload3" && anyPlace(in, func(k byte, b []byte) bool {
			return k == 1 && b[0] > 6 || k == 0 && regexp.MustCompile(`^b([^0-6]|$)`).Match(b)
		})
	}},
	{"base64 that is not standard", func(kind string, in []byte) bool {
		switch kind {
		case "text3", "text4":
			return oddBase64(kind[4], in)
		case "payload4":
			return slices.ContainsFunc(bytes.Split(in, []byte{0x1e}), func(b []byte) bool { return oddBase64('4', b) })
		case "binaryPayload3":
			return anyPlace(in, func(k byte, b []byte) bool { return k == 0 && oddBase64('3', b) })
		}
		return bytes.Contains(in, []byte(":b"))
	}},
	{"length not in decimal digits", matches("^payload3$", `(^|\D)(\d*[ +.xe]\d*|\d*e\d+):|^[ +]`)},
	{"length inside a surrogate pair", matches("^payload3$", `[\x{10000}-\x{10ffff}]`)},
}

// oddBase64 reports whether b is a packet in base64 outside of what this package reads.
func oddBase64(version byte, b []byte) bool {
	strict := regexp.MustCompile(`^b([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$`)
	b = bytes.ReplaceAll(bytes.ReplaceAll(b, []byte("\r"), nil), []byte("\n"), nil)
	if version == '3' && len(b) > 1 && b[0] == 'b' {
		b = append([]byte("b"), b[2:]...)
	}
	return bytes.HasPrefix(b, []byte("b")) && !strict.Match(b)
}

// wellFramed reports whether a binary payload's kinds and lengths are in order.
func wellFramed(in []byte) bool {
	ok := true
	rest := walk(in, func(kind byte, b []byte) { ok = ok && len(b) > 0 })
	return ok && len(rest) == 0
}

func anyPlace(in []byte, of func(kind byte, b []byte) bool) (found bool) {
	walk(in, func(kind byte, b []byte) { found = found || len(b) > 0 && of(kind, b) })
	return found
}

// walk is a second, plainer reader of binary payloads. It returns what it cannot read.
func walk(in []byte, place func(kind byte, b []byte)) (rest []byte) {
	for len(in) > 0 {
		header, after, ok := bytes.Cut(in, []byte{255})
		if !ok || len(header) < 2 || len(header) > 10 || header[0] > 1 {
			return in
		}
		n := 0
		for _, d := range header[1:] {
			if d > 9 {
				return in
			}
			n = 10*n + int(d)
		}
		if n > len(after) {
			return in
		}
		place(header[0], after[:n])
		in = after[n:]
	}
	return nil
}

func TestDecodeAgainstReference(t *testing.T) {
	v := loadVectors(t)
	if len(v.Decode) < 500 {
		t.Fatalf("only %d vectors", len(v.Decode))
	}
	seen := map[string]int{}
	for _, c := range v.Decode {
		got, err := decode(c.Kind, c.In)
		if err != nil && !errors.Is(err, engineio.ErrMalformed) {
			t.Errorf("%s %q: %v does not wrap ErrMalformed", c.Kind, c.In, err)
		}
		if c.Error && err == nil {
			t.Errorf("%s %q: accepted, the reference refuses", c.Kind, c.In)
		}
		if err != nil && (!c.Error || len(got) < len(c.Packets)) {
			i := slices.IndexFunc(differences, func(d difference) bool { return d.of(c.Kind, c.In) })
			if i < 0 {
				t.Errorf("%s %q: refused (%v), the reference reads %d packets", c.Kind, c.In, err, len(c.Packets))
				continue
			}
			seen[differences[i].name]++
		} else if len(got) != len(c.Packets) {
			t.Errorf("%s %q: %d packets, the reference reads %d", c.Kind, c.In, len(got), len(c.Packets))
			continue
		}
		for i, p := range got {
			if i >= len(c.Packets) || !same(p, c.Packets[i].packet()) {
				t.Errorf("%s %q: packet %d is %+v, the reference has %+v", c.Kind, c.In, i, p, c.Packets)
				break
			}
			if !p.Binary && !utf8.Valid(p.Data) {
				t.Errorf("%s %q: packet %d is not UTF-8", c.Kind, c.In, i)
			}
		}
	}
	for _, d := range differences {
		if seen[d.name] == 0 {
			t.Errorf("no vector shows the difference %q", d.name)
		}
	}
}

func TestEncodeAgainstReference(t *testing.T) {
	v := loadVectors(t)
	if len(v.Encode) < 100 {
		t.Fatalf("only %d vectors", len(v.Encode))
	}
	for i, c := range v.Encode {
		packets := make([]engineio.Packet, len(c.Packets))
		for j := range packets {
			packets[j] = c.Packets[j].packet()
		}
		for _, w := range []struct {
			name string
			v    engineio.Version
			b64  bool
			want *struct {
				Body   []byte
				Binary bool
			}
		}{
			{"payload4", engineio.V4, false, c.Payload4},
			{"payload3", engineio.V3, false, c.Payload3},
			{"payload3b64", engineio.V3, true, c.Payload3b64},
		} {
			if w.want == nil {
				continue
			}
			body, content := engineio.AppendPayload(nil, w.v, packets, w.b64)
			if !bytes.Equal(body, w.want.Body) || (content == engineio.ContentBinary) != w.want.Binary {
				t.Errorf("%d %s: got %q as %s, the reference %q", i, w.name, body, content, w.want.Body)
			}
		}
		for j, p := range packets {
			frame := engineio.Packet.AppendText
			if p.Binary {
				frame = engineio.Packet.AppendBinary
			}
			for _, w := range []struct {
				name      string
				got, want []byte
			}{
				{"frame4", frame(p, nil, engineio.V4), c.Frames4[j]},
				{"frame3", frame(p, nil, engineio.V3), c.Frames3[j]},
				{"frame4b64", p.AppendText(nil, engineio.V4), c.Frames4b64[j]},
				{"frame3b64", p.AppendText(nil, engineio.V3), c.Frames3b64[j]},
			} {
				if !bytes.Equal(w.got, w.want) {
					t.Errorf("%d.%d %s: got %q, the reference %q", i, j, w.name, w.got, w.want)
				}
			}
		}
	}
}
