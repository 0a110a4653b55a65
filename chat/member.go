package chat

import (
	"fmt"
	"time"
)

// A Role says what a member may do in a room beyond reading and sending.
type Role string

// The roles, the mightier first.
const (
	RoleOwner  Role = "owner"
	RoleMember Role = "member"
)

// Valid reports whether r is one of the roles above.
func (r Role) Valid() bool { return r == RoleOwner || r == RoleMember }

// A Member is one user's place in one room. It stays when the user leaves, so that the cursor survives a rejoin.
type Member struct {
	Room      RoomRef
	User      string
	Role      Role
	JoinedSeq int64 // the room's last seq when the user (last) joined
	JoinedAt  time.Time
	LeftAt    time.Time // zero while the user is an active member
	ReadSeq   int64     // the user has read everything up to here; only grows, JoinedSeq ≤ ReadSeq ≤ the room's last seq
	ReadAt    time.Time // when ReadSeq last moved by reading or sending; zero: never
	// HiddenBeforeSeq is the first seq the member may see; 0 and 1 both mean everything. It only grows.
	HiddenBeforeSeq int64
	Rev             int64 // the room's rev of the last join or leave
}

// Active reports whether the user is in the room now.
func (m Member) Active() bool { return m.LeftAt.IsZero() }

// A NewMember describes somebody who joins.
type NewMember struct {
	User string
	Role Role
	// HideHistory keeps what was written before the joining from the member.
	HideHistory bool
}

// Validate reports, as ErrInvalid, what no Store may accept.
func (n NewMember) Validate() error {
	if n.User == "" {
		return fmt.Errorf("member without a user id: %w", ErrInvalid)
	}
	if !n.Role.Valid() {
		return fmt.Errorf("member %q: unknown role %q: %w", n.User, n.Role, ErrInvalid)
	}
	return nil
}

// UnreadBy returns how many of the members have not read message seq yet: the number that KakaoTalk shows beside a
// message. Those who have left do not count, nor do those who joined after the message, whose cursor starts behind it.
func UnreadBy(members []Member, seq int64) int {
	n := 0
	for _, m := range members {
		if m.Active() && m.ReadSeq < seq {
			n++
		}
	}
	return n
}
