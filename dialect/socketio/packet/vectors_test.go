package packet_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"madang/dialect/socketio/packet"
)

// vectors is testdata/vectors.json: what the reference parsers and encoders do.
type vectors struct {
	Decode []struct {
		In     string
		V5, V4 decoded
	}
	Join []struct {
		In    string
		Parts []struct {
			Text *string
			Bin  []byte
		}
		V5, V4 decoded
	}
	Encode []struct {
		Type  packet.Type
		Nsp   string
		ID    *uint64
		Args  []any
		Text  string
		Parts [][]byte
	}
}

// decoded is what a reference parser made of a frame.
type decoded struct {
	Error       string
	Type        packet.Type
	Nsp         string
	ID          json.RawMessage
	Attachments int
	Data        json.RawMessage
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

// A difference is one line of the package documentation's list: frames the reference accepts and this package refuses.
type difference struct {
	name string
	of   func(in string, ref decoded) bool
}

func matches(expr string) func(string, decoded) bool {
	re := regexp.MustCompile(expr)
	return func(in string, _ decoded) bool { return re.MatchString(in) }
}

const header = `^[0-6](\d+-)?(/[^,]*(,|$))?\d*`

var (
	differences = []difference{
		{"empty, or begins with white space", matches(`^[^0-9]|^$`)},
		{"payload missing", func(_ string, ref decoded) bool {
			return ref.Data == nil && ref.Type != packet.Connect && ref.Type != packet.Disconnect
		}},
		{"white space behind the header", matches(header + `[\s\x{a0}\x{feff}]`)},
		{"attachments not in decimal digits", matches(`^[56]\d*[^\d-]`)},
		{"acknowledgement id over 2^64-1", matches(`^[0-6](\d+-)?(/[^,]*,)?\d{20,}`)},
	}
	differencesV4 = []difference{
		{"no attachments", matches(`^[56]0*-`)},
		{"reserved event name", func(_ string, ref decoded) bool {
			var args []string
			_ = json.Unmarshal(ref.Data, &args) // numbers behind the name are errors and do not matter
			return len(args) > 0 && packet.Reserved(args[0])
		}},
		{"connect or error with an array or null", func(_ string, ref decoded) bool {
			return (ref.Type == packet.Connect || ref.Type == packet.ConnectError) &&
				(string(ref.Data) == "null" || bytes.HasPrefix(ref.Data, []byte("[")))
		}},
	}
)

func TestParseAgainstReference(t *testing.T) {
	v := loadVectors(t)
	if len(v.Decode) < 500 {
		t.Fatalf("only %d vectors", len(v.Decode))
	}
	both := slices.Concat(differences, differencesV4)
	seen := map[string]int{}
	for _, c := range v.Decode {
		got, err := packet.Parse([]byte(c.In), packet.Limits{})
		if err != nil && !errors.Is(err, packet.ErrMalformed) {
			t.Errorf("%q: %v does not wrap ErrMalformed", c.In, err)
		}
		compareWithReference(t, c.In, got, err, c.V5, differences, seen)
		compareWithReference(t, c.In, got, err, c.V4, both, seen)
	}
	for _, d := range both {
		if seen[d.name] == 0 {
			t.Errorf("no vector shows the difference %q", d.name)
		}
	}
}

func compareWithReference(t *testing.T, in string, got packet.Packet, err error, ref decoded, diffs []difference, seen map[string]int) {
	t.Helper()
	switch {
	case ref.Error != "" && err == nil:
		t.Errorf("%q: accepted, the reference says %q", in, ref.Error)
	case ref.Error != "":
	case err != nil:
		i := slices.IndexFunc(diffs, func(d difference) bool { return d.of(in, ref) })
		if i < 0 {
			t.Errorf("%q: refused (%v), the reference accepts it", in, err)
			return
		}
		seen[diffs[i].name]++
	default:
		comparePacket(t, in, got, ref)
	}
}

func comparePacket(t *testing.T, in string, got packet.Packet, ref decoded) {
	t.Helper()
	nsp := got.Namespace
	if got.Type == packet.Connect && strings.Contains(in, "?") {
		nsp = strings.TrimSuffix(nsp+"?"+got.Query, "?")
		ref.Nsp = strings.TrimSuffix(ref.Nsp, "?")
	}
	if got.Type.Plain() != ref.Type || nsp != ref.Nsp || got.Attachments != ref.Attachments {
		t.Errorf("%q: got %+v, the reference %+v", in, got, ref)
	}
	var id float64
	if ref.ID != nil {
		if err := json.Unmarshal(ref.ID, &id); err != nil {
			t.Errorf("%q: id %s: %v", in, ref.ID, err)
		}
	}
	if got.HasID != (ref.ID != nil) || math.Abs(float64(got.ID)-id) > 0 {
		t.Errorf("%q: id %v %d, the reference %s", in, got.HasID, got.ID, ref.ID)
	}
	if (got.Data == nil) != (ref.Data == nil) || got.Data != nil && !sameJSON(t, got.Data, ref.Data) {
		t.Errorf("%q: data %s, the reference %s", in, got.Data, ref.Data)
	}
	if !strings.HasSuffix(in, string(got.Data)) {
		t.Errorf("%q: data %q is not what came", in, got.Data)
	}
}

func sameJSON(t *testing.T, a, b []byte) bool {
	t.Helper()
	return reflect.DeepEqual(decodeJSON(t, a), decodeJSON(t, b))
}

func decodeJSON(t *testing.T, b []byte) (v any) {
	t.Helper()
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatalf("%s: %v", b, err)
	}
	return v
}

