package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/tinylib/msgp/msgp"
	"pgregory.net/rapid"
)

// pack returns a JSON object as MessagePack, its fields in their order.
func pack(t interface{ Fatal(...any) }, text string) string {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	if _, err := d.Token(); err != nil {
		t.Fatal(text, err)
	}
	n := uint32(0)
	var in []byte
	for ; d.More(); n++ {
		key, err := d.Token()
		if err != nil {
			t.Fatal(text, err)
		}
		var value any
		if err := d.Decode(&value); err != nil {
			t.Fatal(text, err)
		}
		if in, err = msgp.AppendIntf(msgp.AppendString(in, key.(string)), plain(value)); err != nil {
			t.Fatal(text, err)
		}
	}
	return string(append(msgp.AppendMapHeader(nil, n), in...))
}

// plain makes integers of numbers.
func plain(v any) any {
	switch v := v.(type) {
	case json.Number:
		n, _ := v.Int64() // there are no others
		return n
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = plain(v[k])
		}
	}
	return v
}

// unpack returns the JSON of what a client has framed.
func unpack(t interface{ Fatal(...any) }, a Ably, frame string) string {
	if !a.Binary {
		return frame
	}
	var out bytes.Buffer
	if rest, err := msgp.UnmarshalAsJSON(&out, []byte(frame)); err != nil || len(rest) > 0 {
		t.Fatal(frame, rest, err)
	}
	return out.String()
}

// said returns a server's packet as one that speaks a form says it.
func said(t interface{ Fatal(...any) }, a Ably, text string) []byte {
	if a.Binary {
		return []byte(pack(t, text))
	}
	return []byte(text)
}

func forms() []Ably { return []Ably{{Secret: "s"}, {Secret: "s", Binary: true}} }

func TestAblyGreeting(t *testing.T) {
	const connected = `{"action":4,"connectionId":"x","connectionDetails":{"connectionKey":"k","maxIdleInterval":15000}}`
	for _, a := range forms() {
		frame, done, err := a.Greet(0, said(t, a, connected), Who{Room: `a"room`})
		if err != nil || done || frame[0] != 0x80|byte(Frames(a)) || unpack(t, a, payload(t, frame)) != `{"action":10,"channel":"a\"room"}` {
			t.Errorf("%+v answers %q, %v, %v", a, frame, done, err)
		}
		if frame, done, err = a.Greet(0, said(t, a, connected), Who{}); frame != nil || !done || err != nil {
			t.Errorf("%+v alone: %q, %v, %v", a, frame, done, err)
		}
		attached := said(t, a, `{"action":11,"channel":"room","channelSerial":"11@x","flags":983040}`)
		if frame, done, err = a.Greet(1, attached, Who{Room: "room"}); frame != nil || !done || err != nil {
			t.Errorf("%+v in the room: %q, %v, %v", a, frame, done, err)
		}
		for step, bad := range []string{
			`{"action":4,"connectionId":""}`, `{"action":11,"channel":"moor"}`, `{"action":11,"channel":"room"}`,
			`{"connectionId":"x","action":4}`, `{"action":9,"channel":"room","error":{"code":40160}}`,
		} {
			if frame, done, err := a.Greet(step%2, said(t, a, bad), Who{Room: "room"}); err == nil {
				t.Errorf("%+v takes %s: %q, %v", a, bad, frame, done)
			}
		}
	}
}

func TestAblyControl(t *testing.T) {
	for _, c := range []struct {
		packet      string
		known, ends bool
	}{
		{`{"action":0}`, true, false},
		{`{"action":1,"msgSerial":10000000,"count":1,"res":[{"serials":["11@x:0"]}]}`, true, false},
		{`{"action":2,"msgSerial":10000000,"count":1,"error":{"code":40160,"statusCode":401,"message":"no"}}`, true, true},
		{`{"action":6,"error":{"code":80003}}`, true, true},
		{`{"action":8}`, true, true},
		{`{"action":9,"error":{"code":40101}}`, true, true},
		{`{"action":9,"channel":"room","error":{"code":40160}}`, false, false},
		{`{"action":14,"channel":"room"}`, false, false},
		{`{"action":10,"channel":"room"}`, false, false},
		{`{"action":150}`, false, false},
		{`{}`, false, false},
	} {
		for _, a := range forms() {
			answer, known, err := a.Control(said(t, a, c.packet))
			if answer != nil || known != c.known || (err != nil) != c.ends {
				t.Errorf("%+v, %s: %q, %v, %v", a, c.packet, answer, known, err)
			}
			if a.Delivery(said(t, a, c.packet)) && c.packet != `{"action":150}` {
				t.Errorf("%+v: %s counts as a message", a, c.packet)
			}
		}
	}
	for _, a := range forms() {
		if a.KeepAlive() != nil || a.LeavesOut() {
			t.Errorf("%+v pings, or expects its own messages to be left out", a)
		}
	}
}

