package engineio_test

import (
	"encoding/json"
	"testing"
	"time"

	"madang/dialect/socketio/engineio"
)

func TestAppendOpen(t *testing.T) {
	h := engineio.Handshake{SID: "VkuhsismXSAJunEJAAAA", Upgrades: []string{"websocket"},
		PingInterval: 25 * time.Second, PingTimeout: 20*time.Second + 999*time.Microsecond, MaxPayload: 1_000_000}
	const want = `0{"sid":"VkuhsismXSAJunEJAAAA","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}`
	if got := string(engineio.AppendOpen([]byte("0"), h)); got != want {
		t.Errorf("got %s", got)
	}
	const none = `{"sid":"a\"b","upgrades":[],"pingInterval":0,"pingTimeout":0,"maxPayload":0}`
	if got := string(engineio.AppendOpen(nil, engineio.Handshake{SID: `a"b`})); got != none {
		t.Errorf("got %s", got)
	}
	two := engineio.AppendOpen(nil, engineio.Handshake{Upgrades: []string{"websocket", "webtransport"}})
	if !json.Valid(two) {
		t.Errorf("not JSON: %s", two)
	}
}

func TestErrors(t *testing.T) {
	for code, want := range map[engineio.ErrorCode]string{
		engineio.UnknownTransport:           `{"code":0,"message":"Transport unknown"}`,
		engineio.UnknownSID:                 `{"code":1,"message":"Session ID unknown"}`,
		engineio.BadHandshakeMethod:         `{"code":2,"message":"Bad handshake method"}`,
		engineio.BadRequest:                 `{"code":3,"message":"Bad request"}`,
		engineio.Forbidden:                  `{"code":4,"message":"Forbidden"}`,
		engineio.UnsupportedProtocolVersion: `{"code":5,"message":"Unsupported protocol version"}`,
	} {
		if got := string(engineio.AppendError(nil, code, "")); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if status := code.Status(); status != map[bool]int{true: 403, false: 400}[code == engineio.Forbidden] {
			t.Errorf("%v: status %d", code, status)
		}
	}
	if got := string(engineio.AppendError(nil, engineio.Forbidden, `"no" & no`)); got != `{"code":4,"message":"\"no\" & no"}` {
		t.Errorf("got %s", got)
	}
	if got := engineio.ErrorCode(9).Message(); got != "Bad request" {
		t.Errorf("got %s", got)
	}
}

func TestTypeNames(t *testing.T) {
	for typ, want := range []string{"open", "close", "ping", "pong", "message", "upgrade", "noop", "packet type 7"} {
		if got := engineio.Type(typ).String(); got != want {
			t.Errorf("%d: got %s, want %s", typ, got, want)
		}
	}
}
