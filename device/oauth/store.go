package oauth

import (
	"context"
	"time"

	"madang/device/pairing"
)

// A Store keeps requests: the last one of each hub. Every method is atomic and safe for concurrent use, and what was reported
// as done is seen by every later call on any node and survives the death of the process. Times are kept in milliseconds of UTC.
//
// What is kept has a Rev, 0 for what was never kept. Saving gives it the next, if the Rev is still the one that is kept, and
// otherwise fails with [device.ErrConflict] and changes nothing.
//
// device/devicetest checks all of this.
type Store interface {
	// Grant returns the request of a hub; of one that was never kept one with nothing but its names.
	Grant(ctx context.Context, app, hub string) (Grant, error)
	// GrantByCode returns the request with a user code, by its MAC. [device.ErrNotFound]: there is none, or it is zero.
	GrantByCode(ctx context.Context, app string, code pairing.MAC) (Grant, error)
	// SaveGrant replaces the request of a hub. A user code that another request of the app has is an ErrConflict.
	SaveGrant(ctx context.Context, g Grant) error
	// SweepGrants removes those that expired before a time, and returns how many they were.
	SweepGrants(ctx context.Context, before time.Time) (int, error)
}