// What is published is read as the client library would have written it, with
// the number and the serial that were asked for.
func TestAblyPublishes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.SampledFrom(forms()).Draw(t, "form")
		size, room := rapid.IntRange(0, 2000).Draw(t, "size"), rapid.SampledFrom([]string{"r", "room", `a"room`, strings.Repeat("long", 20)}).Draw(t, "room")
		frame := a.Publish(room, size)
		for range 2 { // the frame is used again
			n, serial := rapid.IntRange(0, MaxNumber).Draw(t, "n"), rapid.IntRange(0, 80_000_000).Draw(t, "serial")
			b := frame.With(n, serial)
			head := 2
			if b[1]&0x7f == 126 {
				head = 4
			}
			var p struct {
				Action    int
				Channel   string
				MsgSerial int
				Messages  []struct{ Name, Data, Encoding string }
			}
			text := unpack(t, a, string(b[head+4:]))
			if err := json.Unmarshal([]byte(text), &p); err != nil || len(p.Messages) != 1 {
				t.Fatal(text, err)
			}
			m := p.Messages[0]
			if p.Action != 15 || p.Channel != room || p.MsgSerial != 10_000_000+serial || m.Name != "msg" || m.Encoding != "json" {
				t.Fatalf("%s: %+v", text, p)
			}
			if want := strings.Replace(data(size), "00000000", fmt.Sprintf("%08d", n), 1); m.Data != want {
				t.Fatalf("data %s, want %s", m.Data, want)
			}
		}
	})
}

// A server may put its own fields where it likes, but may not change what is
// the client's.
func TestAblyDeliveries(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.SampledFrom(forms()).Draw(t, "form")
		size := rapid.IntRange(0, 300).Draw(t, "size")
		shape, other, larger := a.Delivered("room", size), a.Delivered("moor", size), a.Delivered("room", max(size, MinData)+1)
		for range 3 { // where things were before does not matter
			n := rapid.IntRange(0, MaxNumber).Draw(t, "n")
			good := delivery(t, n, size)
			packet := said(t, a, good)
			if got, ok := shape.Number(packet); !ok || got != n || !a.Delivery(packet) {
				t.Fatalf("%s: %d, %v", good, got, ok)
			}
			for _, s := range []Shape{other, larger} {
				if _, ok := s.Number(packet); ok {
					t.Fatalf("%s is taken for another message", good)
				}
			}
			for _, change := range [][2]string{
				{`"msg"`, `"mgs"`}, {`"json"`, `"utf-8"`}, {`"action":15`, `"action":14`}, {`\"pad\"`, `\"pda\"`}, {`{\"n\":\"`, `{\"n\":\"x`},
			} {
				bad := strings.Replace(good, change[0], change[1], 1)
				if n, ok := shape.Number(said(t, a, bad)); ok {
					t.Fatalf("%s is number %d", bad, n)
				}
			}
			for cut := range bytes.Index(packet, []byte(`pad`)) { // without the end of the data
				if n, ok := shape.Number(packet[:cut]); ok {
					t.Fatalf("%d of %d bytes are number %d", cut, len(packet), n)
				}
			}
		}
	})
}

// delivery is a message as servers may send it.
func delivery(t *rapid.T, n, size int) string {
	text := func(name string) string {
		return rapid.StringMatching(`[a-z0-9@.:-]{0,60}`).Draw(t, name)
	}
	value, _ := json.Marshal(strings.Replace(data(size), "00000000", fmt.Sprintf("%08d", n), 1)) // a string always encodes
	message := rapid.Permutation([]string{
		`"name":"msg"`, `"data":` + string(value), `"encoding":"json"`, `"id":"` + text("id") + `"`, `"serial":"` + text("serial") + `"`,
	}).Draw(t, "message")
	fields := rapid.Permutation([]string{
		`"channel":"room"`, `"channelSerial":"` + text("channelSerial") + `"`, `"connectionId":"` + text("connectionId") + `"`,
		`"messages":[{` + strings.Join(message, ",") + `}]`, `"timestamp":1795361479216`,
	}).Draw(t, "fields")
	return `{"action":15,` + strings.Join(fields, ",") + `}`
}
