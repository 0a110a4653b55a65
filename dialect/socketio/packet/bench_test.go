package packet_test

import (
	"bytes"
	"testing"

	"madang/dialect/socketio/packet"
)

var benchFrames = map[string][]byte{
	"small":     []byte(`2["message",{"room":"7","text":"안녕하세요","at":1700000000000}]`),
	"namespace": []byte(`2/orders,42["created",{"id":"01HF","lines":[{"sku":"a","n":1},{"sku":"b","n":2}]}]`),
	"16KiB":     append(append([]byte(`2["blob","`), bytes.Repeat([]byte("0123456789abcdef"), 1024)...), `"]`...),
}

func BenchmarkParse(b *testing.B) {
	for name, in := range benchFrames {
		b.Run(name, func(b *testing.B) {
			var ps packet.Parser
			b.SetBytes(int64(len(in)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := ps.Parse(in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAppend(b *testing.B) {
	p, err := packet.Parse(benchFrames["namespace"], packet.Limits{})
	if err != nil {
		b.Fatal(err)
	}
	buf := make([]byte, 0, 1024)
	b.ReportAllocs()
	for b.Loop() {
		buf = p.Append(buf[:0])
	}
}

func BenchmarkSplit(b *testing.B) {
	p, err := packet.Parse(benchFrames["namespace"], packet.Limits{})
	if err != nil {
		b.Fatal(err)
	}
	args := make([][]byte, 0, 8)
	b.ReportAllocs()
	for b.Loop() {
		if args, err = packet.Split(p.Data, args[:0]); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDeconstruct(b *testing.B) {
	for name, args := range map[string][]any{
		"plain":  {"message", map[string]any{"room": "7", "n": 1}},
		"binary": {"photo", map[string]any{"name": "a.jpg", "body": []byte("12345678")}},
	} {
		b.Run(name, func(b *testing.B) {
			buf := make([]byte, 0, 1024)
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := packet.Deconstruct(buf[:0], args...); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkPlaceholders(b *testing.B) {
	p, err := packet.Parse([]byte(`51-["photo",{"name":"a.jpg","tags":["a","b"],"body":{"_placeholder":true,"num":0}}]`), packet.Limits{})
	if err != nil {
		b.Fatal(err)
	}
	found := make([]packet.Placeholder, 0, 4)
	b.ReportAllocs()
	for b.Loop() {
		if found, err = packet.Placeholders(p.Data, p.Attachments, found[:0]); err != nil {
			b.Fatal(err)
		}
	}
}
