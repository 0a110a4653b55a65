package device

import (
	"fmt"
	"time"
	"unicode/utf8"
)

// Bounds of commands.
const (
	MaxKey  = 64  // bytes of an idempotency key
	MaxNote = 200 // bytes of what a hub says of a command
	MaxOpen = 64  // commands of one hub that have not ended
)

// A CommandState is how far a command has come.
type CommandState string

// States. The last three are ends.
const (
	Queued  CommandState = "queued" // the hub is away
	Sent    CommandState = "sent"   // and not answered yet
	Done    CommandState = "done"
	Refused CommandState = "refused" // by the hub
	Expired CommandState = "expired" // nobody answered in time, or the hub did not come back in time
)

// Ended reports whether a state is an end.
func (s CommandState) Ended() bool { return s == Done || s == Refused || s == Expired }

// A Command is what somebody wishes of a device, on its way.
type Command struct {
	App    string
	ID     string // ids sort in the order in which commands came
	Hub    string
	Device string
	// Place is the id of the place to which the hub belonged when it was given: who has the hub later does not see it.
	Place  string
	Person string
	// Key makes a command that is sent again the same one: a person's keys are unique. It is chosen by the client.
	Key       string
	Set       Values
	State     CommandState
	Note      string // what the hub says of it, if it has refused
	CreatedAt time.Time
	// ExpiresAt is when the command ends by itself: if it was sent, when the answer is awaited no longer.
	ExpiresAt time.Time
	// GivenUpAt is until when the command may wait in the queue; before CreatedAt for one that may not.
	GivenUpAt time.Time
	// EndsBy is until when it may be on its way at all; zero: whoever gave it does not say.
	EndsBy  time.Time `json:",omitzero"`
	EndedAt time.Time // zero: it has not
	Rev     int64     // see Store
}

// queue returns the command waiting for its hub, or ended if it may not wait any longer.
func (c Command) queue(now time.Time) Command {
	if !c.GivenUpAt.After(now) {
		return c.end(Expired, "", now)
	}
	c.State, c.ExpiresAt = Queued, c.GivenUpAt
	return c
}

// send returns the command on its way to its hub, or ended if it has come too late for that.
func (c Command) send(now time.Time, timeout time.Duration) Command {
	if c.State == Queued && !c.ExpiresAt.After(now) {
		return c.end(Expired, "", now)
	}
	c.State, c.ExpiresAt = Sent, now.Add(timeout)
	if !c.EndsBy.IsZero() && c.EndsBy.Before(c.ExpiresAt) {
		c.ExpiresAt = c.EndsBy
	}
	return c
}

// end returns the command at its end.
func (c Command) end(s CommandState, note string, now time.Time) Command {
	c.State, c.Note, c.EndedAt, c.ExpiresAt = s, note, now, now
	return c
}

func checkKey(key string) error {
	if len(key) > MaxKey || !utf8.ValidString(key) {
		return fmt.Errorf("the key has %d bytes, at most %d of UTF-8 are allowed: %w", len(key), MaxKey, ErrInvalid)
	}
	return nil
}
