package device

import (
	"context"
	"time"
)

// A Store keeps the model. All that changes, changes by Save: what belongs together is kept together or not at all. Each
// thing has a Rev, 0 if it was never kept; Save gives it the next if the Rev is still the one that is kept, and fails with
// ErrConflict otherwise. So whatever was decided was decided on what is true, and races are decided nowhere else.
//
// Every method is safe for concurrent use; what Save reported as done is seen by every later call on any node and survives
// the death of the process. Times are given in milliseconds of UTC and kept so. What is given and returned is the caller's
// own: nothing in it is shared. Reading what does not exist is ErrNotFound.
//
// device/devicetest checks all of this.
type Store interface {
	PlaceStore
	HubStore
	CommandStore
	TokenStore
	Save(ctx context.Context, c Change) error
	// Audit returns entries that a query asks for, the newest first.
	Audit(ctx context.Context, q AuditQuery) ([]AuditEntry, error)
	// Sweep removes commands that ended and audit entries from before a time, and tokens that have expired by now, and
	// returns how many that were.
	Sweep(ctx context.Context, before, now time.Time) (int, error)
}

// A PlaceStore reads places.
type PlaceStore interface {
	Place(ctx context.Context, app, id string) (Place, error)
	// PlacesOf returns the places in which somebody is a member, sorted by id.
	PlacesOf(ctx context.Context, app, person string) ([]Place, error)
	// PlaceInvited returns the place with an invitation of this code.
	PlaceInvited(ctx context.Context, app string, code Hash) (Place, error)
}

// A HubStore reads hubs and their devices.
type HubStore interface {
	Hub(ctx context.Context, app, serial string) (Hub, error)
	// HubsOf returns the hubs of a place, sorted by serial.
	HubsOf(ctx context.Context, app, place string) ([]Hub, error)
	// OnlineHubs returns hubs of all apps that are taken to be connected (Link is not empty), sorted by app and serial, from
	// behind one of them on, at most limit.
	OnlineHubs(ctx context.Context, afterApp, afterSerial string, limit int) ([]Hub, error)
	// Hubs returns the hubs of an app, sorted by serial, from behind one of them on, at most limit.
	Hubs(ctx context.Context, app, after string, limit int) ([]Hub, error)
	Device(ctx context.Context, app, hub, id string) (Device, error)
	// Devices returns those of a hub, sorted by id.
	Devices(ctx context.Context, app, hub string) ([]Device, error)
}

// A CommandStore reads commands.
type CommandStore interface {
	Command(ctx context.Context, app, id string) (Command, error)
	// CommandByKey returns the command that a person gave with a key, which is not empty.
	CommandByKey(ctx context.Context, app, person, key string) (Command, error)
	// OpenCommands returns those of a hub that have not ended, sorted by id, which is the order in which they came.
	OpenCommands(ctx context.Context, app, hub string) ([]Command, error)
	// CommandsOf returns commands of a hub, sorted by id, the greatest first: those with a smaller id than before, or all if
	// that is empty; at most limit.
	CommandsOf(ctx context.Context, app, hub, before string, limit int) ([]Command, error)
	// DueCommands returns commands of all hubs that have not ended and whose ExpiresAt is not after a time, the first to
	// expire first, at most limit.
	DueCommands(ctx context.Context, at time.Time, limit int) ([]Command, error)
}

// A TokenStore reads tokens. One that has expired does not exist.
type TokenStore interface {
	Token(ctx context.Context, app, id string, at time.Time) (Token, error)
	// TokensOf returns the tokens of a hub, sorted by id.
	TokensOf(ctx context.Context, app, hub string, at time.Time) ([]Token, error)
}

// A Change is what is kept together, or not at all. A command with a key that its person has used for another is an
// ErrConflict, as is a Rev that is not the one that is kept; removing comes last. Nothing is to be both kept and removed.
type Change struct {
	Places   []Place
	Hubs     []Hub
	Devices  []Device
	Commands []Command
	Tokens   []Token // new

	// Removed if their Rev is the one that is kept; ErrConflict if it is not, or they are not there.
	NoPlaces []Place
	NoHubs   []Hub
	// Removed, whether they are there or not.
	NoDevices []Device // by App, Hub and ID
	NoTokens  []Token  // by App and ID

	Audit []AuditEntry
}
