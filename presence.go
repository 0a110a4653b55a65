package madang

import (
	"context"
	"time"
)

// Presence keeps who is in a channel, for the whole cluster. Entries belong to nodes: a node that no longer renews its
// lease loses them, and each of them is reported exactly once by somebody's Sweep; see also
// [DepartureLedger]. [NewMemory] has the reference.
type Presence interface {
	// Put adds or changes a member's entry and reports whether it is the first of its user in the channel.
	Put(ctx context.Context, c Channel, m Member) (first bool, err error)

	// Remove deletes an entry. It returns nil if there was none, and whether it was the last of its user.
	Remove(ctx context.Context, c Channel, id ConnID) (was *Member, last bool, err error)

	// Members returns the entries of a channel.
	Members(ctx context.Context, c Channel) ([]Member, error)

	// Keep renews the lease of a node's entries: they vanish ttl after the last call.
	Keep(ctx context.Context, n NodeID, ttl time.Duration) error

	// Sweep removes the entries of nodes whose lease has ended.
	Sweep(ctx context.Context) ([]Departure, error)
}

// A Member is one entry of a presence set. A user may be there through several connections; dialects that show users
// collapse them.
type Member struct {
	User  string
	Conn  ConnID
	Node  NodeID
	Data  []byte // raw, as the client or the policy gave it
	Type  DataType
	Since time.Time // when it entered, or last changed its data

	// RawUser is the user's id as JSON where its origin does not write it as a string: a number of a Laravel app. Dialects
	// that repeat the origin's words use it, everything else User. It may be nil.
	RawUser []byte

	Extras []byte // raw JSON that one dialect keeps and the others may ignore
}

// A Departure is an entry that Sweep removed.
type Departure struct {
	Channel Channel
	Member  Member
	Last    bool // it was the last of its user
}
