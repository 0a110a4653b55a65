package chat

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// A Service is the rules of chat over a Store: who may do what, and which texts, names and ids are taken. Each method acts
// for a user, who is trusted to be authenticated. It is safe for concurrent use.
type Service struct {
	config Config
	store  Store
	now    func() time.Time
	newID  func() string
	log    *slog.Logger
	node   string
	lease  time.Duration
}

// checkUser refuses users that cannot be stored.
func checkUser(u UserRef) error {
	if u.App == "" {
		return fmt.Errorf("app is empty: %w", ErrInvalid)
	}
	return checkUserID(u.ID)
}

// member returns the user's place in the room, or ErrForbidden if they are not an active member.
func (s *Service) member(ctx context.Context, u UserRef, room string) (Member, error) {
	m, err := s.store.Member(ctx, u.Room(room), u.ID)
	if errors.Is(err, ErrNotFound) {
		// Either the user or the room is missing; only the latter is "not found" to the caller.
		if _, err := s.store.Room(ctx, u.Room(room)); err != nil {
			return Member{}, err
		}
		return Member{}, fmt.Errorf("user %q is not a member of room %v: %w", u.ID, u.Room(room), ErrForbidden)
	}
	if err != nil {
		return Member{}, err
	}
	if !m.Active() {
		return Member{}, fmt.Errorf("user %q has left room %v: %w", u.ID, u.Room(room), ErrForbidden)
	}
	return m, nil
}

// reader returns the first seq that the user may read in the room, or ErrForbidden.
func (s *Service) reader(ctx context.Context, u UserRef, room string) (from int64, err error) {
	m, err := s.member(ctx, u, room)
	if err == nil {
		return m.HiddenBeforeSeq, nil
	}
	if !errors.Is(err, ErrForbidden) {
		return 0, err
	}
	r, roomErr := s.store.Room(ctx, u.Room(room))
	if roomErr != nil {
		return 0, roomErr
	}
	if r.Kind != RoomPublic {
		return 0, err
	}
	return 0, nil
}
