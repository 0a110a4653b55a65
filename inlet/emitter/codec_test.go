package emitter

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/tinylib/msgp/msgp"
	"pgregory.net/rapid"
)

func TestUnpack(t *testing.T) {
	for hexed, want := range map[string]string{
		"c0":                             `null`,
		"93010203":                       `[1,2,3]`,
		"82a161c3a162c2":                 `{"a":true,"b":false}`,
		"e0":                             `-32`,
		"d1ff00":                         `-256`,
		"cfffffffffffffffff":             `18446744073709551615`,
		"d38000000000000000":             `-9223372036854775808`,
		"cb3ff8000000000000":             `1.5`,
		"ca3fc00000":                     `1.5`,
		"cb444b1ae4d6e2ef50":             `1e+21`,
		"cb8000000000000000":             `0`,    // -0
		"cb7ff8000000000000":             `null`, // not a number
		"cb7ff0000000000000":             `null`,
		"a0":                             `""`,
		"a5e9959cff22":                   `"` + "镜\ufffd" + `\""`,
		"a3e280a8":                       `"\u2028"`,
		"8105c0":                         `{"5":null}`,
		"c40301ff02":                     `{"_placeholder":true,"num":0}`,
		"92c400c40107":                   `[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`,
		"d6ff65535900":                   `"2023-11-14T11:24:48.000Z"`,
		"d7ff1d53ff8065535900":           `"2023-11-14T11:24:48.123Z"`,
		"c70cff00000000ffffffffffffffff": `"1969-12-31T23:59:59.000Z"`,
		"c70cff000000000000003afff44180": `"+010000-01-01T00:00:00.000Z"`,
		"c70cff00000000fffffff184aa5080": `"-000001-01-01T00:00:00.000Z"`,
		"c70cff000000007fffffffffffffff": `null`,
		"d40000":                         `null`,                          // undefined, in older versions
		"d700000000000000007b":           `"1970-01-01T00:00:00.123Z"`,    // a time, in older versions
		"c7020000ff":                     `{"_placeholder":true,"num":0}`, // an ArrayBuffer, in older versions
		"d50501ff":                       `[5,{"_placeholder":true,"num":0}]`,
	} {
		b, err := hex.DecodeString(hexed)
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := unpack(b)
		if hexed == "a5e9959cff22" { // the JSON of it may be written in several ways
			var text string
			if json.Unmarshal(got, &text) != nil || text != "镜\ufffd\"" {
				t.Errorf("%s: %s, %v", hexed, got, err)
			}
			continue
		}
		if err != nil || string(got) != want {
			t.Errorf("%s: %s, %v; want %s", hexed, got, err, want)
		}
	}
}

func TestUnpackRefuses(t *testing.T) {
	deep := bytes.Repeat([]byte{0x91}, maxDepth+2)
	many := msgp.AppendArrayHeader(nil, maxParts+1)
	for range maxParts + 1 {
		many = msgp.AppendBytes(many, nil)
	}
	for name, b := range map[string][]byte{
		"nothing": {}, "the rest is missing": {0x92, 1}, "a text that is cut": {0xa5, 'a'}, "a long array of nothing": {0xdd, 0xff, 0xff, 0xff, 0xff},
		"a long map of nothing": {0xdf, 0xff, 0xff, 0xff, 0xff}, "a long text": {0xdb, 0xff, 0xff, 0xff, 0xff}, "two values": {1, 2}, "no value": {0xc1},
		"an extension that is cut": {0xd8, 1, 2}, "a length that is cut": {0xc9, 1}, "a time of 3 bytes": {0xc7, 3, 0xff, 1, 2, 3}, "an array as a key": {0x81, 0x90, 1},
		"a binary key": {0x81, 0xc4, 1, 1, 1},
	} {
		if got, _, err := unpack(b); err == nil {
			t.Errorf("%s: %s", name, got)
		}
	}
	if _, _, err := unpack(append(deep, 1)); !errors.Is(err, errDepth) {
		t.Errorf("deep: %v", err)
	}
	if _, _, err := unpack(many); !errors.Is(err, errParts) {
		t.Errorf("many parts: %v", err)
	}
}

func TestPack(t *testing.T) {
	parts := [][]byte{{1, 2}, {}}
	for text, want := range map[string]string{
		`null`: "c0", `[true,false,"a"]`: "93c3c2a161", `{"b":1,"a":-1}`: "82a16201a161ff", `1.5`: "cb3ff8000000000000",
		`18446744073709551615`: "cfffffffffffffffff", `1e2`: "cb4059000000000000",
		`{"_placeholder":true,"num":0}`:             "c4020102",
		`[{"num":1,"_placeholder":true}]`:           "91c400",
		`{"_placeholder":true,"num":2}`:             "82ac5f706c616365686f6c646572c3a36e756d02",
		`{"_placeholder":true,"num":0,"more":null}`: "83ac5f706c616365686f6c646572c3a36e756d00a46d6f7265c0",
	} {
		got, err := pack([]byte(text), parts)
		if err != nil || hex.EncodeToString(got) != want {
			t.Errorf("%s: %x, %v; want %s", text, got, err, want)
		}
	}
	deep := strings.Repeat("[", maxDepth+2) + strings.Repeat("]", maxDepth+2)
	for _, text := range []string{``, `[`, `{"a"}`, `{"a":}`, `[1,]`, `1e999`, deep} {
		if got, err := pack([]byte(text), nil); err == nil {
			t.Errorf("%s: %x", text, got)
		}
	}
}

