package chat

import (
	"fmt"
	"time"
)

// A User is what this package remembers of somebody who has been here, so that people can be named, found and told when
// they were last seen. Who they really are is the guard's business.
type User struct {
	Ref    UserRef
	Name   string    // as last given by a guard; may be empty
	SeenAt time.Time // when they were last here
}

// Validate reports, as ErrInvalid, what no Store may accept.
func (u User) Validate() error {
	if u.Ref.App == "" || u.Ref.ID == "" {
		return fmt.Errorf("user %v: app and id must not be empty: %w", u.Ref, ErrInvalid)
	}
	return nil
}
