package engineio

import (
	"errors"
	"fmt"
)

// ErrMalformed is wrapped by every error about bytes that break the protocol or its limits. The protocol's answer is
// to close the session.
var ErrMalformed = errors.New("engine.io: malformed")

// malformed says what is wrong and at which byte. It never quotes the input, which may be long or secret.
func malformed(what string, at int) error {
	return fmt.Errorf("%w: %s at byte %d", ErrMalformed, what, at)
}
