package protocol

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/tinylib/msgp/msgp"
	"pgregory.net/rapid"
)

// What is written in one form is read the same, and so is what is read from one form and written in the other.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := anyMessage(t)
		for _, binary := range []bool{false, true} {
			b := Append(nil, p, binary)
			if !binary && !json.Valid(b) {
				t.Fatalf("this is no JSON: %s", b)
			}
			got, err := Decode(b, binary)
			if err != nil {
				t.Fatalf("binary %v: %v\n%q", binary, err, b)
			}
			if !reflect.DeepEqual(got, p) {
				t.Fatalf("binary %v:\n%+v\nwant\n%+v", binary, got, p)
			}
		}
	})
}

func anyMessage(t *rapid.T) *Frame {
	text := rapid.StringN(0, 20, 40)
	entry := rapid.Custom(func(t *rapid.T) Message {
		m := Message{
			ID: text.Draw(t, "id"), Name: text.Draw(t, "name"), ClientID: text.Draw(t, "client"), Serial: text.Draw(t, "serial"),
			Timestamp: rapid.Int64Range(0, 1<<50).Draw(t, "time"), Action: rapid.IntRange(0, 5).Draw(t, "action"), Data: anyData(t),
		}
		m.Encoding = rapid.SampledFrom([]string{"", "utf-8/cipher+aes-256-cbc", "vcdiff"}).Draw(t, "encoding")
		if m.Data.Kind == Value || m.Data.Kind == None {
			m.Encoding = ""
		}
		if rapid.Bool().Draw(t, "extras") {
			m.Extras = json.RawMessage(`{"b":[1,-2,3.5,18446744073709551615,true,null],"a":{"c":"d"}}`)
		}
		switch rapid.IntRange(0, 3).Draw(t, "of") {
		case 0:
			m.Version = &Version{
				Serial: text.Draw(t, "version"), Timestamp: rapid.Int64Range(0, 1<<50).Draw(t, "at"), ClientID: text.Draw(t, "by"),
				Description: text.Draw(t, "why"), Metadata: json.RawMessage(`{"a":"b"}`),
			}
		case 1:
			m.Version = &Version{}
		case 2:
			m.MessageSerial, m.Type, m.Count = text.Draw(t, "of"), text.Draw(t, "type"), rapid.Int64Range(0, 1<<40).Draw(t, "count")
		}
		return m
	})
	p := &Frame{
		Action: Action(rapid.IntRange(0, 21).Draw(t, "action")), ID: text.Draw(t, "id"), Channel: text.Draw(t, "channel"),
		ChannelSerial: text.Draw(t, "serial"), ConnectionID: text.Draw(t, "connection"), Flags: rapid.Int64Range(0, 1<<26).Draw(t, "flags"),
		MsgSerial: rapid.Int64Range(0, 1<<53).Draw(t, "msgSerial"), Timestamp: rapid.Int64Range(0, 1<<50).Draw(t, "time"),
	}
	if n := rapid.IntRange(0, 3).Draw(t, "messages"); n > 0 {
		p.Messages = rapid.SliceOfN(entry, n, n).Draw(t, "m")
		p.Presence = rapid.SliceOfN(entry, n, n).Draw(t, "p")
		p.Annotations = rapid.SliceOfN(entry, n, n).Draw(t, "a")
	}
	if rapid.Bool().Draw(t, "more") {
		p.Params = Params{"rewind": "1", text.Draw(t, "param"): text.Draw(t, "value")}
		p.Error = &ErrorInfo{40160, 401, text.Draw(t, "error")}
		p.Auth = &AuthDetails{text.Draw(t, "token")}
		p.Res = []Result{{[]string{"a", "b"}}}
		p.ConnectionDetails = &ConnectionDetails{ConnectionKey: "k", ClientID: "*", MaxMessageSize: 65536, MaxIdleInterval: 15000}
	}
	return p
}

