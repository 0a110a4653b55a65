package chat

import (
	"fmt"
	"strconv"
	"time"
)

// A RoomKind says whom a room is for. The values are stored and part of the interface to clients.
type RoomKind string

// The kinds of rooms.
const (
	RoomPublic  RoomKind = "public"  // everyone in the app may read and join
	RoomPrivate RoomKind = "private" // members only
	RoomDirect  RoomKind = "direct"  // exactly two members, one room per pair
)

// Valid reports whether k is one of the kinds above.
func (k RoomKind) Valid() bool {
	return k == RoomPublic || k == RoomPrivate || k == RoomDirect
}

// A Room is one conversation.
type Room struct {
	Ref       RoomRef
	Kind      RoomKind
	Name      string // for people; may be empty
	DirectKey string // DirectKey of the two members; empty unless Kind is RoomDirect
	LastSeq   int64  // number of the newest message; 0: none yet
	LastRev   int64  // number of the newest change
	// LastAt is the time of the last message, or of creation while there is none. It never goes back, whatever the
	// senders' clocks do: lists of rooms are sorted by it.
	LastAt    time.Time
	Members   int // active members
	CreatedAt time.Time
}

// A NewRoom describes a room to a Store.
type NewRoom struct {
	Ref       RoomRef
	Kind      RoomKind
	Name      string
	DirectKey string      // required for RoomDirect, refused for other kinds
	Members   []NewMember // the first members, each user once; their joining counts as part of the room's creation
	At        time.Time
}

// Validate reports, as ErrInvalid, what no Store may accept. Lengths and alphabets are the Service's business.
func (n NewRoom) Validate() error {
	switch {
	case n.Ref.App == "" || n.Ref.ID == "":
		return fmt.Errorf("new room %v: app and id must not be empty: %w", n.Ref, ErrInvalid)
	case !n.Kind.Valid():
		return fmt.Errorf("new room %v: unknown kind %q: %w", n.Ref, n.Kind, ErrInvalid)
	case (n.Kind == RoomDirect) != (n.DirectKey != ""):
		return fmt.Errorf("new room %v: direct rooms, and only they, have a direct key: %w", n.Ref, ErrInvalid)
	}
	seen := make(map[string]bool, len(n.Members))
	for _, m := range n.Members {
		if err := m.Validate(); err != nil {
			return fmt.Errorf("new room %v: %w", n.Ref, err)
		}
		if seen[m.User] {
			return fmt.Errorf("new room %v: member %q given twice: %w", n.Ref, m.User, ErrInvalid)
		}
		seen[m.User] = true
	}
	return nil
}

// DirectKey returns the key under which the direct room of two users is unique in their app. The order of the two does
// not matter, and no two different pairs share a key: the length in front keeps ("a", "bc") and ("ab", "c") apart.
func DirectKey(a, b string) string {
	if b < a {
		a, b = b, a
	}
	return strconv.Itoa(len(a)) + ":" + a + ":" + b
}

// Millis returns t as this package stores times: in UTC, to the millisecond, without a monotonic clock reading.
// The zero time stays zero.
func Millis(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return time.UnixMilli(t.UnixMilli()).UTC()
}