// drawJSON draws a value as JSON has it after decoding; binary ones are []byte.
func drawJSON(t *rapid.T, depth int) any {
	most := 6
	if depth == 0 {
		most = 4
	}
	switch rapid.IntRange(0, most).Draw(t, "kind") {
	case 0:
		return nil
	case 1:
		return rapid.Bool().Draw(t, "bool")
	case 2:
		return json.Number(fmt.Sprint(rapid.Int64().Draw(t, "int")))
	case 3:
		return rapid.String().Draw(t, "text")
	case 4:
		return rapid.SliceOfN(rapid.Byte(), 0, 10).Draw(t, "binary")
	case 5:
		all := make([]any, rapid.IntRange(0, 4).Draw(t, "length"))
		for i := range all {
			all[i] = drawJSON(t, depth-1)
		}
		return all
	}
	all := map[string]any{}
	for range rapid.IntRange(0, 4).Draw(t, "length") {
		all[rapid.String().Draw(t, "key")] = drawJSON(t, depth-1)
	}
	return all
}

// deconstruct takes binary values out, as Socket.IO does.
func deconstruct(v any, parts *[][]byte) any {
	switch x := v.(type) {
	case []byte:
		*parts = append(*parts, x)
		return map[string]any{"_placeholder": true, "num": len(*parts) - 1}
	case []any:
		out := make([]any, len(x))
		for i := range x {
			out[i] = deconstruct(x[i], parts)
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for k, e := range x {
			out[k] = deconstruct(e, parts)
		}
		return out
	}
	return v
}

// What is packed and unpacked is what it was.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var parts [][]byte
		text, err := json.Marshal(deconstruct(drawJSON(t, 4), &parts))
		if err != nil {
			t.Fatal(err)
		}
		packed, err := pack(text, parts)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		back, got, err := unpack(packed)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		again, err := pack(back, got)
		if err != nil || !bytes.Equal(again, packed) || len(got) != len(parts) {
			t.Fatalf("%s became %s, %v", text, back, err)
		}
		if len(parts) == 0 && !sameJSON(text, back) {
			t.Fatalf("%s became %s", text, back)
		}
	})
}

func sameJSON(a, b []byte) bool {
	read := func(text []byte) (v any) {
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		if d.Decode(&v) != nil {
			return math.NaN() // equal to nothing
		}
		return v
	}
	x, errX := json.Marshal(read(a))
	y, errY := json.Marshal(read(b))
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

func FuzzUnpack(f *testing.F) {
	for _, seed := range []string{"93a6787878787878", "82a161c3a162c2", "c70cff00000000ffffffffffffffff", "92c400c40107", "d50501ff", "cb7ff8000000000000"} {
		b, err := hex.DecodeString(seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		text, parts, err := unpack(b)
		if err != nil {
			return
		}
		if !json.Valid(text) {
			t.Fatalf("%x became %q", b, text)
		}
		if len(text) > 64*len(b)+64 {
			t.Fatalf("%d bytes became %d", len(b), len(text))
		}
		if _, err := pack(text, parts); err != nil && !errors.Is(err, errDepth) {
			t.Fatalf("%s: %v", text, err)
		}
	})
}

func FuzzPack(f *testing.F) {
	for _, seed := range []string{`{"a":[1,{"_placeholder":true,"num":0}]}`, `1e999`, `{"a":1,"a":2}`, `"\ud800"`, `[[[]]]`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		b, err := pack(text, [][]byte{{1}})
		if err != nil {
			return
		}
		if _, _, err := unpack(b); err != nil {
			t.Fatalf("%q became %x: %v", text, b, err)
		}
	})
}

func FuzzMessages(f *testing.F) {
	for _, seed := range []string{
		`["emitter",{"type":2,"data":["x",1],"nsp":"/"},{"rooms":["a",5],"except":[],"flags":{"volatile":true}}]`,
		`["emitter",{"type":5,"data":[7]},{"rooms":[],"flags":null}]`, `["u",null]`, `[1,2,3]`,
		`{"uid":"abc","requestId":"r","type":5,"opts":{"rooms":[],"except":[]}}`, `{"type":2,"sid":"1.2","room":"x","requestId":"r"}`,
		`{"uid":"u","nsp":"/","type":3,"data":{"packet":{"type":2,"data":["e"]},"opts":{"rooms":[],"except":[],"flags":{"timeout":1e300}},"requestId":"r"}}`,
	} {
		f.Add([]byte(seed))
		packed, err := pack([]byte(seed), nil)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(packed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if c, err := parseBroadcast(b); err == nil {
			checkMessage(t, &c.packet, c.parts)
		}
		if r, err := parseRequest(b); err == nil {
			checkMessage(t, r.Packet, r.parts)
		}
		for _, data := range []string{string(b), "AA" + string(b)} {
			m, err := parseEntry(map[string]string{"type": "3", "nsp": "/", "uid": "u", "data": data})
			if err != nil {
				continue
			}
			var p packet
			if json.Unmarshal(m.Data.Packet, &p) == nil {
				checkMessage(t, &p, m.parts)
			}
		}
		if m, err := parseMember(b); err == nil {
			_ = m.Data.Choice.target()
		}
	})
}

// checkMessage makes a message of a packet, whose arguments must be an array of JSON.
func checkMessage(t *testing.T, p *packet, parts [][]byte) {
	t.Helper()
	m, err := p.message(parts)
	if err != nil {
		return
	}
	var all []json.RawMessage
	if json.Unmarshal(m.Data, &all) != nil {
		t.Fatalf("arguments are %q", m.Data)
	}
}
