package chat

import "time"

// How many rooms or members a page has.
const (
	DefaultRooms   = 50
	MaxRooms       = 1000
	DefaultMembers = 300
	MaxMembers     = 1000
)

// A RoomsQuery asks for one page of a user's rooms, the one with the latest activity first. For the next page, At and ID
// are Room.LastAt and Room.Ref.ID of the last entry received; a room that becomes active meanwhile moves to the front, where
// a client hears of it by its message. The zero query is the first page.
type RoomsQuery struct {
	At    time.Time
	ID    string
	Limit int // 0 or less: DefaultRooms; at most MaxRooms
}

// A RoomEntry is a room as one of its members sees it in a list.
type RoomEntry struct {
	Room   Room
	Member Member
	Unread int64
	Last   *Message // the newest message the member may see; nil: none
}

// A ListQuery asks for one page of things sorted by id. For the next page, After is the last id received.
type ListQuery struct {
	After string // exclusive; empty: from the start
	Limit int    // 0 or less: the default of what is listed; at most its maximum
}

// Unread is how much a user has not read in one room.
type Unread struct {
	Room  RoomRef
	Count int64 // at least 1 in a list: rooms without unread messages are left out
}

// RoomsLimit returns the page size that a query for rooms with this limit gets.
func RoomsLimit(limit int) int { return pageSize(limit, DefaultRooms, MaxRooms) }

// MembersLimit returns the page size that a query for members with this limit gets.
func MembersLimit(limit int) int { return pageSize(limit, DefaultMembers, MaxMembers) }

func pageSize(limit, def, most int) int {
	if limit <= 0 {
		return def
	}
	return min(limit, most)
}

// A Place is a room that a user is in.
type Place struct {
	Room    string // its id
	Members int    // active ones
}
