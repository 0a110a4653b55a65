package chat

import (
	"context"
	"fmt"

	"madang"
)

// MarkRead says that the principal has read everything up to seq, and returns how far they have read then.
func (f *Feature) MarkRead(ctx context.Context, p *madang.Principal, room string, seq int64) (ReadState, error) {
	by := UserOf(p)
	m, moved, err := f.rules.MarkRead(ctx, by, f.roomOr(room), seq)
	if err != nil {
		return ReadState{}, err
	}
	if moved {
		r, err := f.rules.store.Room(ctx, m.Room)
		if err != nil {
			return ReadState{}, fmt.Errorf("chat: mark read: %w", err)
		}
		f.tell(ctx, f.readEvent(m.Room, r.Members, p.User, m.ReadSeq))
	}
	unread, err := f.unreadIn(ctx, by, m.Room.ID)
	if err != nil {
		return ReadState{}, err
	}
	return ReadState{ReadSeq: m.ReadSeq, Unread: unread}, nil
}

// Unread returns how much the principal has not read.
func (f *Feature) Unread(ctx context.Context, p *madang.Principal) (UnreadState, error) {
	list, total, err := f.rules.Unread(ctx, UserOf(p))
	if err != nil {
		return UnreadState{}, err
	}
	s := UnreadState{Total: total, Rooms: make(map[string]int64, len(list))}
	for _, u := range list {
		s.Rooms[u.Room.ID] = u.Count
	}
	return s, nil
}

// unreadIn returns how much a user has not read in one room.
func (f *Feature) unreadIn(ctx context.Context, u UserRef, room string) (n int64, err error) {
	list, _, err := f.rules.Unread(ctx, u)
	for _, r := range list {
		if r.Room.ID == room {
			n = r.Count
		}
	}
	return n, err
}
