package packet_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"madang/dialect/socketio/packet"
)

func TestDeconstruct(t *testing.T) {
	type photo struct {
		Name string `json:"name"`
		Body []byte `json:"body"`
	}
	for _, c := range []struct {
		args  []any
		data  string
		parts []string
	}{
		{nil, `[]`, nil},
		{[]any{"a", 1, true, nil, 1.5, uint64(1<<64 - 1)}, `["a",1,true,null,1.5,18446744073709551615]`, nil},
		{[]any{"<&>\u001e😀"}, `["<&>\u001e😀"]`, nil},
		{[]any{json.RawMessage(`{"z":1,"a":12345678901234567890,"s":"\ud800"}`), json.RawMessage(nil)}, `[{"z":1,"a":12345678901234567890,"s":"\ud800"},null]`, nil},
		{[]any{[]byte("x"), []byte{}, []byte(nil)}, `[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1},{"_placeholder":true,"num":2}]`, []string{"x", "", ""}},
		{[]any{map[string]any{"b": []byte("1"), "a": []any{[]byte("2"), "<"}, "c": map[string]any(nil), "d": []any(nil)}},
			`[{"a":[{"_placeholder":true,"num":0},"<"],"b":{"_placeholder":true,"num":1},"c":null,"d":null}]`, []string{"2", "1"}},
		{[]any{photo{"a", []byte("hi")}, [][]byte{[]byte("hi")}}, `[{"name":"a","body":"aGk="},["aGk="]]`, nil},
		{[]any{json.RawMessage(`{"_placeholder":true,"num":7}`)}, `[{"_placeholder":true,"num":7}]`, nil}, // harmless: not a binary packet
	} {
		data, parts, err := packet.Deconstruct([]byte("x"), c.args...)
		if err != nil || string(data) != "x"+c.data || len(parts) != len(c.parts) {
			t.Errorf("%v: got %s %q %v; want %s", c.args, data, parts, err, c.data)
			continue
		}
		for i := range parts {
			if string(parts[i]) != c.parts[i] {
				t.Errorf("%v: attachments %q, want %q", c.args, parts, c.parts)
			}
		}
	}
}

func TestDeconstructRefuses(t *testing.T) {
	loop := map[string]any{}
	loop["a"] = []any{loop}
	for name, args := range map[string][]any{
		"no JSON form":          {"a", func() {}},
		"nested, no JSON form":  {"a", map[string]any{"b": make(chan int)}},
		"in a list":             {[]any{func() {}}},
		"invalid raw":           {json.RawMessage(`{`)},
		"empty raw":             {json.RawMessage{}},
		"raw that is not UTF-8": {json.RawMessage("\"\xff\"")},
		"contains itself":       {loop},
		"second in a map":       {map[string]any{"a": 1, "b": func() {}}},
		"raw like placeholder":  {[]byte("x"), json.RawMessage(`{"_placeholder":true,"num":99}`)},
		"raw in range":          {[]byte("x"), json.RawMessage(`{"num":0,"\u005fplaceholder":true}`)},
		"map like placeholder":  {map[string]any{"_placeholder": true, "num": []byte("x")}},
		"around a binary value": {map[string]any{"_placeholder": true, "num": 0, "x": []byte("x")}},
		"struct": {[]byte("x"), struct {
			P bool `json:"_placeholder"`
		}{true}},
	} {
		if data, _, err := packet.Deconstruct(nil, args...); !errors.Is(err, packet.ErrArgument) {
			t.Errorf("%s: got %s, %v", name, data, err)
		}
	}
}

