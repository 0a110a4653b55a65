package account

import (
	"context"
	"time"
)

// A Store keeps accounts. Every method is atomic and safe for concurrent use; what a method reported as done is seen by every
// later call and survives the death of the process. Times are kept in milliseconds of UTC. Methods return ErrNotFound for
// what does not exist, unless their comments say otherwise, and ErrInvalid for what no Store may accept.
//
// account/accounttest checks all of this.
type Store interface {
	PersonStore
	SessionStore
	FamilyStore
	APITokenStore
	SignInStore
	OneTimeStore
	RoleStore
	AuditStore
	KeyStore
}

// A PersonStore keeps people.
type PersonStore interface {
	// AddPerson keeps a new person and returns it with its id, which nobody of the app has or ever had, and Rev 1. An id that
	// is not 0 is kept, for people who come from another system: ErrTaken if somebody has it. ErrTaken: somebody of the
	// provider has the address.
	AddPerson(ctx context.Context, p Person) (Person, error)
	// Person returns the person of an id.
	Person(ctx context.Context, app string, id int64) (Person, error)
	// PersonByEmail returns the person of a provider with an address, by its canonical form.
	PersonByEmail(ctx context.Context, app string, provider Provider, email string) (Person, error)
	// SavePerson replaces a person by p, if p.Rev is still the one that is kept, and returns it with the next one.
	// ErrConflict: it is not. ErrTaken: somebody else has the address. App, Provider and CreatedAt do not change.
	SavePerson(ctx context.Context, p Person) (Person, error)
	// DeletePerson removes a person and all that they are signed in by, their roles and what proves something for them. What
	// the audit log says of them stays. It returns the sign-ins that ended with it.
	DeletePerson(ctx context.Context, app string, id int64) (Ended, error)
	// People returns people of a provider with an id greater than after, in the order of their ids, at most limit of them.
	People(ctx context.Context, app string, provider Provider, after int64, limit int) ([]Person, error)
}

// Ended are the sign-ins that have ended with something else.
type Ended struct {
	Sessions  []Hash
	Families  []string
	APITokens []int64
	// Again says that what they were signed in by goes on in another way: a session under a new id, a token with other
	// abilities. Their connections end and come back. A Store never says that.
	Again bool
}

// A SessionStore keeps sessions. One that has expired does not exist.
type SessionStore interface {
	// AddSession keeps a new session. ErrNotFound: there is no such person.
	AddSession(ctx context.Context, s Session) error
	// Session returns the session of an id at a time.
	Session(ctx context.Context, app string, id Hash, at time.Time) (Session, error)
	// ReplaceSession removes the session of an id and keeps s, which takes its place: an id changes whenever its rights do.
	// ErrNotFound: it has ended, or been replaced; then nothing is kept.
	ReplaceSession(ctx context.Context, id Hash, s Session) error
	// SeeSession notes when and from where a session was last used, and until when it lives now.
	SeeSession(ctx context.Context, app string, id Hash, c Client, at, expires time.Time) error
	// EndSession removes a session.
	EndSession(ctx context.Context, app string, id Hash) error
	// Sessions returns a person's sessions at a time, the last used first.
	Sessions(ctx context.Context, app string, person int64, at time.Time) ([]Session, error)
}

// A FamilyStore keeps families of tokens. One that has expired does not exist.
type FamilyStore interface {
	// AddFamily keeps a new family. ErrNotFound: there is no such person.
	AddFamily(ctx context.Context, f Family) error
	// Family returns a family at a time.
	Family(ctx context.Context, app, id string, at time.Time) (Family, error)
	// Exchange replaces the family's current hash by the next, at a time and for a client, and returns it. ErrReused: the
	// hash is not the current one; the family has ended with that.
	Exchange(ctx context.Context, app, id string, current, next Hash, c Client, at time.Time) (Family, error)
	// EndFamily removes a family.
	EndFamily(ctx context.Context, app, id string) error
	// Families returns a person's families at a time, the last used first.
	Families(ctx context.Context, app string, person int64, at time.Time) ([]Family, error)
}

// An APITokenStore keeps tokens of programs. One that has expired does not exist.
type APITokenStore interface {
	// AddAPIToken keeps a new token and returns it with its id. ErrNotFound: there is no such person.
	AddAPIToken(ctx context.Context, t APIToken) (APIToken, error)
	// APIToken returns the token of an id at a time.
	APIToken(ctx context.Context, app string, id int64, at time.Time) (APIToken, error)
	// SetAbilities replaces what a person's token may do.
	SetAbilities(ctx context.Context, app string, person, id int64, abilities []string) error
	// UseAPIToken notes when a token was last used.
	UseAPIToken(ctx context.Context, app string, id int64, at time.Time) error
	// EndAPIToken removes a person's token.
	EndAPIToken(ctx context.Context, app string, person, id int64) error
	// APITokens returns a person's tokens at a time, in the order of their ids.
	APITokens(ctx context.Context, app string, person int64, at time.Time) ([]APIToken, error)
}

// A SignInStore ends what somebody is signed in by.
type SignInStore interface {
	// EndAll removes all of a person's sessions, families and API tokens but those that but names, and returns what it
	// removed. One that is being replaced at the same time is removed before, or after by its new name, but never missed.
	EndAll(ctx context.Context, app string, person int64, but Except) (Ended, error)
}

// Except says what stays when everything else ends.
type Except struct {
	Session   Hash   // zero: none
	Family    string // empty: none
	APITokens bool   // all of them stay
}

// A OneTimeStore keeps what proves something once.
type OneTimeStore interface {
	// PutOneTime keeps o in place of what the person had for that purpose. ErrTooSoon: that was made less than pause before;
	// then nothing changes. ErrNotFound: there is no such person.
	PutOneTime(ctx context.Context, o OneTime, pause time.Duration) error
	// TakeOneTime removes what has a hash and returns it: whoever gets it is the only one. ErrNotFound also if it has
	// expired.
	TakeOneTime(ctx context.Context, app string, purpose Purpose, h Hash, at time.Time) (OneTime, error)
}

// A RoleStore keeps roles and who has them.
type RoleStore interface {
	// PutRole keeps a role in place of the one with its guard and name, if there is one, and returns it with its id.
	PutRole(ctx context.Context, r Role) (Role, error)
	// Roles returns the roles of a guard by their names.
	Roles(ctx context.Context, app, guard string) ([]Role, error)
	// DeleteRole removes a role, also from those who have it.
	DeleteRole(ctx context.Context, app, guard, name string) error
	// Assign gives a person exactly these roles of a guard, and exactly these permissions of their own. ErrNotFound also if
	// there is no such role; then nothing changes.
	Assign(ctx context.Context, app string, person int64, guard string, roles, permissions []string) error
	// Rights returns what a person may for a guard; nothing for somebody who does not exist.
	Rights(ctx context.Context, app string, person int64, guard string) (Rights, error)
}

// An AuditStore keeps the audit log. Nothing in it changes.
type AuditStore interface {
	// Note adds an entry.
	Note(ctx context.Context, e AuditEntry) error
	// Audit returns entries that a query asks for, the newest first.
	Audit(ctx context.Context, q AuditQuery) ([]AuditEntry, error)
	// Sweep removes entries from before a time, and everything of other kinds that has expired by now, and returns how much
	// that was.
	Sweep(ctx context.Context, before, now time.Time) (int, error)
}

// An AuditQuery chooses entries.
type AuditQuery struct {
	App    string
	Person int64 // 0: all
	Act    Act   // empty: all
	Before int64 // entries with a smaller id; 0: from the newest on
	Limit  int   // at most so many; 1 to 1000
}
