package chat

import (
	"slices"

	"madang"
)

// A SyncView is the data of the event sync, which tells a connection that events of rooms may have been lost on their way to
// it. Messages are in the store all the same: a client asks for them with history, from the last seq that it has, and for
// rooms and read marks with rooms and unread.
type SyncView struct {
	Rooms []string `json:"rooms"` // null: whichever
}

// Missed returns what to tell a connection that has missed something in some channels; none: in whichever.
func Missed(in []madang.Channel) SyncView {
	var v SyncView
	for _, c := range in {
		ref, ok := roomOf(c)
		if !ok { // the user's own channel, for one: rooms may have come or gone
			return SyncView{}
		}
		v.Rooms = append(v.Rooms, ref.ID)
	}
	slices.Sort(v.Rooms)
	return v
}
