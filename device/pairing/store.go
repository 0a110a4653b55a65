package pairing

import (
	"context"
	"time"
)

// A Store keeps what must not be forgotten: by a restart, or between nodes. Every method is atomic and safe for concurrent
// use, and what was reported as done is seen by every later call on any node. Times are kept in milliseconds of UTC.
//
// What is kept has a Rev, 0 for what was never kept. Saving gives it the next, if the Rev is still the one that is kept, and
// otherwise fails with [ErrConflict] and changes nothing.
//
// device/devicetest checks all of this.
type Store interface {
	// Pairing returns the state of a hub's pairing; of one that was never kept one with nothing but its name.
	Pairing(ctx context.Context, h Hub) (State, error)
	// SavePairing replaces it.
	SavePairing(ctx context.Context, s State) error
	// SweepPairings removes the states in which nothing is left that matters: that have spent nothing and been pressed never
	// since a time, have no failures, are not locked, and have no code, or one that nobody has tried and that ended before that
	// time. It returns how many they were.
	SweepPairings(ctx context.Context, before time.Time) (int, error)
	// LastAsked returns the hub whose code of now somebody asked for last. ErrNotFound: there is none.
	LastAsked(ctx context.Context, app, requester string) (Hub, error)
	// Tally returns what was counted under a key; if nothing was, one with nothing but its name.
	Tally(ctx context.Context, app, key string) (Tally, error)
	// SaveTally replaces it.
	SaveTally(ctx context.Context, t Tally) error
	// SweepTallies removes those that were last changed before a time, and returns how many they were.
	SweepTallies(ctx context.Context, before time.Time) (int, error)
}

// A Tally counts what one person, or one address, has done.
type Tally struct {
	App   string
	Key   string // at most MaxKey bytes
	Spent Spent
	Rev   int64
}

// MaxKey is the longest key of a Tally and the longest name of a hub, an app or who asks, in bytes.
const MaxKey = 300
