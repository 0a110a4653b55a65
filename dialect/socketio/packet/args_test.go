package packet_test

import (
	"errors"
	"slices"
	"testing"

	"madang/dialect/socketio/packet"
)

func TestSplit(t *testing.T) {
	for in, want := range map[string][]string{
		`[]`:                     nil,
		" [ ]\n":                 nil,
		`["a"]`:                  {`"a"`},
		`[1,-2.5e3 , true,null]`: {`1`, `-2.5e3`, `true`, `null`},
		`["a,]\"\\",{"b":[1,"]}"],"c":{}} , [[],[2]]]`: {`"a,]\"\\"`, `{"b":[1,"]}"],"c":{}}`, `[[],[2]]`},
		"[\t12345678901234567890\r\n,\"\\ud800\" ]":    {`12345678901234567890`, `"\ud800"`},
	} {
		got, err := packet.Split([]byte(in), nil)
		if err != nil || !slices.EqualFunc(got, want, func(b []byte, s string) bool { return string(b) == s }) {
			t.Errorf("%s: got %q, %v", in, got, err)
		}
	}
	for _, in := range []string{``, ` `, `{}`, `"a"`, `1`, `[`, `[1`, `[1,`, `[1 2]`, `["a`, `[[1]`, `[,]`, `[1]]`, `[1] 2`, `[]x`, `[1:2]`} {
		if got, err := packet.Split([]byte(in), nil); !errors.Is(err, packet.ErrMalformed) {
			t.Errorf("%s: got %q, %v", in, got, err)
		}
	}
}

// An element must not be able to grow into its neighbour.
func TestSplitElementsAreSealed(t *testing.T) {
	data := []byte(`["a","b"]`)
	args, err := packet.Split(data, nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = append(args[0], "xxxx"...)
	if string(data) != `["a","b"]` {
		t.Errorf("appending to an element changed the packet: %s", data)
	}
}

func TestName(t *testing.T) {
	for in, want := range map[string]string{
		`"a"`: "a", `""`: "", `"메시지"`: "메시지", `"a\"b\\"`: `a"b\`, `"\ud83d\ude00"`: "😀", `"\ud800"`: "\ufffd",
		`0`: "0", `-0`: "0", `5`: "5", `5.0`: "5", `-1.5`: "-1.5", `1e3`: "1000", `123456789012345680000`: "123456789012345680000",
		`1e21`: "1e+21", `0.000001`: "0.000001", `1e-7`: "1e-7", `1.5e-10`: "1.5e-10", `9007199254740993`: "9007199254740992",
	} {
		if got, err := packet.Name([]byte(in)); err != nil || got != want {
			t.Errorf("%s: got %q, %v; want %q", in, got, err, want)
		}
	}
	for _, in := range []string{``, `null`, `true`, `[]`, `{}`, `"`, `"a`, `1e999`, `-`, `1x`, `"\x"`, `"a"b"`} {
		if got, err := packet.Name([]byte(in)); !errors.Is(err, packet.ErrMalformed) {
			t.Errorf("%s: got %q, %v", in, got, err)
		}
	}
}

func TestReserved(t *testing.T) {
	for _, name := range []string{"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"} {
		if !packet.Reserved(name) {
			t.Errorf("%s is free", name)
		}
	}
	for _, name := range []string{"", "error", "Connect", "message", "connect "} {
		if packet.Reserved(name) {
			t.Errorf("%q is reserved", name)
		}
	}
}
