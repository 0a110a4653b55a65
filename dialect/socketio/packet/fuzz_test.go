package packet_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"madang/dialect/socketio/packet"
)

// What Parse accepts can be written and read again as the same packet, and its arguments can be cut apart.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"", "0", `0/admin?token=1,{"a":1}`, "1/a,", `21["a",1]`, `2["\u0063onnect"]`, `2[1e21]`, `31[]`, `44"x"`,
		`52-/a,7["a",{"_placeholder":true,"num":0},{"num":1,"_placeholder":true}]`, `61-1[{"_placeholder":true,"num":0}]`,
		`218446744073709551616["a"]`, "2[\"\xed\xa0\x80\"]", "2[ \"a\\\"\" ,\n[[{\"]\":1}]] ] ",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		p, err := packet.Parse(in, packet.Limits{})
		if err != nil {
			if !errors.Is(err, packet.ErrMalformed) || !reflect.DeepEqual(p, packet.Packet{}) {
				t.Fatalf("%+v, %v", p, err)
			}
			return
		}
		if again, err := packet.Parse(p.Append(nil), packet.Limits{}); err != nil || !reflect.DeepEqual(again, p) {
			t.Fatalf("read %+v, written and read again %+v, %v", p, again, err)
		}
		switch p.Type.Plain() {
		case packet.Event, packet.Ack:
			args, err := packet.Split(p.Data, nil)
			if err != nil {
				t.Fatal(err)
			}
			if p.Type.Plain() == packet.Event && len(args) == 0 {
				t.Fatal("event without a name")
			}
		}
	})
}

// Split agrees with encoding/json on valid arrays, and keeps its head on anything else.
func FuzzSplit(f *testing.F) {
	for _, s := range []string{`[]`, `[1,"a",{"b":[]}]`, `[ [ ] , "\\\"]" ]`, `[1`, `[1,]`, `["a]`, `[{]}]`, ``} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		got, err := packet.Split(in, nil)
		var want []json.RawMessage
		if json.Unmarshal(in, &want) != nil || !bytes.HasPrefix(bytes.TrimLeft(in, " \t\r\n"), []byte("[")) {
			return
		}
		if err != nil || len(got) != len(want) {
			t.Fatalf("%d elements, want %d: %v", len(got), len(want), err)
		}
		for i := range got {
			if !bytes.Equal(got[i], want[i]) {
				t.Fatalf("element %d is %q, want %q", i, got[i], want[i])
			}
		}
	})
}

// Whatever JSON comes with however many attachments, an assembled packet can be decoded into anything, and a value
// decoded from it can be sent again.
func FuzzReconstruct(f *testing.F) {
	for _, s := range []string{
		`{"_placeholder":true,"num":0}`, `[{"num":1,"_placeholder":true},2]`, `{"a":{"_placeholder":true,"num":0,"num":5}}`,
		`{"\u005fplaceholder":true,"num":0}`, `{"_placeholder":true,"num":0,"x":{"_placeholder":true,"num":9}}`, `"_placeholder"`, `{`, ``,
	} {
		f.Add([]byte(s), []byte("attachment"), uint8(2))
	}
	f.Fuzz(func(t *testing.T, raw, part []byte, n uint8) {
		parts := make([][]byte, n%8)
		for i := range parts {
			parts[i] = part
		}
		if found, err := packet.Placeholders(raw, len(parts), nil); err != nil && (len(found) > 0 || !errors.Is(err, packet.ErrMalformed)) {
			t.Fatal(found, err)
		}
		var v any
		err := packet.Reconstruct(raw, parts, &v)
		if err != nil && !errors.Is(err, packet.ErrMalformed) && !errors.Is(err, packet.ErrArgument) {
			t.Fatal(err)
		}
		for _, into := range []any{new([]byte), new(map[string]any), new([]any), new(json.RawMessage), new(struct{ A []byte })} {
			if packet.Reconstruct(raw, parts, into) == nil && err != nil && !outOfRange(err) {
				t.Fatalf("fits %T, but not any: %v", into, err)
			}
		}
		if err != nil {
			return
		}
		data, sent, err := packet.Deconstruct(nil, v)
		if err != nil { // an object like a placeholder beside a binary value, or very deep: refused, not sent
			if !errors.Is(err, packet.ErrArgument) {
				t.Fatal(err)
			}
			return
		}
		args, err := packet.Split(data, nil)
		if err != nil || len(args) != 1 {
			t.Fatal(len(args), err)
		}
		var again any
		if err := packet.Reconstruct(args[0], sent, &again); err != nil || !reflect.DeepEqual(again, v) {
			t.Fatalf("sent %#v, got %#v, %v", v, again, err)
		}
	})
}

// outOfRange reports whether err is about a number that has no float64: other targets do not look at it.
func outOfRange(err error) bool {
	var typeError *json.UnmarshalTypeError
	return errors.As(err, &typeError)
}
