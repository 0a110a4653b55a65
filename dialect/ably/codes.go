package ably

import (
	"errors"

	"madang"
	"madang/dialect/ably/protocol"
	"madang/dialect/ably/token"
)

// Codes of Ably's that clients act on. Those of tokens are package token's.
const (
	codeBadRequest   = 40000
	codeBadMessage   = 40003
	codeTooLong      = 40009
	codeBadChannel   = 40010
	codeBadClientID  = 40012
	codeBadID        = 40031
	codeUnauthorized = 40101
	codeMismatch     = 40102
	codeRevoked      = 40141
	codeExpired      = 40142
	codeDenied       = 40160
	codeNotFound     = 40400
	codeRate         = 42911
	codeInternal     = 50000
	codeUnavailable  = 50003
	codeGone         = 80003
	codeResumeLost   = 80008
	codeBadResume    = 80018
	codeOtherClient  = 80020
	codeFailed       = 80000
	codeLost         = 90005
	codeNotAttached  = 91000
	codeNoMembers    = 91003
	codeAnnotations  = 93001
	codeMutable      = 93002
)

// errorInfo is an error with the HTTP status that belongs to its code: for most, the code's first three digits.
func errorInfo(code int, message string) *protocol.ErrorInfo {
	status := code / 100
	switch {
	case code == codeTooLong:
		status = 413
	case code == codeRate:
		status = 429
	case code == codeUnavailable:
		status = 503
	case status < 400 || status == 404 && code != codeNotFound:
		status = 400
	case status > 500:
		status = 400
	}
	return &protocol.ErrorInfo{Code: code, StatusCode: status, Message: message}
}

// infoOf is the table of errors. The text of an error that is not one of the core's stays in the log.
func infoOf(err error) *protocol.ErrorInfo {
	if e, ok := errors.AsType[*protocol.ErrorInfo](err); ok {
		return e
	}
	if e, ok := errors.AsType[*token.Error](err); ok {
		return &protocol.ErrorInfo{Code: e.Code, StatusCode: e.Status, Message: e.Message}
	}
	switch {
	case errors.Is(err, madang.ErrForbidden):
		return errorInfo(codeDenied, "The capability does not allow this.")
	case errors.Is(err, madang.ErrUnauthenticated):
		return errorInfo(codeUnauthorized, "The credentials prove nobody.")
	case errors.Is(err, madang.ErrInvalid):
		return errorInfo(codeBadRequest, "The request is not valid.")
	case errors.Is(err, madang.ErrTooMany):
		return errorInfo(codeRate, "A limit was reached; try again later.")
	case errors.Is(err, madang.ErrNotFound):
		return errorInfo(codeNotFound, "There is no such thing.")
	case errors.Is(err, madang.ErrLost):
		return errorInfo(codeLost, "What was missed is no longer kept.")
	case errors.Is(err, madang.ErrClosed):
		return errorInfo(codeUnavailable, "This connection or server is closing.")
	}
	return errorInfo(codeInternal, "The server failed.")
}

// internal reports whether an error is this server's fault, and belongs into its log.
func internal(err error) bool { return infoOf(err).Code == codeInternal }

// goodbye is how the server ends a connection: with ERROR the client gives up, with DISCONNECTED it comes back.
func goodbye(r madang.CloseReason) *protocol.ProtocolMessage {
	switch r {
	case madang.CloseNormal:
		return &protocol.ProtocolMessage{Action: protocol.Error, Error: errorInfo(codeFailed, "The connection was ended by the app.")}
	case madang.CloseDenied:
		return &protocol.ProtocolMessage{Action: protocol.Disconnected, Error: errorInfo(codeRevoked, "The token was revoked.")}
	case madang.CloseExpired:
		return &protocol.ProtocolMessage{Action: protocol.Disconnected, Error: errorInfo(codeExpired, "The token has expired.")}
	case madang.CloseProtocol:
		return &protocol.ProtocolMessage{Action: protocol.Error, Error: errorInfo(codeBadRequest, "The client does not speak the protocol.")}
	}
	return &protocol.ProtocolMessage{Action: protocol.Disconnected, Error: errorInfo(codeGone, "The connection ends here; please connect again.")}
}
