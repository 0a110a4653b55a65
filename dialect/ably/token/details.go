package token

import (
	"time"

	"madang"
	"madang/dialect/ably/capability"
)

// GuardName is the guard of Ably's principals.
const GuardName = "ably"

// wildcard is the client id that stands for all.
const wildcard = "*"

// Details are what credentials prove. They are not changed once made; another identity makes others.
type Details struct {
	App        string
	Key        string         // Ably's name of the key that all rests on
	Basic      bool           // the key itself was shown, not a token
	ClientID   string         // who it is; empty: nobody in particular
	Wildcard   bool           // may act as any client id, each time another
	Capability capability.Set // what it may do
	Issued     time.Time      // zero for keys
	Expires    time.Time      // zero: never

	RevocationKey string // x-ably-revocation-key, by which the application revokes a group of JWTs
	Claims        []byte // the claims of a JWT that begin with "ably.", as a JSON object; nil: none

	holder string // the client id in the token itself, * or nothing included; revocation goes by it
}

// Principal returns the details as madang's other parts know them. The capability is not in it: how the dialect's
// policy comes to know that is the dialect's affair.
func (d *Details) Principal() *madang.Principal {
	return &madang.Principal{App: d.App, Guard: GuardName, User: d.ClientID, Claims: d.Claims, Expires: d.Expires}
}

// Expired reports whether the time is over.
func (d *Details) Expired(now time.Time) bool { return !d.Expires.IsZero() && !now.Before(d.Expires) }

// When a client is asked for its next token.
const (
	promptBefore = 30 * time.Second        // before the end
	promptUntil  = 5500 * time.Millisecond // with less than this left nobody could answer in time
	promptAfter  = 5 * time.Second         // no sooner, or with little left after half of it
)

// PromptAt returns when to ask a connected client for its next token. It is never at once: whose tokens live for less than
// the 30 seconds before the end would be asked again as soon as they have answered, for ever. ok is false if there is no
// point in it: the credentials never expire, or so soon that the client will learn it by being disconnected.
func (d *Details) PromptAt(now time.Time) (at time.Time, ok bool) {
	left := d.Expires.Sub(now)
	if d.Expires.IsZero() || left < promptUntil {
		return time.Time{}, false
	}
	return now.Add(max(left-promptBefore, min(promptAfter, left/2))), true
}
