package wire

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// A line of a conversation: what the server says and what comes back.
type line struct {
	packet, answer string
	done           bool
}

// signature of a channel by the client 12.34, as a server computes it.
func signature(secret, channel string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("12.34:" + channel))
	return "bench-key:" + hex.EncodeToString(mac.Sum(nil))
}

const established = `{"event":"pusher:connection_established","data":"{\"socket_id\":\"12.34\",\"activity_timeout\":30}"}`

func TestGreetings(t *testing.T) {
	inRoom, alone := Who{Token: "user-1", Room: "room"}, Who{Token: "user-1"}
	for name, c := range map[string]struct {
		protocol Protocol
		who      Who
		lines    []line
	}{
		"Socket.IO": {SocketIO{}, inRoom, []line{
			{`0{"sid":"x"}`, `40{"token":"user-1"}`, false},
			{`40{"sid":"y"}`, `420["sub","room"]`, false},
			{`430[1]`, "", true},
		}},
		"Socket.IO alone": {SocketIO{}, alone, []line{{`0{"sid":"x"}`, `40{"token":"user-1"}`, false}, {`40{"sid":"y"}`, "", true}}},
		"Pusher": {Pusher{Secret: "s"}, inRoom, []line{
			{established, `{"event":"pusher:subscribe","data":{"auth":"` + signature("s", "private-room") + `","channel":"private-room"}}`, false},
			{`{"event":"pusher_internal:subscription_succeeded","channel":"private-room","data":"{}"}`, "", true},
		}},
		"Pusher alone": {Pusher{}, alone, []line{{established, "", true}}},
		"Echo": {Echo{}, inRoom, []line{
			{`0{"sid":"x"}`, "", false},
			{`40`, `42["subscribe",{"channel":"private-room","auth":{"headers":{"Authorization":"Bearer user-1"}}}]`, false},
			{Admitted, "", true},
		}},
		"Echo alone": {Echo{}, alone, []line{{`0{"sid":"x"}`, "", false}, {`40`, "", true}}},
	} {
		for step, l := range c.lines {
			frame, done, err := c.protocol.Greet(step, []byte(l.packet), c.who)
			if err != nil || done != l.done || (l.answer == "") != (frame == nil) {
				t.Fatalf("%s: step %d, %q: %q, %v, %v", name, step, l.packet, frame, done, err)
			}
			if frame != nil && payload(t, frame) != l.answer {
				t.Errorf("%s: step %d answers %s, want %s", name, step, payload(t, frame), l.answer)
			}
		}
	}
}

func TestGreetRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		protocol Protocol
		step     int
		packet   string
	}{
		"Socket.IO's refusal":         {SocketIO{}, 1, `44{"message":"unauthorized"}`},
		"a namespace too early":       {SocketIO{}, 0, `40{"sid":"y"}`},
		"another answer":              {SocketIO{}, 2, `430[0]`},
		"a step too many":             {SocketIO{}, 3, `430[1]`},
		"Pusher's refusal":            {Pusher{}, 1, `{"event":"pusher:subscription_error","channel":"private-room","data":{"status":401}}`},
		"another channel":             {Pusher{}, 1, `{"event":"pusher_internal:subscription_succeeded","channel":"private-moor"}`},
		"no socket id":                {Pusher{}, 0, `{"event":"pusher:connection_established","data":"{}"}`},
		"data that is no text":        {Pusher{}, 0, `{"event":"pusher:connection_established","data":{"socket_id":"12.34"}}`},
		"no JSON":                     {Pusher{}, 0, `{"event":`},
		"Echo's refusal":              {Echo{}, 2, `42["subscription_error","private-room",403]`},
		"a client of another version": {Echo{}, 1, `44"It seems you are trying to reach a Socket.IO server in v2.x"`},
		"admitted too early":          {Echo{}, 1, Admitted},
	} {
		if frame, done, err := c.protocol.Greet(c.step, []byte(c.packet), Who{Token: "t", Room: "room"}); err == nil {
			t.Errorf("%s: %q, %v without an error", name, frame, done)
		}
	}
}

