package pairing

import (
	"fmt"
	"time"

	"madang"
)

// The errors of this package and of every Store, to be asked for with errors.Is.
var (
	// ErrWrong says that the code is not the one on the display.
	ErrWrong = fmt.Errorf("pairing: the code is wrong: %w", madang.ErrUnauthenticated)
	// ErrExpired says that there is no code, or none any more, that this person could redeem at this hub.
	ErrExpired = fmt.Errorf("pairing: the code has expired: %w", madang.ErrUnauthenticated)
	// ErrLocked says that the button on the box must be pressed before a code is shown again.
	ErrLocked = fmt.Errorf("pairing: locked until the button on the box is pressed: %w", madang.ErrForbidden)
	// ErrNoDisplay says that the hub has no display connected that could show a code.
	ErrNoDisplay = fmt.Errorf("pairing: the hub's display is not connected: %w", madang.ErrNotFound)
	// ErrInvalid says that an argument can never be accepted as it is.
	ErrInvalid = fmt.Errorf("pairing: %w", madang.ErrInvalid)
	// ErrNotFound says that there is nothing of that name.
	ErrNotFound = fmt.Errorf("pairing: %w", madang.ErrNotFound)
	// ErrConflict says that somebody else has saved it in the meantime.
	ErrConflict = fmt.Errorf("pairing: it has changed in the meantime: %w", madang.ErrInvalid)
)

// A WaitError says that a limit has been reached. It wraps [madang.ErrTooMany].
type WaitError struct {
	Of    string        // what is limited: "hub", "person" or "address"
	Retry time.Duration // after which trying again may work
}

// Error says whose limit it is and how long it lasts.
func (e *WaitError) Error() string {
	return fmt.Sprintf("pairing: too many for this %s: again in %v", e.Of, e.Retry)
}

// Unwrap returns madang.ErrTooMany.
func (e *WaitError) Unwrap() error { return madang.ErrTooMany }