// bins turns {"$bin": base64} into []byte in a decoded value.
func bins(t *testing.T, v any) any {
	t.Helper()
	switch v := v.(type) {
	case map[string]any:
		if s, ok := v["$bin"].(string); ok {
			var b []byte
			if err := json.Unmarshal([]byte(`"`+s+`"`), &b); err != nil {
				t.Fatal(err)
			}
			return b
		}
		for k, x := range v {
			v[k] = bins(t, x)
		}
	case []any:
		for i, x := range v {
			v[i] = bins(t, x)
		}
	}
	return v
}

// differentJoins are the sequences that the reference accepts and this package refuses.
var differentJoins = []string{
	`51-["a",{"_placeholder":true,"num":0.5}]`,
	`51-["a",{"_placeholder":true,"num":0.0}]`,
}

func TestAssemblerAgainstReference(t *testing.T) {
	for _, c := range loadVectors(t).Join {
		if c.V5.Error != c.V4.Error || !bytes.Equal(c.V5.Data, c.V4.Data) {
			t.Errorf("%q: the references differ: %+v, %+v", c.In, c.V5, c.V4)
		}
		var a packet.Assembler
		m, complete, err := text(&a, c.In)
		for _, part := range c.Parts {
			if err != nil {
				break
			}
			if part.Text != nil {
				m, complete, err = text(&a, *part.Text)
			} else {
				m, complete, err = a.Binary(part.Bin)
			}
		}
		refused := err != nil || !complete
		if slices.Contains(differentJoins, c.In) {
			if c.V5.Error != "" || !refused {
				t.Errorf("%q: no longer a difference", c.In)
			}
			continue
		}
		if refused != (c.V5.Error != "") {
			t.Errorf("%q: %v, the reference says %q", c.In, err, c.V5.Error)
		}
		if refused {
			continue
		}
		var got any
		if err := packet.Reconstruct(m.Packet.Data, m.Parts, &got); err != nil {
			t.Errorf("%q: %v", c.In, err)
		}
		if want := bins(t, decodeJSON(t, c.V5.Data)); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %v, the reference %v", c.In, got, want)
		}
	}
}

// text parses a frame and gives the packet to a.
func text(a *packet.Assembler, s string) (packet.Message, bool, error) {
	p, err := packet.Parse([]byte(s), a.Limits)
	if err != nil {
		return packet.Message{}, false, err
	}
	return a.Text(p)
}

func TestEncodeAgainstReference(t *testing.T) {
	v := loadVectors(t)
	if len(v.Encode) < 200 {
		t.Fatalf("only %d vectors", len(v.Encode))
	}
	for _, c := range v.Encode {
		for i := range c.Args {
			c.Args[i] = bins(t, c.Args[i])
		}
		data, parts, err := packet.Deconstruct(nil, c.Args...)
		if err != nil {
			t.Errorf("%s: %v", c.Text, err)
			continue
		}
		p := packet.Packet{Type: c.Type.With(len(parts)), Namespace: c.Nsp, Attachments: len(parts), Data: data}
		if c.ID != nil {
			p.ID, p.HasID = *c.ID, true
		}
		if got := string(p.Append(nil)); got != c.Text {
			t.Errorf("got %s\nthe reference %s", got, c.Text)
		}
		if !slices.EqualFunc(parts, c.Parts, bytes.Equal) {
			t.Errorf("%s: attachments %v, the reference %v", c.Text, parts, c.Parts)
		}
		back, err := packet.Parse([]byte(c.Text), packet.Limits{MaxAttachments: 1000})
		if err != nil || string(back.Append(nil)) != c.Text {
			t.Errorf("%s: read and written again: %s, %v", c.Text, back.Append(nil), err)
		}
	}
}
