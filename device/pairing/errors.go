package pairing

import (
	"fmt"
	"math"
	"time"

	"madang"
)

// The errors of this package and of every Store, to be asked for with errors.Is. Those that are a [*madang.Refusal] have a
// code of their own for clients.
var (
	// ErrWrong says that the code is not the one on the display. Its code is "code_wrong".
	ErrWrong = refusal("code_wrong", "The code is wrong.", madang.ErrUnauthenticated)
	// ErrExpired says that there is no code, or none any more, that this person could redeem at this hub. Its code is
	// "code_expired".
	ErrExpired = refusal("code_expired", "The code has expired.", madang.ErrUnauthenticated)
	// ErrLocked says that the button on the box must be pressed before a code is shown again. Its code is "hub_locked".
	ErrLocked = refusal("hub_locked", "Press the button on the hub first.", madang.ErrForbidden)
	// ErrNoDisplay says that the hub has no display connected that could show a code. Its code is "no_display".
	ErrNoDisplay = refusal("no_display", "The hub's display is not connected.", madang.ErrNotFound)
	// ErrInvalid says that an argument can never be accepted as it is.
	ErrInvalid = fmt.Errorf("pairing: %w", madang.ErrInvalid)
	// ErrNotFound says that there is nothing of that name.
	ErrNotFound = fmt.Errorf("pairing: %w", madang.ErrNotFound)
	// ErrConflict says that somebody else has saved it in the meantime.
	ErrConflict = fmt.Errorf("pairing: it has changed in the meantime: %w", madang.ErrInvalid)
)

func refusal(code, text string, err error) error {
	return &madang.Refusal{Code: code, Text: text, Err: err}
}

// A WaitError says that a limit has been reached. It wraps a [*madang.Refusal] of [madang.ErrTooMany] whose code is
// "too_many".
type WaitError struct {
	Of    string        // what is limited: "hub", "person" or "address"
	Retry time.Duration // after which trying again may work
}

// Error says whose limit it is and how long it lasts.
func (e *WaitError) Error() string {
	return fmt.Sprintf("pairing: too many for this %s: again in %v", e.Of, e.Retry)
}

// Unwrap returns what clients are told.
func (e *WaitError) Unwrap() error {
	return refusal("too_many", fmt.Sprintf("Too many. Try again in %d seconds.", int(math.Ceil(e.Retry.Seconds()))), madang.ErrTooMany)
}
