package packet

import (
	"errors"
	"fmt"
)

var (
	// ErrMalformed is wrapped by every error about bytes that break the protocol or its limits. The protocol's answer
	// is to close the whole connection.
	ErrMalformed = errors.New("socket.io packet: malformed")

	// ErrArgument is wrapped by errors of Deconstruct and Reconstruct about Go values: one that has no JSON form, or a
	// target that cannot hold what was sent.
	ErrArgument = errors.New("socket.io packet: argument")
)

// malformed says what is wrong and at which byte. It never quotes the input, which may be long or secret.
func malformed(what string, at int) error {
	return fmt.Errorf("%w: %s at byte %d", ErrMalformed, what, at)
}
