package bearer

import (
	"errors"
	"fmt"

	"madang"
)

// Reasons why nobody is signed in by a token. They are for logs, and for clients that expect to hear the reason; ErrNotOurs
// apart, all wrap madang.ErrUnauthenticated.
var (
	// ErrNotOurs says that a token was not made here: another guard may know it.
	ErrNotOurs = errors.New("bearer: the token was made by somebody else")
	// ErrMissing says that there is no token. It wraps ErrNotOurs.
	ErrMissing = fmt.Errorf("bearer: there is no token: %w", ErrNotOurs)
	// ErrSignature says that a token names one of this server's keys, which has not signed it.
	ErrSignature = reason("the signature does not verify")
	// ErrClaims says that a token lacks claims, or was made for something else: another audience, guard or use.
	ErrClaims = reason("the claims are not those of such a token")
	// ErrExpired says that a token was good.
	ErrExpired = reason("the token has expired")
	// ErrEarly says that a token will be good.
	ErrEarly = reason("the token is not good yet")
	// ErrEnded says that a token was exchanged, or the sign-in has ended.
	ErrEnded = reason("the sign-in has ended, or the token was exchanged for another")
)

func reason(text string) error { return fmt.Errorf("bearer: %s: %w", text, madang.ErrUnauthenticated) }

// noGood reports whether an error is about a token, and not the server's own trouble.
func noGood(err error) bool {
	return errors.Is(err, madang.ErrUnauthenticated) || errors.Is(err, ErrNotOurs)
}
