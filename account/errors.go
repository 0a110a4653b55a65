package account

import (
	"fmt"

	"madang"
)

// The errors of this package and of every Store, to be asked for with errors.Is. They come wrapped with what was attempted;
// that text is for logs, not for clients.
var (
	// ErrNotFound says that there is no such person, session, token or role; or not any more.
	ErrNotFound = fmt.Errorf("account: %w", madang.ErrNotFound)
	// ErrInvalid says that an argument can never be accepted as it is.
	ErrInvalid = fmt.Errorf("account: %w", madang.ErrInvalid)
	// ErrTaken says that somebody of the provider has the address already, or a role the name.
	ErrTaken = fmt.Errorf("account: it is taken: %w", ErrInvalid)
	// ErrConflict says that somebody else has changed it in the meantime: read it again, and decide again.
	ErrConflict = fmt.Errorf("account: it has changed in the meantime: %w", ErrInvalid)
	// ErrTooSoon says that another one was made a short while ago.
	ErrTooSoon = fmt.Errorf("account: another one was made a short while ago: %w", ErrInvalid)
	// ErrReused says that a refresh token was shown that had been exchanged before: somebody has a copy of it. The family has
	// ended with that.
	ErrReused = fmt.Errorf("account: the token has been exchanged before: %w", madang.ErrUnauthenticated)
)
