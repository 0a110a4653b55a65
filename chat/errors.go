package chat

import (
	"errors"
	"fmt"

	"madang"
)

// The errors of this package and of every Store, to be asked for with errors.Is. They come wrapped with what was attempted
// on which object; that text is for logs, not for clients. Each wraps one of the core's, by which dialects choose what to
// say; those that are a [*madang.Refusal] have a code of their own for clients.
var (
	// ErrNotFound says that the room, member or message does not exist.
	ErrNotFound = fmt.Errorf("chat: %w", madang.ErrNotFound)
	// ErrForbidden says that the caller is not a member of the room, or not one who may do this.
	ErrForbidden = fmt.Errorf("chat: %w", madang.ErrForbidden)
	// ErrInvalid says that an argument can never be accepted as it is, such as an empty text.
	ErrInvalid = fmt.Errorf("chat: %w", madang.ErrInvalid)
	// ErrConflict says that the object exists already, or exists as something else. Its code is "conflict".
	ErrConflict = refusal("conflict", "It exists already.", madang.ErrInvalid)
	// ErrTooLarge is the ErrInvalid of a text beyond its limits. Its code is "too_large".
	ErrTooLarge = refusal("too_large", "The text is too long.", ErrInvalid)
	// ErrIDRefused is the ErrForbidden of a room with an id that its maker has chosen. Its code is "id_refused".
	ErrIDRefused = refusal("id_refused", "The server chooses the ids of rooms.", ErrForbidden)
	// ErrUserNotFound is the ErrNotFound of a user whom this app has never seen. Its code is "user_not_found".
	ErrUserNotFound = refusal("user_not_found", "There is no such user.", ErrNotFound)
)

func refusal(code, text string, err error) error {
	return &madang.Refusal{Code: code, Text: text, Err: err}
}

// errStopped says that a Feature has been closed.
var errStopped = errors.New("chat: the feature is closed")
