package engineio_test

import (
	"errors"
	"testing"
	"unicode/utf8"

	"madang/dialect/socketio/engineio"
)

// fuzzPayload checks that what is accepted can be written and read again as the same packets.
func fuzzPayload(t *testing.T, v engineio.Version, content string, in []byte) {
	read := func(content string, body []byte) (packets []engineio.Packet, err error) {
		err = engineio.DecodePayload(v, content, body, engineio.Limits{}, func(p engineio.Packet) error {
			packets = append(packets, p)
			return nil
		})
		return packets, err
	}
	packets, err := read(content, in)
	for _, p := range packets {
		if !p.Binary && !utf8.Valid(p.Data) {
			t.Fatalf("%+v is not UTF-8", p)
		}
		if len(p.Data) > len(in) {
			t.Fatalf("%d bytes out of %d", len(p.Data), len(in))
		}
	}
	if err != nil {
		if !errors.Is(err, engineio.ErrMalformed) {
			t.Fatal(err)
		}
		return
	}
	if v == engineio.V4 && len(packets) == 0 {
		t.Fatal("accepted an empty payload")
	}
	for _, b64 := range []bool{false, true} {
		body, content := engineio.AppendPayload(nil, v, packets, b64)
		again, err := read(content, body)
		if err != nil || len(again) != len(packets) {
			t.Fatalf("b64 %v: %d packets of %d: %v", b64, len(again), len(packets), err)
		}
		for i := range again {
			if !same(again[i], packets[i]) {
				t.Fatalf("b64 %v: packet %d was %+v, is %+v", b64, i, packets[i], again[i])
			}
		}
	}
}

func FuzzDecodePayloadV3Text(f *testing.F) {
	for _, s := range []string{"", "0:", "6:4hello2:4€", "3:4😀", "2:4😀", "10:b4AQIDBA==", "1:20:1:3", "999999999999999:4", "2:4\xed\xa0\x80"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) { fuzzPayload(t, engineio.V3, engineio.ContentText, in) })
}

func FuzzDecodePayloadV3Binary(f *testing.F) {
	for _, s := range []string{
		"", "\x00\x02\xff4a\x01\x04\xff\x04\x01\x02\x03", "\x00\x01\x00\xff4한국어", "\x00\x04\xff4\xed\xa0\x80", "\x00\x06\xffb4AQID", "\x01\x09\xff\x04", "\x00\xff",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) { fuzzPayload(t, engineio.V3, engineio.ContentBinary, in) })
}

func FuzzDecodePayloadV4(f *testing.F) {
	for _, s := range []string{"", "4a", "2\x1e4é€😀\x1ebAQID", "\x1e", "bAQIDBA==", "bAQ\r\nID", "b", "4\xff"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) { fuzzPayload(t, engineio.V4, engineio.ContentText, in) })
}
