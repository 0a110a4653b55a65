package socketio

import (
	"encoding/json"
	"errors"

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
	return b
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
