package protocol_test

import (
	"fmt"
	"strings"
	"testing"

	"madang/dialect/ably/protocol"
)

// TestLists reads lists whose entries are nearly nothing on the wire and much in memory.
func TestLists(t *testing.T) {
	for _, n := range []int{4096, 4097, 20_000} {
		good := n <= 4096
		for _, entry := range []string{`null`, `{}`, `{"data":[1,2,3,4,5,6,7,8]}`} {
			list := "[" + strings.TrimSuffix(strings.Repeat(entry+",", n), ",") + "]"
			for _, key := range []string{"messages", "presence", "annotations", "MESSAGES"} {
				text := fmt.Sprintf(`{"action":15,"channel":"c",%q:%s}`, key, list)
				if _, err := protocol.Decode([]byte(text), false); (err == nil) != good {
					t.Errorf("%d times %s as %s: %v", n, entry, key, err)
				}
				if _, err := protocol.Decode(protocol.FromJSON(nil, []byte(text)), true); (err == nil) != good && key != "MESSAGES" {
					t.Errorf("%d times %s as %s in MessagePack: %v", n, entry, key, err)
				}
			}
			for what, read := range map[string]func([]byte, bool) error{
				"messages": func(b []byte, binary bool) error { _, err := protocol.DecodeMessages(b, binary); return err },
				"batches":  func(b []byte, binary bool) error { _, err := protocol.DecodeBatches(b, binary); return err },
			} {
				if err := read([]byte(" "+list), false); (err == nil) != good {
					t.Errorf("%d times %s as %s: %v", n, entry, what, err)
				}
				if err := read(protocol.FromJSON(nil, []byte(list)), true); (err == nil) != good {
					t.Errorf("%d times %s as %s in MessagePack: %v", n, entry, what, err)
				}
			}
		}
	}
}

// TestListsTwice hides a long list behind a short one of the same name.
func TestListsTwice(t *testing.T) {
	long := "[" + strings.Repeat("{},", 5000) + "{}]"
	if p, err := protocol.Decode([]byte(`{"messages":`+long+`,"Messages":[{}]}`), false); err == nil {
		t.Errorf("%d messages were read", len(p.Messages))
	}
}

// TestManyCommas reads texts that have many commas elsewhere.
func TestManyCommas(t *testing.T) {
	data := "[0" + strings.Repeat(",0", 10_000) + "]"
	p, err := protocol.Decode([]byte(`{"action":15,"channel":"c","messages":[{"data":`+data+`}]}`), false)
	if err != nil || len(p.Messages) != 1 || string(p.Messages[0].Data.Bytes) != data {
		t.Errorf("a frame: %v", err)
	}
	all, err := protocol.DecodeMessages([]byte(`[{"data":`+data+`},{}]`), false)
	if err != nil || len(all) != 2 {
		t.Errorf("a list: %v", err)
	}
}

// TestDeep nests what is put into other JSON, and read again.
func TestDeep(t *testing.T) {
	nested := func(n int) string {
		return `{"a":"\"[[[\\","b":` + strings.Repeat("[", n-1) + strings.Repeat("]", n-1) + `}`
	}
	for n, good := range map[int]bool{2: true, 64: true, 65: false, 9000: false} {
		for _, text := range []string{`{"extras":` + nested(n) + `}`, `{"version":{"metadata":` + nested(n) + `}}`} {
			all, err := protocol.DecodeMessages([]byte(text), false)
			if (err == nil) != good {
				t.Errorf("%d deep, %.20s…: %v", n, text, err)
			}
			if good && len(protocol.AppendMessages(nil, all, false, true)) == 0 {
				t.Errorf("%d deep, %.20s…: lost as MessagePack", n, text)
			}
			if _, err := protocol.Decode([]byte(`{"action":15,"messages":[`+text+`]}`), false); (err == nil) != good {
				t.Errorf("%d deep, %.20s… in a frame: %v", n, text, err)
			}
		}
	}
	deep := `{"data":` + strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + `}`
	if _, err := protocol.DecodeMessages([]byte(deep), false); err != nil {
		t.Errorf("data, which nobody reads: %v", err)
	}
}
