package engineio_test

import (
	"testing"

	"madang/dialect/socketio/engineio"
)

var benchPackets = map[string][]engineio.Packet{
	"text": {
		{Type: engineio.Message, Data: []byte(`2["message",{"room":"7","text":"안녕하세요 😀"}]`)},
		{Type: engineio.Ping},
		{Type: engineio.Message, Data: []byte(`2["message",{"room":"7","text":"hello"}]`)},
	},
	"binary": {
		{Type: engineio.Message, Data: []byte(`51-["photo",{"_placeholder":true,"num":0}]`)},
		{Type: engineio.Message, Binary: true, Data: make([]byte, 1024)},
	},
}

func BenchmarkDecodePayload(b *testing.B) {
	benchPayloads(b, func(b *testing.B, v engineio.Version, packets []engineio.Packet, b64 bool) {
		body, content := engineio.AppendPayload(nil, v, packets, b64)
		drop := func(engineio.Packet) error { return nil }
		b.SetBytes(int64(len(body)))
		for b.Loop() {
			if err := engineio.DecodePayload(v, content, body, engineio.Limits{}, drop); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkAppendPayload(b *testing.B) {
	benchPayloads(b, func(b *testing.B, v engineio.Version, packets []engineio.Packet, b64 bool) {
		buf, _ := engineio.AppendPayload(nil, v, packets, b64)
		b.SetBytes(int64(len(buf)))
		for b.Loop() {
			buf, _ = engineio.AppendPayload(buf[:0], v, packets, b64)
		}
	})
}

func benchPayloads(b *testing.B, run func(*testing.B, engineio.Version, []engineio.Packet, bool)) {
	for name, packets := range benchPackets {
		for _, shape := range []struct {
			name string
			v    engineio.Version
			b64  bool
		}{{"V4", engineio.V4, false}, {"V3", engineio.V3, false}, {"V3b64", engineio.V3, true}} {
			b.Run(shape.name+"/"+name, func(b *testing.B) {
				b.ReportAllocs()
				run(b, shape.v, packets, shape.b64)
			})
		}
	}
}
