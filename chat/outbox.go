package chat

import (
	"fmt"
	"time"

	"madang"
)

// An EventType says what an outbox entry tells the world.
type EventType string

// The event types.
const (
	EventMessageCreated EventType = "message.created"
)

// An OutboxEntry is one thing that was committed and must still be published.
type OutboxEntry struct {
	ID       int64 // grows with every commit; never used twice
	Type     EventType
	Rev      int64   // the room's rev of the change
	Attempts int     // how often the entry has been claimed, this time included
	Message  Message // as it is now
	Members  int     // active members of the room now

	Skip madang.ConnID // NewMessage.Skip
}

// A Claim asks for outbox entries to publish.
type Claim struct {
	By    string    // who claims: a node's name that is the same after a restart; not empty
	Now   time.Time // entries claimed or postponed beyond this moment are left alone
	Until time.Time // when others may take over, should the claimant die; later than Now
	Limit int       // at least 1
}

// Validate reports, as ErrInvalid, what no Store may accept.
func (c Claim) Validate() error {
	switch {
	case c.By == "":
		return fmt.Errorf("outbox claim without a claimant: %w", ErrInvalid)
	case c.Limit < 1:
		return fmt.Errorf("outbox claim of %d entries: %w", c.Limit, ErrInvalid)
	case !Millis(c.Until).After(Millis(c.Now)):
		return fmt.Errorf("outbox claim until %v is over at %v: %w", c.Until, c.Now, ErrInvalid)
	}
	return nil
}