func TestControl(t *testing.T) {
	for _, c := range []struct {
		protocol       Protocol
		packet, answer string
		known, ends    bool
	}{
		{SocketIO{}, "2", "3", true, false},
		{SocketIO{}, "41", "", true, true},
		{SocketIO{}, "1", "", true, true},
		{SocketIO{}, `42["msg",1]`, "", false, false},
		{Pusher{}, `{"event":"pusher:ping","data":{}}`, `{"event":"pusher:pong","data":{}}`, true, false},
		{Pusher{}, `{"event":"pusher:pong","data":{}}`, "", true, false},
		{Pusher{}, `{"event":"pusher_internal:subscription_count","channel":"private-room","data":"{}"}`, "", true, false},
		{Pusher{}, `{"event":"pusher:error","data":{"code":4100,"message":"over capacity"}}`, "", true, true},
		{Pusher{}, `{"event":"pusher:subscription_error"}`, "", false, false},
		{Pusher{}, `nonsense`, "", false, false},
		{Echo{}, "3", "", true, false},
		{Echo{}, "41", "", true, true},
		{Echo{}, "1", "", true, true},
		{Echo{}, "40", "", false, false},
	} {
		answer, known, err := c.protocol.Control([]byte(c.packet))
		if known != c.known || (err != nil) != c.ends || (len(answer) > 0) != (c.answer != "") {
			t.Errorf("%T, %s: %q, %v, %v", c.protocol, c.packet, answer, known, err)
			continue
		}
		if len(answer) > 0 && payload(t, answer) != c.answer {
			t.Errorf("%T, %s: answers %s", c.protocol, c.packet, payload(t, answer))
		}
		if c.known && c.protocol.Delivery([]byte(c.packet)) {
			t.Errorf("%T: %s counts as a message", c.protocol, c.packet)
		}
	}
	for protocol, want := range map[Protocol]string{Echo{}: "2", Pusher{}: `{"event":"pusher:ping","data":{}}`} {
		if got := payload(t, protocol.KeepAlive()); got != want {
			t.Errorf("%T keeps alive with %s", protocol, got)
		}
	}
	if (SocketIO{}).KeepAlive() != nil {
		t.Error("a client of Socket.IO 5 pings")
	}
}

// What clients whisper is what a server makes of it, taken apart as JSON.
func TestWhispers(t *testing.T) {
	for _, size := range []int{0, MinData, 128, 1024} {
		for _, n := range []int{0, 7, 12_345_678} {
			sent := payload(t, Pusher{}.Publish("room", size).With(n, 0))
			var e event
			if err := json.Unmarshal([]byte(sent), &e); err != nil || e.Event != "client-msg" || e.Channel != "private-room" {
				t.Fatalf("%s: %v", sent, err)
			}
			checkDelivery(t, Pusher{}, n, size, `{"event":"client-msg","channel":"private-room","data":`+string(e.Data)+`}`)

			sent = payload(t, Echo{}.Publish("room", size).With(n, 0))
			var name string
			var d event
			if err := json.Unmarshal([]byte(strings.TrimPrefix(sent, "42")), &[]any{&name, &d}); err != nil || name != "client event" || d.Event != "client-msg" || d.Channel != "private-room" {
				t.Fatalf("%s: %v", sent, err)
			}
			checkDelivery(t, Echo{}, n, size, `42["client-msg","private-room",`+string(d.Data)+`]`)
		}
	}
}

func checkDelivery(t *testing.T, p Protocol, n, size int, packet string) {
	t.Helper()
	shape := p.Delivered("room", size)
	if got, ok := shape.Number([]byte(packet)); !ok || got != n || !p.Delivery([]byte(packet)) {
		t.Errorf("%T: number %d, %v in %s", p, got, ok, packet)
	}
	other := p.Delivered("moor", size)
	if _, ok := other.Number([]byte(packet)); ok {
		t.Errorf("%T: another room takes %s", p, packet)
	}
	if _, ok := shape.Number([]byte(packet[:len(packet)-1])); ok {
		t.Errorf("%T: it takes less than %s", p, packet)
	}
}

