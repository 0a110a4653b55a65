package memory

import (
	"cmp"
	"context"
	"slices"
	"time"

	"madang/chat"
)

// MarkRead implements chat.CursorStore.
func (c *Chat) MarkRead(_ context.Context, ref chat.RoomRef, user string, seq int64, at time.Time) (chat.Member, bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, err := c.find(ref)
	if err != nil {
		return chat.Member{}, false, err
	}
	m, err := r.active(user)
	if err != nil {
		return chat.Member{}, false, err
	}
	seq = min(seq, r.LastSeq)
	if seq <= m.ReadSeq {
		return *m, false, nil
	}
	m.ReadSeq, m.ReadAt = seq, chat.Millis(at)
	return *m, true, nil
}

// unread counts the messages after the member's cursor that count.
func (r *room) unread(m *chat.Member) int64 {
	var n int64
	for _, msg := range r.messages[m.ReadSeq:] {
		if msg.Kind != chat.MessageSystem {
			n++
		}
	}
	return n
}

// each calls f for every room in which the user is an active member. The lock is held.
func (c *Chat) each(user chat.UserRef, f func(*room, *chat.Member)) {
	for ref, r := range c.rooms {
		if m, ok := r.members[user.ID]; ok && ref.App == user.App && m.Active() {
			f(r, m)
		}
	}
}

// Rooms implements chat.CursorStore.
func (c *Chat) Rooms(_ context.Context, user chat.UserRef, q chat.RoomsQuery) ([]chat.RoomEntry, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	order := func(a, b chat.RoomEntry) int {
		return cmp.Or(b.Room.LastAt.Compare(a.Room.LastAt), cmp.Compare(b.Room.Ref.ID, a.Room.Ref.ID))
	}
	var cursor chat.RoomEntry
	cursor.Room.LastAt, cursor.Room.Ref.ID = q.At, q.ID
	var list []chat.RoomEntry
	c.each(user, func(r *room, m *chat.Member) {
		e := chat.RoomEntry{Room: r.Room, Member: *m, Unread: r.unread(m)}
		if r.LastSeq > 0 && r.LastSeq >= m.HiddenBeforeSeq {
			last := r.messages[r.LastSeq-1]
			e.Last = &last
		}
		if q.ID == "" || order(cursor, e) < 0 {
			list = append(list, e)
		}
	})
	slices.SortFunc(list, order)
	return first(list, chat.RoomsLimit(q.Limit)), nil
}

// Unread implements chat.CursorStore.
func (c *Chat) Unread(_ context.Context, user chat.UserRef) ([]chat.Unread, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []chat.Unread
	c.each(user, func(r *room, m *chat.Member) {
		if n := r.unread(m); n > 0 {
			list = append(list, chat.Unread{Room: r.Ref, Count: n})
		}
	})
	slices.SortFunc(list, func(a, b chat.Unread) int { return cmp.Compare(a.Room.ID, b.Room.ID) })
	return list, nil
}

// UnreadTotal implements chat.CursorStore.
func (c *Chat) UnreadTotal(_ context.Context, user chat.UserRef) (int64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var total int64
	c.each(user, func(r *room, m *chat.Member) { total += r.unread(m) })
	return total, nil
}
