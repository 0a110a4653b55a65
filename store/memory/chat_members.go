package memory

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"madang/chat"
)

// member returns a user's place in the room, even if they have left, or chat.ErrNotFound.
func (r *room) member(user string) (*chat.Member, error) {
	m, ok := r.members[user]
	if !ok {
		return nil, fmt.Errorf("member %q of room %v: %w", user, r.Ref, chat.ErrNotFound)
	}
	return m, nil
}

// active returns an active member or chat.ErrForbidden.
func (r *room) active(user string) (*chat.Member, error) {
	m, ok := r.members[user]
	if !ok || !m.Active() {
		return nil, fmt.Errorf("user %q is not a member of room %v: %w", user, r.Ref, chat.ErrForbidden)
	}
	return m, nil
}

// Join implements chat.MemberStore.
func (c *Chat) Join(_ context.Context, ref chat.RoomRef, n chat.NewMember, at time.Time) (chat.Member, bool, error) {
	if err := n.Validate(); err != nil {
		return chat.Member{}, false, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	r, err := c.find(ref)
	if err != nil {
		return chat.Member{}, false, err
	}
	old, known := r.members[n.User]
	if known && old.Active() {
		return *old, false, nil
	}
	r.LastRev++
	r.Members++
	m := r.joined(n, chat.Millis(at))
	if known {
		m.ReadAt = old.ReadAt
		m.HiddenBeforeSeq = max(m.HiddenBeforeSeq, old.HiddenBeforeSeq)
	}
	r.members[n.User] = m
	return *m, true, nil
}

// Leave implements chat.MemberStore.
func (c *Chat) Leave(_ context.Context, ref chat.RoomRef, user string, at time.Time) (chat.Member, bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, err := c.find(ref)
	if err != nil {
		return chat.Member{}, false, err
	}
	m, err := r.member(user)
	if err != nil {
		return chat.Member{}, false, err
	}
	if !m.Active() {
		return *m, false, nil
	}
	r.LastRev++
	r.Members--
	m.LeftAt, m.Rev = chat.Millis(at), r.LastRev
	if m.Role == chat.RoleOwner {
		r.inherit()
	}
	return *m, true, nil
}

// inherit makes the oldest member an owner if there is none.
func (r *room) inherit() {
	var heir *chat.Member
	for _, m := range r.members {
		switch {
		case !m.Active():
		case m.Role == chat.RoleOwner:
			return
		case heir == nil, m.JoinedAt.Before(heir.JoinedAt), m.JoinedAt.Equal(heir.JoinedAt) && m.User < heir.User:
			heir = m
		}
	}
	if heir != nil {
		heir.Role, heir.Rev = chat.RoleOwner, r.LastRev
	}
}

// Member implements chat.MemberStore.
func (c *Chat) Member(_ context.Context, ref chat.RoomRef, user string) (chat.Member, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, err := c.find(ref)
	if err != nil {
		return chat.Member{}, err
	}
	m, err := r.member(user)
	if err != nil {
		return chat.Member{}, err
	}
	return *m, nil
}

// Members implements chat.MemberStore.
func (c *Chat) Members(_ context.Context, ref chat.RoomRef, q chat.ListQuery) ([]chat.Member, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, err := c.find(ref)
	if err != nil {
		return nil, err
	}
	var list []chat.Member
	for _, m := range r.members {
		if m.Active() && m.User > q.After {
			list = append(list, *m)
		}
	}
	slices.SortFunc(list, func(a, b chat.Member) int { return cmp.Compare(a.User, b.User) })
	return first(list, chat.MembersLimit(q.Limit)), nil
}

// RoomsOf implements chat.MemberStore.
func (c *Chat) RoomsOf(_ context.Context, user chat.UserRef, limit int) ([]chat.Place, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []chat.Room
	c.each(user, func(r *room, _ *chat.Member) { all = append(all, r.Room) })
	slices.SortFunc(all, func(a, b chat.Room) int {
		return cmp.Or(b.LastAt.Compare(a.LastAt), cmp.Compare(b.Ref.ID, a.Ref.ID))
	})
	var list []chat.Place
	for _, r := range first(all, limit) {
		list = append(list, chat.Place{Room: r.Ref.ID, Members: r.Members})
	}
	return list, nil
}
