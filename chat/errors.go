package chat

import "errors"

// The errors of this package and of every Store, to be asked for with errors.Is. They come wrapped with what was attempted
// on which object; that text is for logs, not for clients.
var (
	// ErrNotFound says that the room, member or message does not exist.
	ErrNotFound = errors.New("chat: not found")
	// ErrForbidden says that the caller is not a member of the room, or not one who may do this.
	ErrForbidden = errors.New("chat: forbidden")
	// ErrInvalid says that an argument can never be accepted as it is, such as an empty text.
	ErrInvalid = errors.New("chat: invalid")
	// ErrConflict says that the object exists already, or exists as something else.
	ErrConflict = errors.New("chat: conflict")
)
