package chat

import (
	"context"
	"errors"
	"fmt"

	"madang"
)

// Rooms returns a page of the principal's rooms, the most lively first.
func (f *Feature) Rooms(ctx context.Context, p *madang.Principal, q RoomsQuery) ([]RoomView, error) {
	list, err := f.rules.Rooms(ctx, UserOf(p), q)
	if err != nil {
		return nil, fmt.Errorf("chat: rooms: %w", err)
	}
	var ids []string
	for _, e := range list {
		if e.Last != nil {
			ids = append(ids, e.Last.Sender)
		}
		if e.Room.Kind == RoomDirect {
			ids = append(ids, peerOf(e.Room.DirectKey, p.User))
		}
	}
	names, err := f.names(ctx, p.App, ids...)
	if err != nil {
		return nil, err
	}
	views := make([]RoomView, 0, len(list))
	for _, e := range list {
		views = append(views, viewRoom(e, names))
	}
	return views, nil
}

// viewRoom shows a room to the member of the entry; a Member without a user is nobody's.
func viewRoom(e RoomEntry, names map[string]User) RoomView {
	v := RoomView{
		ID: e.Room.Ref.ID, Name: e.Room.Name, Type: e.Room.Kind, LastSeq: e.Room.LastSeq, ReadSeq: e.Member.ReadSeq,
		Unread: e.Unread, MemberCount: e.Room.Members, Role: e.Member.Role, CreatedAt: e.Room.CreatedAt,
	}
	if e.Last != nil {
		last := viewMessage(*e.Last, names[e.Last.Sender].Name)
		v.LastMessage = &last
	}
	if e.Room.Kind == RoomDirect && e.Member.User != "" {
		id := peerOf(e.Room.DirectKey, e.Member.User)
		v.Peer = &Person{ID: id, Name: nameOf(names, id)}
	}
	return v
}

// Room returns a room that the principal may read.
func (f *Feature) Room(ctx context.Context, p *madang.Principal, room string) (RoomView, error) {
	r, err := f.rules.Room(ctx, UserOf(p), room)
	if err != nil {
		return RoomView{}, err
	}
	return f.viewFor(ctx, r, p.User)
}

// viewFor shows a room to a user, member or not.
func (f *Feature) viewFor(ctx context.Context, r Room, user string) (RoomView, error) {
	e := RoomEntry{Room: r}
	m, err := f.rules.store.Member(ctx, r.Ref, user)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return RoomView{}, fmt.Errorf("chat: room: %w", err)
	}
	if errors.Is(err, ErrNotFound) || !m.Active() {
		return viewRoom(e, nil), nil
	}
	e.Member = m
	if r.LastSeq > 0 && r.LastSeq >= m.HiddenBeforeSeq {
		last, err := f.rules.store.Message(ctx, r.Ref, r.LastSeq)
		if err != nil {
			return RoomView{}, fmt.Errorf("chat: room: %w", err)
		}
		e.Last = &last
	}
	if e.Unread, err = f.unreadIn(ctx, UserRef{App: r.Ref.App, ID: user}, r.Ref.ID); err != nil {
		return RoomView{}, err
	}
	ids := []string{peerOf(r.DirectKey, user)}
	if e.Last != nil {
		ids = append(ids, e.Last.Sender)
	}
	names, err := f.names(ctx, r.Ref.App, ids...)
	if err != nil {
		return RoomView{}, err
	}
	return viewRoom(e, names), nil
}

// mostRooms is how many of a user's rooms are looked at when public rooms are sought that they are not in.
const mostRooms = 10_000

// Discover returns public rooms that the principal is not in, sorted by id.
func (f *Feature) Discover(ctx context.Context, p *madang.Principal, q ListQuery) ([]RoomView, error) {
	places, err := f.rules.store.RoomsOf(ctx, UserOf(p), mostRooms)
	if err != nil {
		return nil, fmt.Errorf("chat: public rooms: %w", err)
	}
	in := make(map[string]bool, len(places))
	for _, at := range places {
		in[at.Room] = true
	}
	want := RoomsLimit(q.Limit)
	views := []RoomView{}
	for q.Limit = MaxRooms; len(views) < want; { // whole pages: a member of many rooms would read one for each otherwise
		list, err := f.rules.PublicRooms(ctx, p.App, q)
		if err != nil {
			return nil, fmt.Errorf("chat: public rooms: %w", err)
		}
		for _, r := range list {
			q.After = r.Ref.ID
			if !in[r.Ref.ID] && len(views) < want {
				views = append(views, viewRoom(RoomEntry{Room: r}, nil))
			}
		}
		if len(list) < MaxRooms {
			break
		}
	}
	return views, nil
}

// EnsureRoom makes sure, on the server's own authority, that an app has a room: see Service.EnsureRoom.
func (f *Feature) EnsureRoom(ctx context.Context, app string, spec RoomSpec) (Room, error) {
	return f.rules.EnsureRoom(ctx, app, spec)
}

// CreateRoom makes a room with the principal as its owner. ErrIDRefused: ids are the server's to choose.
func (f *Feature) CreateRoom(ctx context.Context, p *madang.Principal, spec RoomSpec) (RoomView, error) {
	if spec.ID != "" && !f.rules.config.ChooseIDs {
		return RoomView{}, fmt.Errorf("chat: create room %q: %w; chat.choose_ids allows it", spec.ID, ErrIDRefused)
	}
	if err := f.known(ctx, p.App, spec.Members...); err != nil {
		return RoomView{}, err
	}
	r, err := f.rules.CreateRoom(ctx, UserOf(p), spec)
	if err != nil {
		return RoomView{}, err
	}
	f.entered(ctx, r.Ref, p.User)
	for _, id := range spec.Members {
		if id != p.User {
			f.entered(ctx, r.Ref, id)
		}
	}
	return f.viewFor(ctx, r, p.User)
}

// OpenDirect returns the direct room of the principal and another user, making it if they have none.
func (f *Feature) OpenDirect(ctx context.Context, p *madang.Principal, other string) (RoomView, error) {
	if err := f.known(ctx, p.App, other); err != nil {
		return RoomView{}, err
	}
	r, created, err := f.rules.OpenDirect(ctx, UserOf(p), other)
	if err != nil {
		return RoomView{}, err
	}
	if created {
		f.entered(ctx, r.Ref, p.User)
		f.entered(ctx, r.Ref, other)
	}
	return f.viewFor(ctx, r, p.User)
}
