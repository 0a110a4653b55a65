package protocol_test

import (
	"bytes"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"madang/dialect/ably/protocol"
)

// What is joined reads like what is written at once; what cannot be joined is as it was.
func TestJoin(t *testing.T) {
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
		`],"channelSerial":"x"}`, "\xadchannelSerial\xa1x", "messages", "è\xa8messages\x91", `"}`, "한글",
	}))
	rapid.Check(t, func(t *rapid.T) {
		binary, most := rapid.Bool().Draw(t, "binary"), rapid.IntRange(100, 4000).Draw(t, "most")
		var all []protocol.Message
		for range rapid.IntRange(1, 20).Draw(t, "messages") {
			m := protocol.Message{
				ID: text.Draw(t, "id"), Name: text.Draw(t, "name"), Serial: "3abc@epoch:0",
				Timestamp:    rapid.SampledFrom([]int64{0, -1, 1_700_000_000_000, 1_700_000_000_001, 170}).Draw(t, "timestamp"),
				ConnectionID: rapid.SampledFrom([]string{"", "conn", "conn2", `a"b`}).Draw(t, "connection"),
				Data:         protocol.Data{Kind: protocol.Text, Bytes: []byte(text.Draw(t, "data"))},
			}
			if rapid.Bool().Draw(t, "extras") {
				m.Extras = []byte(`{"a":[{"b":[1],"channelSerial":"x"}]}`)
			}
			all = append(all, m)
		}
		frame := protocol.Frame{Action: protocol.Messages, ID: "base", Channel: text.Draw(t, "channel"), ChannelSerial: "0@e"}
		if rapid.Bool().Draw(t, "said of the frame") {
			frame.Timestamp, frame.ConnectionID = all[0].Timestamp, all[0].ConnectionID
		}
		// What a client makes of the frame (TM2) must be the message, and no byte may be spent on what it knows.
		shorten := func(m protocol.Message) (short protocol.Message, ok bool) {
			ok = (m.Timestamp != 0 || frame.Timestamp == 0) && (m.ConnectionID != "" || frame.ConnectionID == "")
			if m.Timestamp == frame.Timestamp {
				m.Timestamp = 0
			}
			if m.ConnectionID == frame.ConnectionID {
				m.ConnectionID = ""
			}
			return m, ok
		}
		first, _ := shorten(all[0])
		frame.Messages = []protocol.Message{first}
		before := []byte("what is before it")
		b := protocol.Append(bytes.Clone(before), &frame, binary)
		for i := 1; i < len(all); i++ {
			was := bytes.Clone(b)
			serial := "1" + string(rune('a'+i)) + "@e"
			next, ok := protocol.Join(b, len(before), most, &all[i], serial, binary)
			if !ok {
				if !bytes.Equal(next, was) {
					t.Fatalf("%q has become %q", was, next)
				}
				continue
			}
			short, may := shorten(all[i])
			if !may || len(next)-len(before) > most || i >= protocol.MaxJoined && binary && len(frame.Messages) >= protocol.MaxJoined {
				t.Fatalf("%d bytes, %d messages", len(next)-len(before), len(frame.Messages)+1)
			}
			frame.Messages, frame.ChannelSerial = append(slices.Clip(frame.Messages), short), serial
			b = next
		}
		want := protocol.Append(bytes.Clone(before), &frame, binary)
		if !bytes.Equal(b, want) {
			t.Fatalf("joined:\n%q\nat once:\n%q", b, want)
		}
	})
}

// What is no frame of messages with a serial stays alone.
func TestJoinRefuses(t *testing.T) {
	m := protocol.Message{ID: "a:0", Data: protocol.Data{Kind: protocol.Text, Bytes: []byte("x")}}
	for _, binary := range []bool{false, true} {
		for name, p := range map[string]protocol.Frame{
			"no serial":   {Action: protocol.Messages, Channel: "c", Messages: []protocol.Message{m}},
			"no messages": {Action: protocol.Attached, Channel: "c", ChannelSerial: "0@e"},
			"presence":    {Action: protocol.Presence, Channel: "c", ChannelSerial: "0@e", Presence: []protocol.Message{m}},
		} {
			b := protocol.Append(nil, &p, binary)
			was := bytes.Clone(b)
			if next, ok := protocol.Join(b, 0, 4000, &m, "1@e", binary); ok || !reflect.DeepEqual(next, was) {
				t.Errorf("%s: joined to %q", name, next)
			}
		}
		p := protocol.Frame{Action: protocol.Messages, Channel: "c", ChannelSerial: "0@e", Messages: []protocol.Message{m}}
		if _, ok := protocol.Join(protocol.Append(nil, &p, binary), 0, 4000, &m, "", binary); ok {
			t.Error("joined without a serial")
		}
	}
}
