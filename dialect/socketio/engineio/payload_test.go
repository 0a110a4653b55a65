package engineio_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"madang/dialect/socketio/engineio"
)

func count(n *int) func(engineio.Packet) error {
	return func(engineio.Packet) error {
		*n++
		return nil
	}
}

func TestDecodePayloadLimits(t *testing.T) {
	for _, c := range []struct {
		v       engineio.Version
		content string
		body    string
		lim     engineio.Limits
		packets int
		ok      bool
	}{
		{engineio.V4, engineio.ContentText, "4a\x1e4b\x1e4c", engineio.Limits{MaxPackets: 3}, 3, true},
		{engineio.V4, engineio.ContentText, "4a\x1e4b\x1e4c", engineio.Limits{MaxPackets: 2}, 2, false},
		{engineio.V4, engineio.ContentText, "4a\x1e4b", engineio.Limits{MaxBytes: 5}, 2, true},
		{engineio.V4, engineio.ContentText, "4a\x1e4bc", engineio.Limits{MaxBytes: 5}, 0, false},
		{engineio.V4, engineio.ContentText, strings.Repeat("2\x1e", engineio.DefaultMaxPackets-1) + "2", engineio.Limits{}, engineio.DefaultMaxPackets, true},
		{engineio.V4, engineio.ContentText, strings.Repeat("2\x1e", engineio.DefaultMaxPackets) + "2", engineio.Limits{}, engineio.DefaultMaxPackets, false},
		{engineio.V4, engineio.ContentText, "4" + strings.Repeat("a", engineio.DefaultMaxBytes-1), engineio.Limits{}, 1, true},
		{engineio.V4, engineio.ContentText, "4" + strings.Repeat("a", engineio.DefaultMaxBytes), engineio.Limits{}, 0, false},
		{engineio.V4, engineio.ContentText, "4a\xff", engineio.Limits{}, 0, false},
		{engineio.V3, engineio.ContentText, "1:21:2", engineio.Limits{MaxPackets: 1}, 1, false},
		{engineio.V3, engineio.ContentText, "2:4\xff", engineio.Limits{}, 0, false},
		{engineio.V3, engineio.ContentText, "0000000000000001:4", engineio.Limits{}, 0, false},
		{engineio.V3, engineio.ContentText, "999999999999999:4", engineio.Limits{}, 0, false},
		{engineio.V3, engineio.ContentBinary, "\x00\x01\xff2\x01\x01\xff\x04", engineio.Limits{MaxPackets: 1}, 1, false},
		{engineio.V3, engineio.ContentBinary, "\x00\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\xff4", engineio.Limits{}, 0, false},
	} {
		n := 0
		err := engineio.DecodePayload(c.v, c.content, []byte(c.body), c.lim, count(&n))
		if n != c.packets || (err == nil) != c.ok || err != nil && !errors.Is(err, engineio.ErrMalformed) {
			t.Errorf("%d %.40q %+v: %d packets, %v", c.v, c.body, c.lim, n, err)
		}
	}
}

func TestDecodePayloadContentType(t *testing.T) {
	const text, binary = "2:4a", "\x00\x02\xff4a"
	for content, body := range map[string]string{
		"":                          text,
		"text/plain;charset=UTF-8":  text,
		engineio.ContentText:        text,
		"application/x-whatever":    text,
		engineio.ContentBinary:      binary,
		"Application/Octet-Stream ": binary,
		"application/octet-stream; charset=binary": binary,
	} {
		n := 0
		if err := engineio.DecodePayload(engineio.V3, content, []byte(body), engineio.Limits{}, count(&n)); err != nil || n != 1 {
			t.Errorf("%q: %d packets, %v", content, n, err)
		}
		err := engineio.DecodePayload(engineio.V4, content, []byte("4a"), engineio.Limits{}, count(&n))
		if refused := errors.Is(err, engineio.ErrMalformed); refused != (body == binary) {
			t.Errorf("revision 4, %q: %v", content, err)
		}
	}
}

