package auth

import (
	"fmt"
	"strings"

	"madang"
)

// A Refusal is a no of the backend, or of whatever answered in its place. It is [madang.ErrForbidden], whatever the
// reason, and never more than its status is for the client.
type Refusal struct {
	Channel madang.Channel
	URL     string // that was asked; empty: none
	Code    int    // the backend's HTTP status; 0 if none came
	Cause   string // what is likely to be wrong, and what to do
	Err     error  // why nothing came, or what is wrong with the answer; may be nil
}

// Error says all there is to know, for the log.
func (r *Refusal) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "authorize %s", r.Channel)
	if r.URL != "" {
		fmt.Fprintf(&b, ": POST %s", r.URL)
	}
	if r.Code != 0 {
		fmt.Fprintf(&b, ": status %d", r.Code)
	}
	if r.Err != nil {
		fmt.Fprintf(&b, ": %v", r.Err)
	}
	if r.Cause != "" {
		fmt.Fprintf(&b, " (%s)", r.Cause)
	}
	return b.String()
}

// Status returns the backend's HTTP status: 200 where it has answered so and not said yes, 0 if it could not be asked.
func (r *Refusal) Status() int { return r.Code }

// Unwrap returns [madang.ErrForbidden] and Err.
func (r *Refusal) Unwrap() []error {
	if r.Err == nil {
		return []error{madang.ErrForbidden}
	}
	return []error{madang.ErrForbidden, r.Err}
}
