package wire

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// payload takes the mask's bytes and the header off a client's frame.
func payload(t *testing.T, frame []byte) string {
	t.Helper()
	head := 2
	switch frame[1] & 0x7f {
	case 126:
		head = 4
	case 127:
		head = 10
	}
	return string(frame[head+4:])
}

func TestNumberedPackets(t *testing.T) {
	for _, size := range []int{0, MinData, 26, 128, 1024, 70_000} {
		for _, n := range []int{0, 1, 12_345_678, MaxNumber} {
			pub := payload(t, PublishFrame(`a"room`, size).With(n, 0))
			var call []json.RawMessage
			if err := json.Unmarshal([]byte(pub[2:]), &call); err != nil || len(call) != 3 || pub[:2] != "42" {
				t.Fatalf("publish %q: %v", pub, err)
			}
			if want := max(size, MinData); len(call[2]) != want {
				t.Errorf("data of %d bytes has %d", want, len(call[2]))
			}
			// What a server makes of it.
			shape := DeliveryShape(size)
			if got, ok := shape.Number([]byte(`42["msg",` + string(call[2]) + `]`)); !ok || got != n {
				t.Errorf("delivery of %d: number %d, %v", n, got, ok)
			}
			ask := payload(t, EchoFrame(size).With(n, 0))
			shape = EchoShape(size)
			if got, ok := shape.Number([]byte(`431[` + strings.TrimPrefix(ask, `421["echo",`))); !ok || got != n {
				t.Errorf("answer to %d: number %d, %v", n, got, ok)
			}
		}
	}
}

func TestShapeRefusesWhatChanged(t *testing.T) {
	shape := DeliveryShape(32)
	good := `42["msg",` + data(32) + `]`
	if _, ok := shape.Number([]byte(good)); !ok {
		t.Fatalf("%q is refused", good)
	}
	for name, bad := range map[string]string{
		"shorter":     good[1:],
		"longer":      good + " ",
		"other event": strings.Replace(good, "msg", "mgs", 1),
		"no digits":   strings.Replace(good, `"00000000"`, `"0000000x"`, 1),
		"empty":       "",
	} {
		if n, ok := shape.Number([]byte(bad)); ok {
			t.Errorf("%s: %q has number %d", name, bad, n)
		}
	}
}

func TestSetUpPackets(t *testing.T) {
	for got, want := range map[string]string{
		payload(t, ConnectFrame("a.b.c")):    `40{"token":"a.b.c"}`,
		payload(t, SubscribeFrame(`a"room`)): `420["sub","a\"room"]`,
		payload(t, PongFrame()):              `3`,
	} {
		if got != want {
			t.Errorf("packet %q, want %q", got, want)
		}
	}
}

func TestToken(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	parts := strings.Split(Token("key", "user-1", now), ".")
	if len(parts) != 3 {
		t.Fatalf("%d parts", len(parts))
	}
	mac := hmac.New(sha256.New, []byte("key"))
	mac.Write([]byte(parts[0] + "." + parts[1]))
	if parts[2] != base64.RawURLEncoding.EncodeToString(mac.Sum(nil)) {
		t.Error("the signature is not the HMAC of header and claims")
	}
	for i, want := range []string{`{"alg":"HS256","typ":"JWT"}`, `{"sub":"user-1","iat":1700000000,"exp":1700003600}`} {
		if got, err := base64.RawURLEncoding.DecodeString(parts[i]); err != nil || string(got) != want {
			t.Errorf("part %d is %s (%v), want %s", i, got, err, want)
		}
	}
}
