package chat

import (
	"context"
	"fmt"
)

// A RoomSpec describes a room that somebody wants.
type RoomSpec struct {
	ID      string   // empty: a new one is made
	Kind    RoomKind // RoomPublic or RoomPrivate
	Name    string
	Members []string // user ids of the other first members
}

// CreateRoom makes a room with the user as its owner. ErrConflict: the id is taken.
func (s *Service) CreateRoom(ctx context.Context, by UserRef, spec RoomSpec) (Room, error) {
	if err := checkUser(by); err != nil {
		return Room{}, fmt.Errorf("chat: create room: %w", err)
	}
	switch spec.ID {
	case "":
		spec.ID = s.newID()
	case s.config.DefaultRoom.ID: // nobody shall own the room that everybody is in
		return Room{}, fmt.Errorf("chat: create room %q: it is the default room: %w", spec.ID, ErrConflict)
	}
	n, err := s.newRoom(by.App, spec)
	if err != nil {
		return Room{}, fmt.Errorf("chat: create room: %w", err)
	}
	members := []NewMember{{User: by.ID, Role: RoleOwner}}
	for _, m := range n.Members {
		if m.User != by.ID {
			members = append(members, m)
		}
	}
	n.Members = members
	room, created, err := s.store.EnsureRoom(ctx, n)
	if err != nil {
		return Room{}, fmt.Errorf("chat: create room %v: %w", n.Ref, err)
	}
	if !created {
		return Room{}, fmt.Errorf("chat: create room %v: the id is taken: %w", n.Ref, ErrConflict)
	}
	return room, nil
}

// EnsureRoom makes sure, on the server's own authority, that an app has a room with the id, such as the room that everybody
// finds at first. A room that exists keeps its name and members. ErrConflict: it exists and is of another kind.
func (s *Service) EnsureRoom(ctx context.Context, app string, spec RoomSpec) (Room, error) {
	n, err := s.newRoom(app, spec)
	if err != nil {
		return Room{}, fmt.Errorf("chat: ensure room: %w", err)
	}
	room, _, err := s.store.EnsureRoom(ctx, n)
	if err != nil {
		return Room{}, fmt.Errorf("chat: ensure room %v: %w", n.Ref, err)
	}
	if room.Kind != n.Kind {
		return Room{}, fmt.Errorf("chat: ensure room %v: it exists as a %s room, not a %s one: %w",
			n.Ref, room.Kind, n.Kind, ErrConflict)
	}
	return room, nil
}

// newRoom checks a spec and turns it into what a Store is told.
func (s *Service) newRoom(app string, spec RoomSpec) (NewRoom, error) {
	if err := checkRoomID(spec.ID); err != nil {
		return NewRoom{}, err
	}
	if spec.Kind != RoomPublic && spec.Kind != RoomPrivate {
		return NewRoom{}, fmt.Errorf("room kind %q, want %q or %q: %w", spec.Kind, RoomPublic, RoomPrivate, ErrInvalid)
	}
	if spec.Name != "" {
		name, err := s.config.name().Clean(spec.Name)
		if err != nil {
			return NewRoom{}, fmt.Errorf("room name: %w", err)
		}
		spec.Name = name
	}
	if len(spec.Members) > s.config.MaxFirstMembers {
		return NewRoom{}, fmt.Errorf("%d first members, at most %d are allowed: %w",
			len(spec.Members), s.config.MaxFirstMembers, ErrInvalid)
	}
	n := NewRoom{
		Ref:  RoomRef{App: app, ID: spec.ID},
		Kind: spec.Kind,
		Name: spec.Name,
		At:   Millis(s.now()),
	}
	for _, id := range spec.Members {
		if err := checkUserID(id); err != nil {
			return NewRoom{}, err
		}
		n.Members = append(n.Members, NewMember{User: id, Role: RoleMember})
	}
	return n, n.Validate()
}

// OpenDirect returns the direct room of two users, making it if they have none, and reports whether it did.
func (s *Service) OpenDirect(ctx context.Context, by UserRef, other string) (Room, bool, error) {
	if err := checkUser(by); err != nil {
		return Room{}, false, fmt.Errorf("chat: open direct room: %w", err)
	}
	if err := checkUserID(other); err != nil {
		return Room{}, false, fmt.Errorf("chat: open direct room: %w", err)
	}
	if by.ID == other {
		return Room{}, false, fmt.Errorf("chat: open direct room: user %v with themselves: %w", by, ErrInvalid)
	}
	room, created, err := s.store.EnsureRoom(ctx, NewRoom{
		Ref:       by.Room(s.newID()),
		Kind:      RoomDirect,
		DirectKey: DirectKey(by.ID, other),
		Members:   []NewMember{{User: by.ID, Role: RoleMember}, {User: other, Role: RoleMember}},
		At:        Millis(s.now()),
	})
	if err != nil {
		return Room{}, false, fmt.Errorf("chat: open direct room of %v and %q: %w", by, other, err)
	}
	return room, created, nil
}

// Room returns a room that the user may read.
func (s *Service) Room(ctx context.Context, by UserRef, id string) (Room, error) {
	if _, err := s.reader(ctx, by, id); err != nil {
		return Room{}, fmt.Errorf("chat: room: %w", err)
	}
	return s.store.Room(ctx, by.Room(id))
}

// PublicRooms returns the app's public rooms sorted by id.
func (s *Service) PublicRooms(ctx context.Context, app string, q ListQuery) ([]Room, error) {
	return s.store.PublicRooms(ctx, app, q)
}

// Rooms returns the rooms the user is in, with what a list of rooms shows.
func (s *Service) Rooms(ctx context.Context, by UserRef, q RoomsQuery) ([]RoomEntry, error) {
	return s.store.Rooms(ctx, by, q)
}
