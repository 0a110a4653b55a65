package ws

import (
	"encoding/binary"
	"fmt"
)

// An OpCode says what a frame carries (RFC 6455 §5.2).
type OpCode byte

// The opcodes that exist. Messages are Text or Binary; the last three are control frames.
const (
	Continuation OpCode = 0x0
	Text         OpCode = 0x1
	Binary       OpCode = 0x2
	Close        OpCode = 0x8
	Ping         OpCode = 0x9
	Pong         OpCode = 0xA
)

// control reports whether op is, or would be, a control frame's.
func (op OpCode) control() bool { return op&0x8 != 0 }

// known reports whether RFC 6455 defines op.
func (op OpCode) known() bool { return op <= Binary || op >= Close && op <= Pong }

// Close codes (RFC 6455 §7.4.1 and the IANA registry that it founded).
const (
	CodeNormal          = 1000
	CodeGoingAway       = 1001
	CodeProtocolError   = 1002
	CodeUnsupportedData = 1003
	CodeNoStatus        = 1005 // in no frame: the peer's close frame had no code
	CodeAbnormal        = 1006 // in no frame: there was no close frame
	CodeInvalidData     = 1007
	CodePolicyViolation = 1008
	CodeTooBig          = 1009
	CodeInternalError   = 1011
	CodeServiceRestart  = 1012
	CodeTryAgainLater   = 1013
)

// validCode reports whether a close frame may carry code.
func validCode(code int) bool {
	switch {
	case code < 1000, code == 1004, code == CodeNoStatus, code == CodeAbnormal:
		return false
	case code <= 1014:
		return true
	}
	return code >= 3000 && code <= 4999
}

// A Message is a whole data message, or one control frame. Data is its payload, unmasked and inflated; it is valid only
// during the call that delivers it, and may be changed meanwhile.
type Message struct {
	Op   OpCode
	Data []byte
}

// CloseReason returns the code and the reason of a Close message that a Parser delivered. Without a code it is
// CodeNoStatus.
func (m Message) CloseReason() (code int, reason string) {
	if len(m.Data) < 2 {
		return CodeNoStatus, ""
	}
	return int(binary.BigEndian.Uint16(m.Data)), string(m.Data[2:])
}

// A CloseError says why a connection must be failed: with a close frame of this code and text, then an end.
type CloseError struct {
	Code int
	Text string // for developers; short enough for a close frame
}

func (e *CloseError) Error() string { return fmt.Sprintf("websocket: close %d: %s", e.Code, e.Text) }

func protocolError(text string) *CloseError { return &CloseError{CodeProtocolError, text} }

func invalidData(text string) *CloseError { return &CloseError{CodeInvalidData, text} }

func tooBig(limit int) *CloseError {
	return &CloseError{CodeTooBig, fmt.Sprintf("message is larger than %d bytes", limit)}
}
