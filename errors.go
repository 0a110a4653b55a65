package madang

import "errors"

// Errors of the core. They come wrapped with the operation and its object; a dialect maps them with [errors.Is] to its
// own codes in one table, and a client sees no more than that code's fixed text.
var (
	// ErrUnauthenticated says that the credentials prove nobody.
	ErrUnauthenticated = errors.New("unauthenticated")
	// ErrForbidden says that the principal may not do this.
	ErrForbidden = errors.New("forbidden")
	// ErrNotFound says that there is no such procedure, channel or connection.
	ErrNotFound = errors.New("not found")
	// ErrInvalid says that what was asked is malformed.
	ErrInvalid = errors.New("invalid")
	// ErrTooMany says that a limit was reached; trying again later may work.
	ErrTooMany = errors.New("too many")
	// ErrUnavailable says that what is needed, such as the store or what joins the nodes, does not answer or takes nothing new
	// now; trying again later may work. It may have happened all the same.
	ErrUnavailable = errors.New("unavailable")
	// ErrClosed says that the connection, hub or broker has ended.
	ErrClosed = errors.New("closed")
	// ErrLost says that the position asked for is no longer kept: something may have been missed.
	ErrLost = errors.New("position lost")
)
