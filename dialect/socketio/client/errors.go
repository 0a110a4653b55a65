package client

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Why connections end, and calls fail. They come wrapped; ask with errors.Is.
var (
	// ErrClosed says that the connection was closed here.
	ErrClosed = errors.New("socket.io client: closed")
	// ErrDisconnected says that the server has taken the client out of the namespace: it does not want it now.
	ErrDisconnected = errors.New("socket.io client: the server has disconnected this client")
	// ErrLost says that the connection ended, or the server fell silent.
	ErrLost = errors.New("socket.io client: the connection is lost")
	// ErrProtocol says that the server has said what it must not.
	ErrProtocol = errors.New("socket.io client: the server does not keep to the protocol")
	// ErrFull says that more waits than may: to be written, to be answered, or to be handled, which ends the connection.
	ErrFull = errors.New("socket.io client: too much is waiting")
)

// A RefusedError is a namespace's refusal, what the JavaScript client has as connect_error.
type RefusedError struct {
	Message string
	Data    json.RawMessage // nil: none
}

// Error returns the server's message.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("socket.io client: the server refused the connection: %.200q", e.Message)
}

// refused reads the payload of a CONNECT_ERROR.
func refused(data []byte) *RefusedError {
	e := new(RefusedError)
	var said struct {
		Message string          `json:"message"`
		Data    json.RawMessage `json:"data"`
	}
	if json.Unmarshal(data, &said) == nil {
		e.Message, e.Data = said.Message, said.Data
	}
	if e.Message == "" {
		e.Message = string(data)
	}
	return e
}
