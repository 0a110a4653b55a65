package account

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// A Provider is a table of people: its name in the configuration, such as "users" or "members".
type Provider string

// A Person can sign in. Times are kept in milliseconds.
type Person struct {
	ID       int64 // unique in the app; given by the Store
	App      string
	Provider Provider
	Name     string // for people to read
	// Email is the address as it was given. Two addresses that are the same in lower case are the same.
	Email      string
	VerifiedAt time.Time // when the address was proved to be theirs; zero: not yet
	Password   string    // a hash; empty: nobody can sign in with a password
	Locale     string    // language of pages and mails: ko or en; empty: as the client asks
	Photo      string    // key in the blob store; empty: none
	DisabledAt time.Time // zero: not disabled
	Factor     Factor
	CreatedAt  time.Time
	UpdatedAt  time.Time

	// Rev grows by one with each change, and says which state of the person was read: see [PersonStore.SavePerson].
	Rev int64
}

// A Factor is somebody's second factor. Secret and Codes are sealed with a key of the server's: whoever reads the store
// cannot make codes.
type Factor struct {
	Secret      []byte    // empty: there is none
	Codes       []byte    // recovery codes
	ConfirmedAt time.Time // when the first code was shown; zero: it is not asked for yet
	Step        int64     // of the last code that was accepted; none up to that is accepted again
}

// On reports whether a second factor is asked for.
func (f Factor) On() bool { return !f.ConfirmedAt.IsZero() }

// User returns the person's id as principals and tokens have it.
func (p Person) User() string { return strconv.FormatInt(p.ID, 10) }

// Verified reports whether the address was proved to be theirs.
func (p Person) Verified() bool { return !p.VerifiedAt.IsZero() }

// Disabled reports whether the person may not sign in.
func (p Person) Disabled() bool { return !p.DisabledAt.IsZero() }

// Longest texts, in bytes. Addresses are bounded by RFC 5321 section 4.5.3.1.3.
const (
	MaxName  = 255
	MaxEmail = 254
)

// Canonical returns the form of an address that is compared: in lower case, without space around it.
func Canonical(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

// Validate reports, as ErrInvalid, what no Store may accept. What is a good name or password is decided elsewhere.
func (p Person) Validate() error {
	switch {
	case p.App == "" || p.Provider == "":
		return fmt.Errorf("a person needs an app and a provider: %w", ErrInvalid)
	case p.Email == "" || len(p.Email) > MaxEmail || Canonical(p.Email) == "":
		return fmt.Errorf("the address has %d bytes, 1 to %d are allowed: %w", len(p.Email), MaxEmail, ErrInvalid)
	case len(p.Name) > MaxName:
		return fmt.Errorf("the name has %d bytes, at most %d are allowed: %w", len(p.Name), MaxName, ErrInvalid)
	}
	for _, text := range []string{p.App, string(p.Provider), p.Email, p.Name, p.Locale, p.Photo, p.Password} {
		if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			return fmt.Errorf("a text of the person is not UTF-8, or has a zero byte: %w", ErrInvalid)
		}
	}
	return nil
}
