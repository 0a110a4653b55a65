package device

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"
)

// Bounds of a place.
const (
	MaxMembers     = 100
	MaxInvitations = 20
)

// A Role is what somebody is in a place.
type Role string

// Roles. A member commands the devices; an owner also says who else may, and which hubs belong to the place.
const (
	Owner       Role = "owner"
	HouseMember Role = "member"
)

// Valid reports whether there is such a role.
func (r Role) Valid() bool { return r == Owner || r == HouseMember }

// A Place is a home: its people, and the hubs that name it.
type Place struct {
	App         string
	ID          string
	Name        string
	Members     []Member // in the order in which they came; at least one owner
	Invitations []Invitation
	CreatedAt   time.Time
	Rev         int64 // see Store
}

// A Member is somebody in a place.
type Member struct {
	Person string // the id of a user of the app
	Name   string // as they were called when they came
	Role   Role
	Since  time.Time
}

// An Invitation lets somebody become a member, once.
type Invitation struct {
	Code      Hash // of the secret that was given to who made it
	Role      Role
	By        string // a person
	ExpiresAt time.Time
}

// Member returns somebody's membership.
func (p Place) Member(person string) (Member, bool) {
	i := slices.IndexFunc(p.Members, func(m Member) bool { return m.Person == person })
	if i < 0 || person == "" {
		return Member{}, false
	}
	return p.Members[i], true
}

// with returns the place with somebody in it; nobody is made less than they are.
func (p Place) with(m Member) (Place, error) {
	p.Members = slices.Clone(p.Members)
	if i := slices.IndexFunc(p.Members, func(old Member) bool { return old.Person == m.Person }); i >= 0 {
		if m.Role == Owner {
			p.Members[i].Role = Owner
		}
		return p, nil
	}
	if len(p.Members) >= MaxMembers {
		return p, fmt.Errorf("place %s has %d members: %w", p.ID, len(p.Members), ErrTooMany)
	}
	p.Members = append(p.Members, m)
	return p, nil
}

// as returns the place with a member in another role; there must be an owner left.
func (p Place) as(person string, r Role) (Place, error) {
	if _, in := p.Member(person); !in {
		return p, fmt.Errorf("place %s: %q is no member: %w", p.ID, person, ErrNotFound)
	}
	p.Members = slices.Clone(p.Members)
	for i := range p.Members {
		if p.Members[i].Person == person {
			p.Members[i].Role = r
		}
	}
	return p, p.owned(person)
}

// owned refuses a place without an owner, which is what somebody's going or stepping down would make of it.
func (p Place) owned(person string) error {
	if !slices.ContainsFunc(p.Members, func(m Member) bool { return m.Role == Owner }) {
		return fmt.Errorf("place %s without %q: %w", p.ID, person, ErrLastOwner)
	}
	return nil
}

// without returns the place without somebody, who must not be the last owner.
func (p Place) without(person string) (Place, error) {
	p.Members = slices.DeleteFunc(slices.Clone(p.Members), func(m Member) bool { return m.Person == person })
	return p, p.owned(person)
}

// A Hash is the SHA-256 of a random secret, which is all that is kept of it.
type Hash [sha256.Size]byte

// HashOf returns the hash of a secret.
func HashOf(secret string) Hash { return sha256.Sum256([]byte(secret)) }

// MarshalText implements encoding.TextMarshaler.
func (h Hash) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h[:]), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (h *Hash) UnmarshalText(text []byte) error {
	b, err := hex.AppendDecode(nil, text)
	if err != nil || len(b) != len(h) {
		return fmt.Errorf("a hash has %d hexadecimal digits, not %d: %w", 2*len(h), len(text), ErrInvalid)
	}
	copy(h[:], b)
	return nil
}
