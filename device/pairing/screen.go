package pairing

import (
	"context"
	"fmt"
	"time"
)

// A Screen is the displays of hubs. Only the hub's own display may hear what it is told.
type Screen interface {
	// Show shows a code, in place of the one there was. ErrNoDisplay: nobody could see it.
	Show(ctx context.Context, h Hub, p Prompt) error
	// Clear takes a code away, if it is still shown.
	Clear(ctx context.Context, h Hub, id string, why End)
	// Alarm says that somebody seems to be guessing, and that the button must be pressed before anybody can pair.
	Alarm(ctx context.Context, h Hub)
}

// A Looker is a Screen that knows whether there is anybody who could see something. It is asked before a hub's own budget is
// touched, so that a hub whose display is away loses nothing of it, and answers as one that there is not.
type Looker interface {
	// Ready reports, as ErrNoDisplay, that nobody could see a code.
	Ready(ctx context.Context, h Hub) error
}

// A Prompt is what a display shows.
type Prompt struct {
	ID        string // of the code, for Clear
	Code      string
	Who       string // who asks, for people to read
	From      string // the address they ask from; may be empty
	ExpiresAt time.Time
}

// Validate refuses what no display is to show: what is longer than a code or a name can be, or not for reading.
func (p Prompt) Validate() error {
	clean := Request{Who: p.Who}.who()
	if p.ID == "" || len(p.ID) > maxTyped || p.Code == "" || len(p.Code) > maxTyped || clean != p.Who || len(p.From) > maxTyped {
		return fmt.Errorf("a code to show, its id, who asks or from where is too long or not for reading: %w", ErrInvalid)
	}
	for _, c := range p.ID + p.Code + p.From {
		if c <= ' ' || c > '~' {
			return fmt.Errorf("a code to show has %q in it: %w", c, ErrInvalid)
		}
	}
	return nil
}

// An End is why a code is no longer shown.
type End string

// Ends.
const (
	EndRedeemed  End = "redeemed"
	EndFailed    End = "failed" // by wrong tries
	EndExpired   End = "expired"
	EndWithdrawn End = "withdrawn" // by who is in the house
)
