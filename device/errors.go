package device

import (
	"fmt"

	"madang"
)

// The errors of this package and of every Store, to be asked for with errors.Is. They come wrapped with what was attempted;
// that text is for logs. Those that are a [*madang.Refusal] have a code of their own for clients.
var (
	// ErrNotFound says that there is no such place, hub, device, command or token for who asks.
	ErrNotFound = fmt.Errorf("device: %w", madang.ErrNotFound)
	// ErrForbidden says that who asks may not do this.
	ErrForbidden = fmt.Errorf("device: %w", madang.ErrForbidden)
	// ErrUnauthenticated says that a secret or token is not, or no longer, good.
	ErrUnauthenticated = fmt.Errorf("device: %w", madang.ErrUnauthenticated)
	// ErrInvalid says that an argument can never be accepted as it is.
	ErrInvalid = fmt.Errorf("device: %w", madang.ErrInvalid)
	// ErrConflict says that it has changed in the meantime: look again, and decide again. Its code is "conflict".
	ErrConflict = refusal("conflict", "It has changed in the meantime.", madang.ErrInvalid)
	// ErrAway says that the hub is not connected, and that what was asked for cannot wait. Its code is "hub_away".
	ErrAway = refusal("hub_away", "The hub is not connected.", madang.ErrNotFound)
	// ErrTooMany says that a bound of the model is reached: members, invitations, devices, open commands. Its code is "too_many".
	ErrTooMany = refusal("too_many", "There are too many.", madang.ErrTooMany)
	// ErrLastOwner says that a place would be left without an owner. Its code is "last_owner".
	ErrLastOwner = refusal("last_owner", "A place needs an owner.", ErrForbidden)
)

func refusal(code, text string, err error) error {
	return &madang.Refusal{Code: code, Text: text, Err: err}
}
