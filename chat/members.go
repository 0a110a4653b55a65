package chat

import (
	"context"
	"errors"
	"fmt"
)

// Join makes the user a member of a public room and reports whether they were not one before. Of other rooms one becomes
// a member by being added; there it succeeds for members only.
func (s *Service) Join(ctx context.Context, by UserRef, room string) (Member, bool, error) {
	if err := checkUser(by); err != nil {
		return Member{}, false, fmt.Errorf("chat: join: %w", err)
	}
	r, err := s.store.Room(ctx, by.Room(room))
	if err != nil {
		return Member{}, false, fmt.Errorf("chat: join: %w", err)
	}
	if r.Kind != RoomPublic {
		m, err := s.member(ctx, by, room)
		if err != nil {
			return Member{}, false, fmt.Errorf("chat: join: %w", err)
		}
		return m, false, nil
	}
	m, joined, err := s.store.Join(ctx, r.Ref, NewMember{User: by.ID, Role: RoleMember}, Millis(s.now()))
	if err != nil {
		return Member{}, false, fmt.Errorf("chat: join: %w", err)
	}
	return m, joined, nil
}

// AddMember makes somebody else a member of a room that the user is in, and reports whether they were not one before.
// With hideHistory the new member sees only what is written from now on. Nobody can be added to a direct room.
func (s *Service) AddMember(ctx context.Context, by UserRef, room, user string, hideHistory bool) (Member, bool, error) {
	if err := checkUserID(user); err != nil {
		return Member{}, false, fmt.Errorf("chat: add member: %w", err)
	}
	if _, err := s.member(ctx, by, room); err != nil {
		return Member{}, false, fmt.Errorf("chat: add member: %w", err)
	}
	if err := s.notDirect(ctx, by.Room(room)); err != nil {
		return Member{}, false, fmt.Errorf("chat: add member: %w", err)
	}
	n := NewMember{User: user, Role: RoleMember, HideHistory: hideHistory}
	m, joined, err := s.store.Join(ctx, by.Room(room), n, Millis(s.now()))
	if err != nil {
		return Member{}, false, fmt.Errorf("chat: add member: %w", err)
	}
	return m, joined, nil
}

// Leave ends the user's membership and reports whether they had one. A direct room cannot be left.
func (s *Service) Leave(ctx context.Context, by UserRef, room string) (Member, bool, error) {
	if err := s.notDirect(ctx, by.Room(room)); err != nil {
		return Member{}, false, fmt.Errorf("chat: leave: %w", err)
	}
	m, left, err := s.store.Leave(ctx, by.Room(room), by.ID, Millis(s.now()))
	if errors.Is(err, ErrNotFound) {
		err = fmt.Errorf("user %q is not a member of room %v: %w", by.ID, by.Room(room), ErrForbidden)
	}
	if err != nil {
		return Member{}, false, fmt.Errorf("chat: leave: %w", err)
	}
	return m, left, nil
}

// RemoveMember ends somebody else's membership, which takes an owner, and reports whether they had one.
func (s *Service) RemoveMember(ctx context.Context, by UserRef, room, user string) (Member, bool, error) {
	own, err := s.member(ctx, by, room)
	if err != nil {
		return Member{}, false, fmt.Errorf("chat: remove member: %w", err)
	}
	if own.Role != RoleOwner {
		return Member{}, false, fmt.Errorf("chat: remove member: user %q does not own room %v: %w",
			by.ID, by.Room(room), ErrForbidden)
	}
	m, left, err := s.store.Leave(ctx, by.Room(room), user, Millis(s.now()))
	if err != nil {
		return Member{}, false, fmt.Errorf("chat: remove member: %w", err)
	}
	return m, left, nil
}

// Member returns the user's own place in a room; ErrForbidden if they are not an active member.
func (s *Service) Member(ctx context.Context, by UserRef, room string) (Member, error) {
	m, err := s.member(ctx, by, room)
	if err != nil {
		return Member{}, fmt.Errorf("chat: member: %w", err)
	}
	return m, nil
}

// Members returns, sorted by user id, the members of a room that the user may read, with their cursors.
func (s *Service) Members(ctx context.Context, by UserRef, room string, q ListQuery) ([]Member, error) {
	if _, err := s.reader(ctx, by, room); err != nil {
		return nil, fmt.Errorf("chat: members: %w", err)
	}
	return s.store.Members(ctx, by.Room(room), q)
}

// notDirect refuses direct rooms, whose two members are what they are.
func (s *Service) notDirect(ctx context.Context, ref RoomRef) error {
	r, err := s.store.Room(ctx, ref)
	if err != nil {
		return err
	}
	if r.Kind == RoomDirect {
		return fmt.Errorf("room %v is direct, its members stay: %w", ref, ErrInvalid)
	}
	return nil
}
