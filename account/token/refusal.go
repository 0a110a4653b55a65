package token

import (
	"errors"

	"madang"
	"madang/account/jws"
)

// Reasons why a token was refused. [Guard.Authenticate] returns them wrapped for [errors.Is]; a client never sees more
// than the [madang.Refusal] that comes with them.
var (
	ErrMissing     = errors.New("no token given")
	ErrMalformed   = jws.ErrMalformed
	ErrAlgorithm   = jws.ErrAlgorithm
	ErrUnknownKey  = errors.New("no key for this token")
	ErrSignature   = errors.New("signature does not verify")
	ErrClaim       = errors.New("claim unusable")
	ErrExpired     = errors.New("token has expired")
	ErrNotYetValid = errors.New("token is not valid yet")
	ErrIssuer      = errors.New("wrong issuer")
	ErrAudience    = errors.New("wrong audience")
	ErrApp         = errors.New("token is for another app")
	ErrUser        = errors.New("token names no user")
)

// Refuse makes the error of a guard that refuses: a [*madang.Refusal] of that code in the language, which wraps
// [madang.ErrUnauthenticated], together with the reason. Its own text is the Refusal's and hides the reason, so that
// nothing leaks where somebody prints it.
func Refuse(code string, l Language, reason error) error {
	return &refused{
		Refusal: &madang.Refusal{Code: code, Text: Text(code, l), Err: madang.ErrUnauthenticated},
		reason:  reason,
	}
}

type refused struct {
	*madang.Refusal
	reason error
}

// Unwrap returns the Refusal and the reason.
func (r *refused) Unwrap() []error { return []error{r.Refusal, r.reason} }

// codeOf returns the code that a client sees for a reason.
func codeOf(reason error) string {
	switch {
	case errors.Is(reason, ErrMissing):
		return CodeMissing
	case errors.Is(reason, ErrExpired):
		return CodeExpired
	default:
		return CodeInvalid
	}
}
