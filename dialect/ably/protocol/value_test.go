package protocol_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"madang/dialect/ably/protocol"
)

func TestValues(t *testing.T) {
	for _, text := range []string{
		`null`, `true`, `-5`, `18446744073709551615`, `1.5`, `"한국"`, `[]`, `{"b":[1,{"a":null}],"a":"x"}`,
	} {
		b := protocol.FromJSON(nil, []byte(text))
		if out, err := protocol.ToJSON(b); err != nil || string(out) != text {
			t.Errorf("%s became %s (%v)", text, out, err)
		}
		if _, err := protocol.ToJSON(append(b, 0)); err == nil {
			t.Errorf("%s with something behind it was read", text)
		}
	}
	if _, err := protocol.ToJSON(nil); err == nil {
		t.Error("nothing was read as something")
	}
}

func TestBatches(t *testing.T) {
	hi := protocol.Message{Name: "n", Data: protocol.Data{Kind: protocol.Text, Bytes: []byte("hi")}}
	for text, want := range map[string][]protocol.Batch{
		`[]`: nil,
		`{"channels":"a","messages":{"name":"n","data":"hi"}}`:             {{[]string{"a"}, []protocol.Message{hi}}},
		` [{"channels":["a","b"],"messages":[{"name":"n","data":"hi"}]}] `: {{[]string{"a", "b"}, []protocol.Message{hi}}},
		`[{},{"channels":["a"]}]`:                                          {{}, {Channels: []string{"a"}}},
	} {
		got, err := protocol.DecodeBatches([]byte(text), false)
		if err != nil || len(got) != len(want) || len(want) > 0 && !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v (%v)", text, got, err)
		}
		got, err = protocol.DecodeBatches(protocol.FromJSON(nil, []byte(text)), true)
		if err != nil || len(got) != len(want) || len(want) > 0 && !reflect.DeepEqual(got, want) {
			t.Errorf("%s as MessagePack: %+v (%v)", text, got, err)
		}
	}
	for _, bad := range []string{``, `5`, `[5]`, `{"channels":7}`, `{"channels":["a"],"messages":7}`, `[{}`} {
		if got, err := protocol.DecodeBatches([]byte(bad), false); err == nil {
			t.Errorf("%q was read: %+v", bad, got)
		}
		if !json.Valid([]byte(bad)) {
			continue
		}
		if got, err := protocol.DecodeBatches(protocol.FromJSON(nil, []byte(bad)), true); err == nil {
			t.Errorf("%q as MessagePack was read: %+v", bad, got)
		}
	}
}

func FuzzBatches(f *testing.F) {
	f.Add([]byte(`[{"channels":"a","messages":[{"data":{"a":1}}]}]`), false)
	f.Add(protocol.FromJSON(nil, []byte(`{"channels":["a"],"messages":{"data":"eA==","encoding":"base64"}}`)), true)
	f.Fuzz(func(t *testing.T, b []byte, binary bool) {
		all, err := protocol.DecodeBatches(b, binary)
		if err != nil {
			return
		}
		for _, x := range all {
			protocol.AppendMessages(nil, x.Messages, false, !binary)
		}
		if v, err := protocol.ToJSON(b); err == nil && !json.Valid(v) {
			t.Errorf("not JSON: %q", v)
		}
	})
}