func TestDecodePayloadStops(t *testing.T) {
	stop := errors.New("stop")
	for _, c := range []struct {
		v       engineio.Version
		content string
		body    string
	}{
		{engineio.V4, engineio.ContentText, "1\x1e4b"},
		{engineio.V3, engineio.ContentText, "1:12:4b"},
		{engineio.V3, engineio.ContentBinary, "\x00\x01\xff1\x00\x01\xff4"},
	} {
		n := 0
		err := engineio.DecodePayload(c.v, c.content, []byte(c.body), engineio.Limits{}, func(p engineio.Packet) error {
			if n++; p.Type == engineio.Close {
				return stop
			}
			return nil
		})
		if err != stop || n != 1 {
			t.Errorf("%q: %v after %d packets", c.body, err, n)
		}
	}
}

// drawPackets draws packets that revision v can carry.
func drawPackets(t *rapid.T, v engineio.Version, least int) []engineio.Packet {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) engineio.Packet {
		p := engineio.Packet{Type: engineio.Type(rapid.IntRange(0, 6).Draw(t, "type")), Binary: rapid.Bool().Draw(t, "binary")}
		if p.Binary {
			p.Data = rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")
			if v == engineio.V4 {
				p.Type = engineio.Message
			}
			return p
		}
		text := rapid.StringOf(rapid.OneOf(rapid.Rune(), rapid.SampledFrom([]rune("0:b€😀\U0010ffff")))).Draw(t, "text")
		if v == engineio.V4 { // where only JSON, which escapes it, is safe
			text = strings.ReplaceAll(text, "\x1e", "")
		}
		p.Data = []byte(text)
		return p
	}), least, 6).Draw(t, "packets")
}

// What is written as a payload is read as the same packets, behind whatever stood in the buffer.
func TestPayloadRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.SampledFrom([]engineio.Version{engineio.V3, engineio.V4}).Draw(t, "version")
		least := 0
		if v == engineio.V4 { // an empty payload cannot be read
			least = 1
		}
		sent := drawPackets(t, v, least)
		b64 := rapid.Bool().Draw(t, "b64")
		body, content := engineio.AppendPayload([]byte("before"), v, sent, b64)
		body, ok := bytes.CutPrefix(body, []byte("before"))
		if !ok {
			t.Fatalf("%q does not begin with what was there", body)
		}
		if wantBinary := v == engineio.V3 && !b64 && hasBinary(sent); (content == engineio.ContentBinary) != wantBinary {
			t.Fatalf("%v as %s", sent, content)
		}
		var got []engineio.Packet
		err := engineio.DecodePayload(v, content, body, engineio.Limits{}, func(p engineio.Packet) error {
			got = append(got, p)
			return nil
		})
		if err != nil || len(got) != len(sent) {
			t.Fatalf("%d packets of %d: %v", len(got), len(sent), err)
		}
		for i := range got {
			if !same(got[i], sent[i]) {
				t.Fatalf("packet %d: sent %+v, got %+v", i, sent[i], got[i])
			}
		}
	})
}

func hasBinary(packets []engineio.Packet) bool {
	for _, p := range packets {
		if p.Binary {
			return true
		}
	}
	return false
}

func TestFrameRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.SampledFrom([]engineio.Version{engineio.V3, engineio.V4}).Draw(t, "version")
		for _, sent := range drawPackets(t, v, 1) {
			if got, err := engineio.ParseText(v, sent.AppendText(nil, v)); err != nil || !same(got, sent) {
				t.Fatalf("text: sent %+v, got %+v, %v", sent, got, err)
			}
			if !sent.Binary {
				continue
			}
			if got, err := engineio.ParseBinary(v, sent.AppendBinary(nil, v)); err != nil || !same(got, sent) {
				t.Fatalf("binary: sent %+v, got %+v, %v", sent, got, err)
			}
		}
	})
}
