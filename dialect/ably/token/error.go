package token

import (
	"fmt"
	"net/http"

	"madang"
)

// Codes of Ably's about credentials. CodeUnrecognised and CodeNoRenewal are not given here: no token has a record that
// could be missing, and clients say the other to themselves.
const (
	CodeBadRequest   = 40000 // among others: a capability that is not one
	CodeBadBody      = 40001
	CodeBadValue     = 40003 // a parameter out of its range
	CodeClientID     = 40012 // a client id that is none, or not the client's own
	CodeCredentials  = 40101 // key, mac or token prove nothing
	CodeIncompatible = 40102 // good by themselves, but not for this connection
	CodeClock        = 40104 // the request's time is not now
	CodeNonce        = 40105 // the request was used before
	CodeToken        = 40140 // not accepted; a new one will be
	CodeRevoked      = 40141
	CodeExpired      = 40142
	CodeUnrecognised = 40143
	CodeJWT          = 40144 // not accepted, and it is a JWT
	CodeDenied       = 40160 // the capability does not have it
	CodeNeedBasic    = 40162 // only who has the key may
	CodeNotRevocable = 40163 // the key's tokens cannot be revoked
	CodeNoRenewal    = 40171 // a token has expired without a way to get the next
	CodeNotFound     = 40400 // there is no such app or key
	CodeTooMany      = 42910
	CodeUnavailable  = 50003 // it is not known now; clients try again
)

// An Error is a refusal in the words of Ably's clients; as JSON it is the object that they expect, all members present.
// The message is for the developer at the other end and holds no secrets. With errors.Is it is one of madang's errors.
type Error struct {
	Code    int    `json:"code"`
	Status  int    `json:"statusCode"`
	Message string `json:"message"`
}

// Error returns code and message.
func (e *Error) Error() string { return fmt.Sprintf("ably %d: %s", e.Code, e.Message) }

// Is says which of madang's errors this is.
func (e *Error) Is(target error) bool {
	switch {
	case e.Code == CodeNotFound:
		// Who names a key that does not exist has not proved anything either.
		return target == madang.ErrNotFound || target == madang.ErrUnauthenticated
	case e.Code == CodeDenied, e.Code == CodeNeedBasic, e.Code == CodeNotRevocable:
		return target == madang.ErrForbidden
	case e.Status == http.StatusTooManyRequests:
		return target == madang.ErrTooMany
	case e.Status == http.StatusBadRequest:
		return target == madang.ErrInvalid
	}
	return e.Status == http.StatusUnauthorized && target == madang.ErrUnauthenticated
}

// Renewable reports whether a client that gets this error fetches another token and comes back.
func (e *Error) Renewable() bool { return e.Code >= CodeToken && e.Code < CodeToken+10 }

func refuse(code int, format string, a ...any) *Error {
	return &Error{code, statusOf(code), fmt.Sprintf(format, a...)}
}

// statusOf is the HTTP status that goes with a code.
func statusOf(code int) int {
	switch {
	case code == CodeNotFound:
		return http.StatusNotFound
	case code == CodeTooMany:
		return http.StatusTooManyRequests
	case code == CodeUnavailable:
		return http.StatusServiceUnavailable
	case code < CodeCredentials:
		return http.StatusBadRequest
	}
	return http.StatusUnauthorized
}

// badCapability gives what is wrong with a capability its code.
func badCapability(err error) error { return refuse(CodeBadRequest, "%v", err) }
