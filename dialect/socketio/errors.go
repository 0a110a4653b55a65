package socketio

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"

	"madang"
)

// A ConnectError is a refusal that the client gets as connect_error: err.message and err.data.
type ConnectError struct {
	Message string
	Data    any // nil: none
}

// Error returns the message.
func (e *ConnectError) Error() string { return e.Message }

// refusalData is err.data of a guard's refusal.
type refusalData struct {
	Code   string `json:"code"`
	Reason string `json:"reason"`
}

// connectError is what a client is told of an error that kept it out.
func connectError(err error) *ConnectError {
	if ce, ok := errors.AsType[*ConnectError](err); ok {
		return ce
	}
	if r, ok := errors.AsType[*madang.Refusal](err); ok {
		return &ConnectError{Message: r.Text, Data: refusalData{r.Code, r.Text}}
	}
	code, text := code(err)
	return &ConnectError{Message: text, Data: refusalData{code, text}}
}

// code is the table of what clients see of the core's errors.
func code(err error) (code, text string) {
	for _, row := range []struct {
		err        error
		code, text string
	}{
		{madang.ErrUnauthenticated, "unauthenticated", "Authentication failed"},
		{madang.ErrForbidden, "forbidden", "Forbidden resource"},
		{madang.ErrNotFound, "not_found", "Not found"},
		{madang.ErrInvalid, "invalid", "Bad request"},
		{madang.ErrTooMany, "too_many", "Too many requests"},
		{madang.ErrClosed, "closed", "This connection or server is closing"},
		{madang.ErrUnavailable, "unavailable", "Not possible at the moment, try again later"},
		{madang.ErrLost, "lost", "What was asked for is no longer kept"},
	} {
		if errors.Is(err, row.err) {
			return row.code, row.text
		}
	}
	return "internal", "Internal server error"
}

// payload returns the JSON of a CONNECT_ERROR. Clients of protocol 4 get the data alone, or the message.
func (e *ConnectError) payload(v3 bool) []byte {
	var v any = struct {
		Message string `json:"message"`
		Data    any    `json:"data,omitempty"`
	}{e.Message, e.Data}
	if v3 {
		v = e.Data
		if v == nil {
			v = e.Message
		}
	}
	b, err := json.Marshal(v)
	if err != nil { // data that has no JSON form
		b, _ = json.Marshal(map[string]string{"message": e.Message})
	}
	return ascii(b)
}

// ascii writes JSON without anything beyond ASCII: clients of Socket.IO 1.x that poll break on such text of the
// server's own, and a refusal is the last thing that should get lost.
func ascii(b []byte) []byte {
	if !bytes.ContainsFunc(b, func(r rune) bool { return r >= utf8.RuneSelf }) {
		return b
	}
	out := make([]byte, 0, 2*len(b))
	for _, r := range string(b) { // beyond ASCII only strings have anything
		if r < utf8.RuneSelf {
			out = append(out, byte(r))
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			out = fmt.Appendf(out, `\u%04x`, unit)
		}
	}
	return out
}

// An exception is what Nest's gateways send for an event that failed.
type exception struct {
	Status  string          `json:"status"`
	Message string          `json:"message"`
	Code    string          `json:"code,omitempty"`
	Cause   *exceptionCause `json:"cause,omitempty"`
}

type exceptionCause struct {
	Pattern string          `json:"pattern"`
	Data    json.RawMessage `json:"data,omitempty"`
}

// An ackError is what a client gets as acknowledgement of an event that failed.
type ackError struct {
	Error ackErrorText `json:"error"`
}

type ackErrorText struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}
