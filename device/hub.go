package device

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// A Hub is a box at home to which devices are connected.
type Hub struct {
	App    string
	Serial string // unique in the app; printed on the box
	Name   string
	Place  string // id of the place it belongs to; empty: nobody has paired with it yet
	// What the box proves itself with: a secret, or a key of its own; the other is empty.
	Secret    Hash
	PublicKey string  `json:",omitempty"` // PEM; see package proof
	Proofs    []Proof `json:",omitempty"` // that it has shown, as long as they would be good
	// Link is the connection by which it is there; empty: it is away. A hub that connects again takes it over, and the end
	// of the connection before then means nothing.
	Link         string
	SeenAt       time.Time // when it last came or went
	RegisteredAt time.Time
	Rev          int64 // see Store
}

// A Proof is one that a hub has signed and shown, and that is not good again.
type Proof struct {
	ID    string
	Until time.Time
}

// maxProofs is how many proofs of a hub are kept that would still be good: how often it may prove itself in about six minutes.
const maxProofs = 64

// shown returns the hub with one more proof that it has shown.
func (h Hub) shown(p Proof, now time.Time) (Hub, error) {
	h.Proofs = slices.DeleteFunc(slices.Clone(h.Proofs), func(old Proof) bool { return !old.Until.After(now) })
	if slices.ContainsFunc(h.Proofs, func(old Proof) bool { return old.ID == p.ID }) {
		return h, fmt.Errorf("a proof that was shown before: %w", ErrUnauthenticated)
	}
	if len(h.Proofs) >= maxProofs {
		return h, fmt.Errorf("hub %s has proved itself %d times in the last minutes: %w", h.Serial, len(h.Proofs), ErrTooMany)
	}
	h.Proofs = append(h.Proofs, p)
	return h, nil
}

// Online reports whether the hub is connected.
func (h Hub) Online() bool { return h.Link != "" }

// Bounds of names, in bytes.
const (
	MaxSerial = 64
	MaxID     = 64
	MaxName   = 128
	MaxPerson = 128
)

// CheckSerial refuses what cannot be a hub's serial, or a device's id: 1 to 64 letters, digits, ".", "_", ":" and "-" of
// ASCII, the first a letter or digit, so that it can stand in an address and in a channel's name.
func CheckSerial(s string) error {
	if s == "" || len(s) > MaxSerial {
		return fmt.Errorf("an id has %d bytes, 1 to %d are allowed: %w", len(s), MaxSerial, ErrInvalid)
	}
	for i := range len(s) {
		c := s[i]
		alphanumeric := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !alphanumeric && (i == 0 || !strings.ContainsRune("._:-", rune(c))) {
			return fmt.Errorf("id %q has %q at byte %d: %w", s, c, i, ErrInvalid)
		}
	}
	return nil
}

// checkName refuses what is no name for people to read.
func checkName(name string) error {
	if name == "" || len(name) > MaxName || !utf8.ValidString(name) || strings.TrimSpace(name) != name {
		return fmt.Errorf("a name must have 1 to %d bytes of text and no space around it: %w", MaxName, ErrInvalid)
	}
	if strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsGraphic(r) }) {
		return fmt.Errorf("name %q has characters that are not for reading: %w", name, ErrInvalid)
	}
	return nil
}