func TestPlaceholders(t *testing.T) {
	const in = ` ["a",{"num":1,"_placeholder":true},[ {"x":{"_placeholder" : true ,"num":0}} ],{},[],{"_placeholder":false}]`
	before := packet.Placeholder{Start: 1, End: 2, Num: 3}
	found, err := packet.Placeholders([]byte(in), 2, []packet.Placeholder{before})
	if err != nil || len(found) != 3 || found[0] != before {
		t.Fatal(found, err)
	}
	for i, want := range []string{`{"num":1,"_placeholder":true}`, `{"_placeholder" : true ,"num":0}`} {
		if p := found[i+1]; in[p.Start:p.End] != want || p.Num != 1-i {
			t.Errorf("%+v is %s, want %s", p, in[p.Start:p.End], want)
		}
	}
	for _, in := range []string{ // nothing json.Valid accepts; the escape makes it look
		`["\`, `["\"`, `["\" 1]`, `["\",`, `{"\"`, `{"\":`, `{"\":1`, `{"\":1 2}`, `{"\":1,`, `{1:"\"}`, `{"\" 1}`, `{"\`,
		"[\"\\\"," + strings.Repeat("[", 1_000_000),
	} {
		if found, err := packet.Placeholders([]byte(in), 1, nil); len(found) != 0 || !errors.Is(err, packet.ErrMalformed) {
			t.Errorf("%.20s: %v, %v", in, found, err)
		}
	}
}

func TestReconstruct(t *testing.T) {
	parts := [][]byte{[]byte("zero"), []byte("one")}
	const one = `{"_placeholder":true,"num":1}`

	var b []byte
	check(t, packet.Reconstruct([]byte(" "+one), parts, &b), b, []byte("one"))
	if &b[0] != &parts[1][0] {
		t.Error("the attachment was copied")
	}
	var x any
	check(t, packet.Reconstruct([]byte(one), parts, &x), x, any([]byte("one")))
	check(t, packet.Reconstruct([]byte(`{"a":[`+one+`,null],"b":2}`), parts, &x), x, any(map[string]any{"a": []any{[]byte("one"), nil}, "b": 2.0}))
	var m map[string]any
	check(t, packet.Reconstruct([]byte(`{"a":`+one+`}`), parts, &m), m, map[string]any{"a": []byte("one")})
	var l []any
	check(t, packet.Reconstruct([]byte(`[1,`+one+`]`), parts, &l), l, []any{1.0, []byte("one")})
	var s struct {
		A []byte
		B map[string][]byte
		C string
	}
	err := packet.Reconstruct([]byte(`{"a":`+one+`,"b":{"c":{"num":0,"_placeholder":true}},"c":"d"}`), parts, &s)
	check(t, err, s.A, []byte("one"))
	check(t, err, s.B, map[string][]byte{"c": []byte("zero")})
	check(t, err, s.C, "d")
	var raw json.RawMessage
	check(t, packet.Reconstruct([]byte(`{"z":`+one+`,"a":12345678901234567890}`), parts, &raw), string(raw), `{"z":"b25l","a":12345678901234567890}`)
	var str string
	check(t, packet.Reconstruct([]byte(`"plain"`), parts, &str), str, "plain")
	// Without attachments it is just an object.
	check(t, packet.Reconstruct([]byte(`{"_placeholder":true,"num":9}`), nil, &x), x, any(map[string]any{"_placeholder": true, "num": 9.0}))
}

func check[T any](t *testing.T, err error, got, want T) {
	t.Helper()
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
}

func TestReconstructRefuses(t *testing.T) {
	parts := [][]byte{[]byte("zero")}
	for _, c := range []struct {
		raw  string
		into any
		want error
	}{
		{`{"_placeholder":true,"num":1}`, new([]byte), packet.ErrMalformed},
		{`{"_placeholder":true,"num":-1}`, new(any), packet.ErrMalformed},
		{`[{"_placeholder":true}]`, new(any), packet.ErrMalformed},
		{`{"a"`, new(any), packet.ErrMalformed},
		{``, new(any), packet.ErrMalformed},
		{`{"_placeholder":true,"num":0}`, new(map[string]any), packet.ErrArgument},
		{`{"_placeholder":true,"num":0}`, new([]any), packet.ErrArgument},
		{`{"_placeholder":true,"num":0}`, new(int), packet.ErrArgument},
		{`5`, new(string), packet.ErrArgument},
	} {
		if err := packet.Reconstruct([]byte(c.raw), parts, c.into); !errors.Is(err, c.want) {
			t.Errorf("%s into %T: %v", c.raw, c.into, err)
		}
	}
	if err := packet.Reconstruct([]byte(`5`), nil, new(string)); !errors.Is(err, packet.ErrArgument) {
		t.Errorf("without attachments: %v", err)
	}
}

func TestAssembler(t *testing.T) {
	const whole = `52-/a,3["b",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]`
	a := packet.Assembler{Limits: packet.Limits{MaxBytes: 100}}
	in := []byte(whole)
	p, err := packet.Parse(in, a.Limits)
	if err != nil {
		t.Fatal(err)
	}
	if _, complete, err := a.Text(p); complete || err != nil || !a.Pending() {
		t.Fatal(complete, err, a.Pending())
	}
	clear(in) // the reader's buffer is used again
	frame := []byte("abc")
	if _, complete, err := a.Binary(frame); complete || err != nil {
		t.Fatal(complete, err)
	}
	clear(frame)
	m, complete, err := a.Binary(nil)
	if !complete || err != nil || a.Pending() {
		t.Fatal(complete, err, a.Pending())
	}
	if got := string(m.Packet.Append(nil)); got != whole {
		t.Errorf("got %s", got)
	}
	if len(m.Parts) != 2 || string(m.Parts[0]) != "abc" || len(m.Parts[1]) != 0 {
		t.Errorf("got %q", m.Parts)
	}
	// The next packet starts afresh.
	if m, complete, err := text(&a, `2["x"]`); !complete || err != nil || m.Parts != nil {
		t.Error(m, complete, err)
	}
}

func TestAssemblerRefuses(t *testing.T) {
	big := bytes.Repeat([]byte("x"), 70)
	for name, steps := range map[string][]any{
		"text inside a binary packet":        {`51-["a"]`, `2["b"]`},
		"binary packet inside another":       {`51-["a"]`, `51-["b"]`},
		"binary frame without a packet":      {big},
		"another one behind the last":        {`51-["a"]`, []byte("x"), []byte("x")},
		"attachments too large":              {`52-["a"]`, big, big},
		"data too large":                     {`51-["` + strings.Repeat("x", 100) + `"]`},
		"placeholder without its attachment": {`51-["a",{"_placeholder":true,"num":1}]`, []byte("x")},
	} {
		a := packet.Assembler{Limits: packet.Limits{MaxBytes: 100}}
		for i, step := range steps {
			var err error
			switch step := step.(type) {
			case string:
				_, _, err = text(&a, step)
			case []byte:
				_, _, err = a.Binary(step)
			}
			if last := i == len(steps)-1; last != errors.Is(err, packet.ErrMalformed) || !last && err != nil {
				t.Errorf("%s: step %d: %v", name, i, err)
			}
		}
		if a.Pending() {
			t.Errorf("%s: still holds the packet", name)
		}
	}
}

func TestAssemblerReset(t *testing.T) {
	var a packet.Assembler
	if _, _, err := text(&a, `51-["a"]`); err != nil {
		t.Fatal(err)
	}
	a.Reset()
	if _, complete, err := text(&a, `2["a"]`); !complete || err != nil {
		t.Error(complete, err)
	}
}