func anyData(t *rapid.T) Data {
	switch rapid.IntRange(0, 3).Draw(t, "kind") {
	case 0:
		return Data{Text, []byte(rapid.String().Draw(t, "text"))}
	case 1:
		return Data{Binary, append([]byte{}, rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")...)}
	case 2:
		b, _ := json.Marshal(rapid.String().Draw(t, "value")) // a string has a JSON form
		return Data{Value, b}
	}
	return Data{}
}

// What clients send, and what becomes of it.
func TestData(t *testing.T) {
	for _, c := range []struct{ name, in, data, encoding, out, packed string }{
		{"text", `{"data":"hi"}`, "hi", "", `{"data":"hi"}`, "hi"},
		{"text with an unknown encoding", `{"data":"hi","encoding":"rot13"}`, "hi", "rot13", `{"data":"hi","encoding":"rot13"}`, "hi"},
		{"JSON keeps its writing", `{"data":"{\"b\": 1,\"a\":12345678901234567890}","encoding":"json"}`, `{"b": 1,"a":12345678901234567890}`, "",
			`{"data":"{\"b\": 1,\"a\":12345678901234567890}","encoding":"json"}`, `{"b": 1,"a":12345678901234567890}`},
		{"an object that was not encoded", `{"data":{"a":1}}`, `{"a":1}`, "", `{"data":"{\"a\":1}","encoding":"json"}`, `{"a":1}`},
		{"what claims to be JSON", `{"data":"{","encoding":"json"}`, "{", "json", `{"data":"{","encoding":"json"}`, "{"},
		{"bytes", `{"data":"AAEC","encoding":"base64"}`, "\x00\x01\x02", "", `{"data":"AAEC","encoding":"base64"}`, "\x00\x01\x02"},
		{"a cipher", `{"data":"AAEC","encoding":"json/utf-8/cipher+aes-256-cbc/base64"}`, "\x00\x01\x02", "json/utf-8/cipher+aes-256-cbc",
			`{"data":"AAEC","encoding":"json/utf-8/cipher+aes-256-cbc/base64"}`, "\x00\x01\x02"},
		{"what claims to be base64", `{"data":"%","encoding":"base64"}`, "%", "base64", `{"data":"%","encoding":"base64"}`, "%"},
		{"nothing", `{"data":null}`, "", "", `{}`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			all, err := DecodeMessages([]byte(c.in), false)
			if err != nil || len(all) != 1 {
				t.Fatal(all, err)
			}
			m := all[0]
			if string(m.Data.Bytes) != c.data || m.Encoding != c.encoding {
				t.Errorf("data %q, encoding %q", m.Data.Bytes, m.Encoding)
			}
			if got := string(AppendMessages(nil, all, false, false)); got != "["+c.out+"]" {
				t.Errorf("JSON: %s", got)
			}
			b := AppendMessages(nil, all, false, true)
			if !strings.Contains(string(b), c.packed) {
				t.Errorf("MessagePack: %q", b)
			}
			again, err := DecodeMessages(b, true)
			if err != nil || !reflect.DeepEqual(again, all) {
				t.Errorf("again: %+v, %v", again, err)
			}
		})
	}
}

// Clients write numbers as they like, and nulls where there is nothing.
func TestLenient(t *testing.T) {
	want := &Frame{Action: Attach, Channel: "c", Flags: 1 << 18, Params: Params{"rewind": "1", "a": "b"}}
	got, err := Decode([]byte(`{"action":10,"channel":"c","flags":262144,"id":null,"params":{"rewind":1,"a":"b"},"messages":null,"auth":null,"new":{"x":[1]}}`), false)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
	b := msgp.AppendMapHeader(nil, 6)
	b = msgp.AppendFloat64(msgp.AppendString(b, "action"), 10)
	b = msgp.AppendStringFromBytes(msgp.AppendString(b, "channel"), []byte("c"))
	b = msgp.AppendUint64(msgp.AppendString(b, "flags"), 1<<18)
	b = msgp.AppendNil(msgp.AppendString(b, "messages"))
	b = msgp.AppendMapStrStr(msgp.AppendString(b, "new"), map[string]string{"x": "y"})
	b = msgp.AppendMapHeader(msgp.AppendString(b, "params"), 2)
	b = msgp.AppendInt(msgp.AppendString(b, "rewind"), 1)
	b = msgp.AppendString(msgp.AppendString(b, "a"), "b")
	if got, err = Decode(b, true); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestMalformed(t *testing.T) {
	deep := strings.Repeat("\x91", 300_000)
	for _, b := range []string{"", "\xc1", "\x81", "\x81\xa6action", "\x81\xa6action\xa1x", "\x80\x80", "\x81\xa8messages\xdd\xff\xff\xff\xff",
		"\x81\xa8messages\x91\x81\xa6extras\xdf\xff\xff\xff\xff", "\x81\xa1x" + deep, "\x81\xa8messages\x91\x81\xa6extras" + deep} {
		if p, err := Decode([]byte(b), true); err == nil {
			t.Errorf("%.30q became %+v", b, p)
		}
	}
	for _, b := range []string{"", "{", "[]", "1", `{"action":"x"}`, `{"messages":{}}`, `{"messages":[1]}`, `{} {}`} {
		if p, err := Decode([]byte(b), false); err == nil {
			t.Errorf("%q became %+v", b, p)
		}
	}
}

func FuzzJSON(f *testing.F) {
	for _, s := range []string{`{}`, `{"action":15,"channel":"c","msgSerial":1,"messages":[{"name":"n","data":"AAEC","encoding":"base64"}]}`,
		`{"action":14,"presence":[{"action":2,"data":{"a":[1,2]},"extras":{"a":{"b":1e400}}}]}`, `{"params":{"a":1}}`,
		`{"action":15,"messages":[{"action":1,"serial":"11@x:0","version":{"clientId":"c","description":"d","metadata":{"a":"b"}}},{"version":"v"}]}`,
		`{"action":21,"annotations":[{"action":1,"messageSerial":"11@x:0","type":"a:multiple.v1","name":"n","count":2}]}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) { check(t, b, false) })
}

func FuzzMessagePack(f *testing.F) {
	p := &Frame{Action: Messages, Channel: "c", Messages: []Message{{Name: "n", Data: Data{Binary, []byte{1}}, Extras: []byte(`{"a":[1]}`)}}}
	f.Add(Append(nil, p, true))
	p = &Frame{Action: Connected, ConnectionDetails: &ConnectionDetails{ConnectionKey: "k"}, Error: &ErrorInfo{1, 2, "x"}}
	f.Add(Append(nil, p, true))
	f.Fuzz(func(t *testing.T, b []byte) { check(t, b, true) })
}

// check reads anything; what can be read can be written in both forms and read again as the same.
func check(t *testing.T, b []byte, binary bool) {
	p, err := Decode(b, binary)
	if err != nil {
		return
	}
	packed, text := Append(nil, p, true), Append(nil, p, false)
	if !json.Valid(text) {
		t.Fatalf("this is no JSON: %q", text)
	}
	first, err := Decode(text, false)
	if err != nil {
		t.Fatalf("%v\n%q", err, text)
	}
	again := Append(nil, first, false)
	if twice, err := Decode(again, false); err != nil || !reflect.DeepEqual(first, twice) {
		t.Fatalf("%q became\n%q, %v", text, again, err)
	}
	if _, err := Decode(packed, true); err != nil {
		t.Fatalf("%v\n%q", err, packed)
	}
}

// What annotations come to is written within them, in both forms; an earlier client's version says nothing.
func TestVersionsAndSummaries(t *testing.T) {
	m := Message{Serial: "s", Action: MessageSummary, Version: &Version{Serial: "v"}, Summary: json.RawMessage(`{"a:total.v1":{"total":1}}`)}
	const want = `[{"action":4,"serial":"s","version":{"serial":"v"},"annotations":{"summary":{"a:total.v1":{"total":1}}}}]`
	if got := string(AppendMessages(nil, []Message{m}, false, false)); got != want {
		t.Errorf("%s", got)
	}
	if got, err := ToJSON(AppendMessages(nil, []Message{m}, false, true)); err != nil || string(got) != want {
		t.Errorf("%s, %v", got, err)
	}
	packed := FromJSON(nil, []byte(`{"name":"n","version":"12"}`))
	for form, b := range map[bool][]byte{false: []byte(`{"name":"n","version":"12"}`), true: packed} {
		if all, err := DecodeMessages(b, form); err != nil || len(all) != 1 || all[0].Name != "n" || !reflect.DeepEqual(all[0].Version, &Version{}) {
			t.Errorf("binary %v: %+v, %v", form, all, err)
		}
	}
}
