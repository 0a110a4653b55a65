package wire

import (
	"errors"
	"strconv"
	"testing"
)

func TestNATSSplits(t *testing.T) {
	message := "MSG room 1 " + strconv.Itoa(MinData) + "\r\n" + data(0) + "\r\n"
	rest := []byte("INFO {}\r\n" + message + message + "PONG\r\n")
	for _, want := range []string{"INFO {}\r\n", message, message, "PONG\r\n"} {
		one, more, err := NATS{}.Split(rest)
		if err != nil || string(one) != want {
			t.Fatalf("%q, %v; want %q", one, err, want)
		}
		rest = more
	}
	if len(rest) > 0 {
		t.Errorf("%q is left", rest)
	}
	for _, bad := range []string{"PONG", "MSG room 1 x\r\n", "MSG room 1 -4\r\nabc", message[:30], "MSG room 1 99999999\r\n"} {
		if _, _, err := (NATS{}).Split([]byte(bad)); !errors.Is(err, ErrFrame) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestNATSMessages(t *testing.T) {
	p := NATS{}
	sent := p.Publish("room", 64).With(17, 0)
	f, n, err := Next(unmasked(sent))
	if err != nil || n == 0 || f.Op != Binary {
		t.Fatalf("%q: %v", sent, err)
	}
	got := []byte("MSG room 1" + string(f.Payload[len("PUB room"):]))
	if !p.Delivery(got) {
		t.Errorf("%q is no delivery", got)
	}
	if n, ok := p.Delivered("room", 64).Number(got); !ok || n != 17 {
		t.Errorf("%q: %d, %v", got, n, ok)
	}
	frame, done, err := p.Greet(0, []byte("INFO {\"server_id\":\"x\"}\r\n"), Who{Room: "room"})
	if err != nil || done || len(frame) == 0 {
		t.Errorf("%q, %v, %v", frame, done, err)
	}
	if _, done, err := p.Greet(1, []byte("PONG\r\n"), Who{}); !done || err != nil {
		t.Errorf("not ready: %v", err)
	}
	if _, _, err := p.Greet(1, []byte("-ERR 'Authorization Violation'\r\n"), Who{}); err == nil {
		t.Error("an error was taken for a greeting")
	}
	if _, _, err := p.Control([]byte("-ERR 'Slow Consumer'\r\n")); err == nil {
		t.Error("an error was not noticed")
	}
}

// unmasked returns a client's frame, whose mask is zero, as a server would send it.
func unmasked(frame []byte) []byte {
	head := 2
	if frame[1]&0x7f == 126 {
		head = 4
	}
	out := append([]byte{}, frame[:head]...)
	out[1] &= 0x7f
	return append(out, frame[head+4:]...)
}
