package account

import "time"

// A Hash is the SHA-256 of a random secret, which is all that is kept of it.
type Hash [32]byte

// A Client is where somebody signed in from, as it is shown to them.
type Client struct {
	Address   string // of the network
	UserAgent string
}

// A Session is somebody's browser. Its id is the hash of what the cookie says.
type Session struct {
	ID     Hash
	App    string
	Person int64
	// Pending says that the password was right and the second factor is still to come: nobody is signed in by it.
	Pending bool
	// Remember lets the session live for as long as a person who asked to be remembered expects.
	Remember    bool
	ConfirmedAt time.Time // when the password was last confirmed; zero: never
	Client      Client
	CreatedAt   time.Time
	SeenAt      time.Time
	ExpiresAt   time.Time
}

// A Family is a sign-in by tokens: the first one, and those that followed it. Only the last can be exchanged for another.
type Family struct {
	ID     string // random; in the tokens
	App    string
	Person int64
	Guard  string // of the tokens' principals
	// Current is the hash of what can be exchanged for the next: a refresh token or, where the access token itself is
	// refreshed, the id of the last of those.
	Current    Hash
	Generation int64 // how many times it was
	Client     Client
	CreatedAt  time.Time
	SeenAt     time.Time // when the last one was given
	ExpiresAt  time.Time // of the family: nothing can be exchanged after it
}

// An APIToken is what a program signs in with.
type APIToken struct {
	ID        int64 // given by the Store; stands before the secret
	App       string
	Person    int64
	Name      string
	Hash      Hash
	Abilities []string // "*": all
	CreatedAt time.Time
	UsedAt    time.Time // zero: never
	ExpiresAt time.Time // zero: never
}

// A Purpose is what a OneTime is good for.
type Purpose string

// Purposes.
const (
	PurposeReset  Purpose = "reset"  // a new password, by a link in a mail
	PurposeVerify Purpose = "verify" // an address is somebody's
)

// A OneTime proves something once. A person has at most one for each purpose: another takes its place.
type OneTime struct {
	Purpose   Purpose
	App       string
	Person    int64
	Hash      Hash
	Email     string // the address it was sent to: it proves nothing about another
	CreatedAt time.Time
	ExpiresAt time.Time
}