func TestUpgradesNameTheProtocol(t *testing.T) {
	for protocol, want := range map[Protocol]string{
		SocketIO{}: "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n",
		Echo{}:     "GET /socket.io/?EIO=3&transport=websocket HTTP/1.1\r\n",
		Pusher{}:   "GET /app/bench-key?protocol=7&client=bench&version=1.0.0 HTTP/1.1\r\n",

		Ably{Secret: "s/"}:              "GET /?key=bench.bench-key:s%2F&v=6&echo=true&format=json&heartbeats=true HTTP/1.1\r\n",
		Ably{Secret: "s", Binary: true}: "GET /?key=bench.bench-key:s&v=6&echo=true&format=msgpack&heartbeats=false HTTP/1.1\r\n",
	} {
		if got := string(protocol.Upgrade("127.0.0.1:1")); !strings.HasPrefix(got, want) || !strings.HasSuffix(got, "\r\n\r\n") {
			t.Errorf("%T opens with %q", protocol, got)
		}
	}
}

// FuzzPackets feeds every protocol what a server may send at any moment. A
// packet is taken one way only, answers are whole frames of the protocol's kind,
// and nothing makes a connection ready before its room has let it in.
func FuzzPackets(f *testing.F) {
	for step, packet := range []string{
		`0{"sid":"x"}`, `40`, `42["subscription_error","private-room",403]`, established,
		`{"event":"pusher_internal:subscription_succeeded","channel":"private-room"}`,
		`{"event":"pusher:ping"}`, `{"event":"client-msg","channel":"private-room","data":{"n":"00000001","pad":""}}`,
		`42["client-msg","private-room",{"n":"00000001","pad":""}]`, "2", "3", "41", "",
		`{"action":4,"connectionId":"x"}`, `{"action":11,"channel":"room"}`, `{"action":9,"channel":"room"}`,
		`{"action":15,"channel":"room","messages":[{"name":"msg","data":"{\"n\":\"00000001\",\"pad\":\"xxxxxxxx\"}","encoding":"json"}]}`,
		"\x82\xa6action\x04\xacconnectionId\xa1x", "\x82\xa6action\x0b\xa7channel\xa4room", "\x82\xa6action\x09\xa7channel\xd9",
		"\x83\xa6action\x0f\xa7channel\xa4room\xa8messages\x91\x83\xa4name\xa3msg\xa4data\xd9 {\"n\":\"00000001\",\"pad\":\"xxxxxxxx\"}\xa8encoding\xa4json",
	} {
		f.Add(uint8(step), []byte(packet))
	}
	f.Fuzz(func(t *testing.T, step uint8, packet []byte) {
		before := bytes.Clone(packet)
		for _, p := range []Protocol{SocketIO{}, Pusher{Secret: "s"}, Echo{}, Ably{Secret: "s"}, Ably{Secret: "s", Binary: true}} {
			answer, known, err := p.Control(packet)
			if !known && (answer != nil || err != nil) {
				t.Fatalf("%T: unknown, yet %q, %v", p, answer, err)
			}
			if _, ably := p.(Ably); known && p.Delivery(packet) && (ably || bytes.HasPrefix(packet, []byte(pusherEvent))) {
				t.Fatalf("%T: both a message and the protocol's own", p)
			}
			checkFrame(t, p, answer)
			frame, done, err := p.Greet(int(step), packet, Who{Token: "t", Room: "room"})
			if err != nil && (frame != nil || done) {
				t.Fatalf("%T: failed, yet %q, %v", p, frame, done)
			}
			if done && (step == 0 || frame != nil) {
				t.Fatalf("%T: ready at step %d with %q", p, step, frame)
			}
			checkFrame(t, p, frame)
			shape := p.Delivered("room", 32)
			if n, ok := shape.Number(packet); ok && (n < 0 || n > MaxNumber || !p.Delivery(packet)) {
				t.Fatalf("%T: number %d", p, n)
			}
		}
		if !bytes.Equal(packet, before) {
			t.Fatal("the packet was changed")
		}
	})
}

// checkFrame reads a client's frame, whose mask is zero.
func checkFrame(t *testing.T, p Protocol, frame []byte) {
	t.Helper()
	if frame == nil {
		return
	}
	if text := payload(t, frame); frame[0] != 0x80|byte(Frames(p)) || Frames(p) == Text && !utf8.ValidString(text) {
		t.Fatalf("frame % x", frame)
	}
}
