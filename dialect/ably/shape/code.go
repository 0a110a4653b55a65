package shape

import (
	"errors"

	"madang"
	"madang/dialect/ably/protocol"
	"madang/dialect/ably/token"
)

// Codes of Ably's, besides those of package token.
const (
	CodeBadRequest   = 40000
	CodeBadBody      = 40001
	CodeBadValue     = 40003
	CodeConnection   = 40006 // there is no such connection
	CodeTooLong      = 40009
	CodeBadChannel   = 40010
	CodeBadData      = 40013
	CodeBatch        = 40020 // some of a batch failed
	CodeModes        = 40024 // it is not among the modes of the channel
	CodeBadID        = 40031
	CodeUnauthorized = 40101
	CodeDenied       = 40160
	CodeUnidentified = 40161 // it takes a client id
	CodeNotAllowed   = 40300
	CodeNotFound     = 40400
	CodeRate         = 42911
	CodeInternal     = 50000
	CodeUnavailable  = 50003
	CodeLost         = 90005
	CodeMutable      = 93002
)

// Info returns an error with the HTTP status that belongs to its code: for most, the code's first three digits. All three
// members of it are set: clients need them.
func Info(code int, message string) *protocol.ErrorInfo {
	status := code / 100
	switch {
	case code == CodeTooLong:
		status = 413
	case code == CodeRate:
		status = 429
	case code == CodeUnavailable:
		status = 503
	case status < 400 || status == 404 && code != CodeNotFound:
		status = 400
	case status > 500:
		status = 400
	}
	return &protocol.ErrorInfo{Code: code, StatusCode: status, Message: message}
}

// InfoOf is the table of errors. The text of an error that is not one of the core's, nor meant for clients, is not shown; that
// of a Refusal is.
func InfoOf(err error) *protocol.ErrorInfo {
	if e, ok := errors.AsType[*protocol.ErrorInfo](err); ok {
		return e
	}
	if e, ok := errors.AsType[*token.Error](err); ok {
		return &protocol.ErrorInfo{Code: e.Code, StatusCode: e.Status, Message: e.Message}
	}
	info := infoOf(err)
	if e, ok := errors.AsType[*madang.Refusal](err); ok && info.Code != CodeInternal {
		info.Message = e.Text
	}
	return info
}

func infoOf(err error) *protocol.ErrorInfo {
	switch {
	case errors.Is(err, madang.ErrForbidden):
		return Info(CodeDenied, "The capability does not allow this.")
	case errors.Is(err, madang.ErrUnauthenticated):
		return Info(CodeUnauthorized, "The credentials prove nobody.")
	case errors.Is(err, madang.ErrInvalid):
		return Info(CodeBadRequest, "The request is not valid.")
	case errors.Is(err, madang.ErrTooMany):
		return Info(CodeRate, "A limit was reached; try again later.")
	case errors.Is(err, madang.ErrNotFound):
		return Info(CodeNotFound, "There is no such thing.")
	case errors.Is(err, madang.ErrLost):
		return Info(CodeLost, "What was missed is no longer kept.")
	case errors.Is(err, madang.ErrUnavailable):
		return Info(CodeUnavailable, "This is not possible at the moment; try again later.")
	case errors.Is(err, madang.ErrClosed):
		return Info(CodeUnavailable, "This connection or server is closing.")
	}
	return Info(CodeInternal, "The server failed.")
}
