package packet_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"madang/dialect/socketio/packet"
)

// drawValue draws a value as encoding/json decodes it, with []byte among its leaves.
func drawValue(t *rapid.T, depth int) any {
	kinds := 5
	if depth > 0 {
		kinds = 7
	}
	switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
	case 0:
		return nil
	case 1:
		return rapid.Bool().Draw(t, "bool")
	case 2:
		return rapid.Float64Range(-1e30, 1e30).Draw(t, "number")
	case 3:
		return rapid.String().Draw(t, "string")
	case 4:
		return rapid.SliceOfN(rapid.Byte(), 0, 8).Draw(t, "binary")
	case 5:
		list := make([]any, rapid.IntRange(0, 3).Draw(t, "length"))
		for i := range list {
			list[i] = drawValue(t, depth-1)
		}
		return list
	}
	m := map[string]any{}
	for range rapid.IntRange(0, 3).Draw(t, "members") {
		key := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"num", "_placeholder"})).Draw(t, "key")
		m[key] = drawValue(t, depth-1)
	}
	if m["_placeholder"] == true { // what Deconstruct refuses beside binary values
		delete(m, "_placeholder")
	}
	return m
}

// What goes out as Go values, over the wire, comes in as the same Go values.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		args := []any{rapid.String().Filter(func(s string) bool { return !packet.Reserved(s) }).Draw(t, "name")}
		for range rapid.IntRange(0, 4).Draw(t, "arguments") {
			args = append(args, drawValue(t, 3))
		}
		data, parts, err := packet.Deconstruct(nil, args...)
		if err != nil {
			t.Fatal(err)
		}
		sent := packet.Packet{
			Type: packet.Event.With(len(parts)), Attachments: len(parts), Data: data,
			Namespace: "/" + rapid.StringMatching(`[a-z0-9/?가]{0,8}`).Draw(t, "namespace"),
		}
		if sent.HasID = rapid.Bool().Draw(t, "has id"); sent.HasID {
			sent.ID = rapid.Uint64().Draw(t, "id")
		}
		a := packet.Assembler{Limits: packet.Limits{MaxAttachments: 1000}}
		got, err := packet.Parse(sent.Append(nil), a.Limits)
		if err != nil || !reflect.DeepEqual(got, sent) {
			t.Fatalf("sent %+v, got %+v, %v", sent, got, err)
		}
		m, complete, err := a.Text(got)
		for _, part := range parts {
			if err != nil {
				break
			}
			m, complete, err = a.Binary(part)
		}
		if err != nil || !complete {
			t.Fatal(complete, err)
		}
		raws, err := packet.Split(m.Packet.Data, nil)
		if err != nil || len(raws) != len(args) {
			t.Fatalf("%d arguments of %d, %v", len(raws), len(args), err)
		}
		for i, raw := range raws {
			var v any
			if err := packet.Reconstruct(raw, m.Parts, &v); err != nil || !reflect.DeepEqual(v, args[i]) {
				t.Fatalf("argument %d: sent %#v, got %#v, %v", i, args[i], v, err)
			}
		}
		if name, err := packet.Name(raws[0]); err != nil || name != args[0] {
			t.Fatalf("name %q, sent %q, %v", name, args[0], err)
		}
	})
}

// A connect packet keeps its query and its auth as they were.
func TestConnectRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sent := packet.Packet{
			Namespace: "/" + rapid.StringMatching(`[a-z/]{0,8}`).Draw(t, "namespace"),
			Query:     rapid.StringMatching(`[a-z?=&%]{0,8}`).Draw(t, "query"),
		}
		if rapid.Bool().Draw(t, "auth") {
			sent.Data, _ = json.Marshal(map[string]string{"token": rapid.String().Draw(t, "token")})
		}
		got, err := packet.Parse(sent.Append(nil), packet.Limits{})
		if err != nil || !reflect.DeepEqual(got, sent) {
			t.Fatalf("sent %+v, got %+v, %v", sent, got, err)
		}
	})
}
