package chat

import (
	"context"
	"time"
)

// A Store keeps rooms, members, messages and the outbox. The Service decides who may do what; a Store guarantees what
// only the keeper of the data can: numbers without gaps, one message per nonce, cursors that only grow.
//
// Every method is atomic and safe for concurrent use, and what a method reported as done is seen by every later call and
// survives the death of the process. Each returns ErrNotFound for a room that does not exist, unless its comment says
// otherwise, and ErrInvalid for arguments whose Validate fails. Times are kept as Millis returns them.
//
// chat/chattest checks all of this.
type Store interface {
	RoomStore
	MemberStore
	CursorStore
	MessageStore
	OutboxStore
	UserStore
}

// A RoomStore keeps rooms.
type RoomStore interface {
	// EnsureRoom returns the room with the id, or else the direct room with the direct key, of n; if there is neither it
	// creates the room with its first members at rev 1 and reports true. A room that existed stays as it was: the caller
	// judges whether it is what was wanted.
	EnsureRoom(ctx context.Context, n NewRoom) (Room, bool, error)
	// Room returns one room.
	Room(ctx context.Context, ref RoomRef) (Room, error)
	// PublicRooms returns public rooms of an app sorted by id; limits as for RoomsQuery. An app without rooms has an
	// empty list.
	PublicRooms(ctx context.Context, app string, q ListQuery) ([]Room, error)
}

// A MemberStore keeps who is in which room.
type MemberStore interface {
	// Join makes the user an active member and reports true, and does nothing but report false if they are one already.
	// Joining sets JoinedSeq, and the read cursor, to the room's last seq; with HideHistory also HiddenBeforeSeq, to the
	// seq after it. Somebody who comes back gets the new role; their cursor and HiddenBeforeSeq only grow.
	Join(ctx context.Context, ref RoomRef, n NewMember, at time.Time) (Member, bool, error)
	// Leave ends an active membership and reports true; it reports false for somebody who had left. When the last owner
	// leaves, the oldest of the other members becomes one: who joined first, among equals by user id. ErrNotFound: the
	// user never was a member.
	Leave(ctx context.Context, ref RoomRef, user string, at time.Time) (Member, bool, error)
	// Member returns a user's place in a room, also of somebody who has left. ErrNotFound: the user never was a member.
	Member(ctx context.Context, ref RoomRef, user string) (Member, error)
	// Members returns active members sorted by user id; for limits see MembersLimit.
	Members(ctx context.Context, ref RoomRef, q ListQuery) ([]Member, error)
	// RoomsOf returns the rooms in which the user is an active member, the latest activity first and equal times in
	// descending order of id, at most limit of them.
	RoomsOf(ctx context.Context, user UserRef, limit int) ([]Place, error)
}

// A CursorStore keeps how far members have read.
type CursorStore interface {
	// MarkRead moves an active member's cursor up to seq and reports whether it moved. A seq beyond the room's last is
	// taken as that last one; one below the cursor changes nothing. ErrForbidden: the user is not an active member.
	MarkRead(ctx context.Context, ref RoomRef, user string, seq int64, at time.Time) (Member, bool, error)
	// Rooms returns the rooms in which the user is an active member, the latest activity first and equal times in
	// descending order of id; for limits see RoomsLimit.
	Rooms(ctx context.Context, user UserRef, q RoomsQuery) ([]RoomEntry, error)
	// Unread returns, sorted by room id, the user's rooms in which something is unread: messages after the cursor that
	// count. System messages do not.
	Unread(ctx context.Context, user UserRef) ([]Unread, error)
	// UnreadTotal returns the sum of what Unread returns.
	UnreadTotal(ctx context.Context, user UserRef) (int64, error)
}

// A MessageStore keeps messages.
type MessageStore interface {
	// Append stores a message with the room's next seq and rev, an outbox entry for it, and, if it has a sender, their
	// read cursor at the message. A nonce that the sender has used in the room before makes it a Duplicate: nothing
	// changes and the first message is returned, whatever else has happened since. ErrForbidden: the sender is not an
	// active member.
	//
	// Messages become visible in the order of their seqs.
	Append(ctx context.Context, n NewMessage) (Appended, error)
	// Message returns one message. ErrNotFound: the room has no message with this seq.
	Message(ctx context.Context, ref RoomRef, seq int64) (Message, error)
	// History returns the page that q.Window describes.
	History(ctx context.Context, ref RoomRef, q HistoryQuery) (Page, error)
}

// An OutboxStore keeps what is committed and not yet published. Entries of one room are handed out in the order of their
// changes: none while an older one of its room is claimed or postponed. Delivery is at least once.
type OutboxStore interface {
	// Claim returns up to c.Limit entries, oldest first, and keeps them from other claims until c.Until.
	Claim(ctx context.Context, c Claim) ([]OutboxEntry, error)
	// Ack removes entries that have been published, whoever holds them now. Unknown ids are ignored.
	Ack(ctx context.Context, ids ...int64) error
	// Postpone keeps entries that could not be published from every claim until a time. Unknown ids are ignored.
	Postpone(ctx context.Context, until time.Time, ids ...int64) error
	// Release frees what a claimant holds, for a node that starts again and knows that its former self is dead. It
	// returns the number of entries freed.
	Release(ctx context.Context, by string) (int, error)
	// OutboxSize returns the number of entries, claimed or not.
	OutboxSize(ctx context.Context) (int64, error)
}

// A UserStore keeps who has been here.
type UserStore interface {
	// PutUser remembers a user. An empty name does not replace a known one, and SeenAt only grows.
	PutUser(ctx context.Context, u User) error
	// Users returns those of the ids that are known in an app, sorted by id.
	Users(ctx context.Context, app string, ids ...string) ([]User, error)
}
