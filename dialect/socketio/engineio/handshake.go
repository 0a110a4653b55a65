package engineio

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"
)

// A Handshake is the data of the Open packet, the first thing a server says in a session.
type Handshake struct {
	SID          string        // the session's id: a credential, whoever has it can read and write the session
	Upgrades     []string      // transports the client may move to: "websocket", or none on WebSocket itself
	PingInterval time.Duration // how often the pinging side pings; sent in whole milliseconds
	PingTimeout  time.Duration // how long the answer may take; sent in whole milliseconds
	MaxPayload   int           // the largest body the server takes, in bytes
}

// AppendOpen appends the Open packet's JSON to dst and returns the extended slice. Clients and their suites compare
// the set of keys, so there are these five and no others, in the reference's order.
func AppendOpen(dst []byte, h Handshake) []byte {
	dst = append(dst, `{"sid":`...)
	dst = appendString(dst, h.SID)
	dst = append(dst, `,"upgrades":[`...)
	for i, name := range h.Upgrades {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, name)
	}
	dst = append(dst, `],"pingInterval":`...)
	dst = strconv.AppendInt(dst, h.PingInterval.Milliseconds(), 10)
	dst = append(dst, `,"pingTimeout":`...)
	dst = strconv.AppendInt(dst, h.PingTimeout.Milliseconds(), 10)
	dst = append(dst, `,"maxPayload":`...)
	dst = strconv.AppendInt(dst, int64(h.MaxPayload), 10)
	return append(dst, '}')
}

// An ErrorCode says why a request was refused before or outside a session.
type ErrorCode int

// The codes that clients know.
const (
	UnknownTransport ErrorCode = iota
	UnknownSID
	BadHandshakeMethod
	BadRequest
	Forbidden
	UnsupportedProtocolVersion
)

// Message returns the code's text, word for word the reference's.
func (c ErrorCode) Message() string {
	switch c {
	case UnknownTransport:
		return "Transport unknown"
	case UnknownSID:
		return "Session ID unknown"
	case BadHandshakeMethod:
		return "Bad handshake method"
	case BadRequest:
		return "Bad request"
	case Forbidden:
		return "Forbidden"
	case UnsupportedProtocolVersion:
		return "Unsupported protocol version"
	}
	return "Bad request"
}

// Status returns the HTTP status the code is sent with: 403 for Forbidden, 400 for all others.
func (c ErrorCode) Status() int {
	if c == Forbidden {
		return 403
	}
	return 400
}

// AppendError appends the JSON body of a refusal to dst and returns the extended slice. An empty message means the
// code's own; the reference sends another one only with Forbidden.
func AppendError(dst []byte, code ErrorCode, message string) []byte {
	if message == "" {
		message = code.Message()
	}
	dst = append(dst, `{"code":`...)
	dst = strconv.AppendInt(dst, int64(code), 10)
	dst = append(dst, `,"message":`...)
	dst = appendString(dst, message)
	return append(dst, '}')
}

// appendString appends s as a JSON string, without the HTML escapes that JavaScript does not make either.
func appendString(dst []byte, s string) []byte {
	var quoted bytes.Buffer
	enc := json.NewEncoder(&quoted)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil { // no string makes it fail
		return append(dst, `""`...)
	}
	return append(dst, bytes.TrimSuffix(quoted.Bytes(), []byte("\n"))...)
}
