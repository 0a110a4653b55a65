package chat

import (
	"context"
	"errors"
	"fmt"

	"madang"
)

// Join makes the principal a member of a public room. Of other rooms one becomes a member by being added.
func (f *Feature) Join(ctx context.Context, p *madang.Principal, room string) (RoomView, error) {
	m, joined, err := f.rules.Join(ctx, UserOf(p), room)
	if err != nil {
		return RoomView{}, err
	}
	if joined {
		f.entered(ctx, m.Room, p.User)
	}
	return f.Room(ctx, p, room)
}

// Leave ends the principal's membership.
func (f *Feature) Leave(ctx context.Context, p *madang.Principal, room string) error {
	m, left, err := f.rules.Leave(ctx, UserOf(p), room)
	if err == nil && left {
		f.gone(ctx, m.Room, p.User)
	}
	return err
}

// AddMember makes somebody else a member of a room that the principal is in.
func (f *Feature) AddMember(ctx context.Context, p *madang.Principal, room, user string, hideHistory bool) (MemberView, error) {
	if err := f.known(ctx, p.App, user); err != nil {
		return MemberView{}, err
	}
	m, joined, err := f.rules.AddMember(ctx, UserOf(p), room, user, hideHistory)
	if err != nil {
		return MemberView{}, err
	}
	if joined {
		f.entered(ctx, m.Room, user)
	}
	views, err := f.viewMembers(ctx, p.App, []Member{m})
	if err != nil {
		return MemberView{}, err
	}
	return views[0], nil
}

// RemoveMember ends somebody else's membership, which takes an owner.
func (f *Feature) RemoveMember(ctx context.Context, p *madang.Principal, room, user string) error {
	m, left, err := f.rules.RemoveMember(ctx, UserOf(p), room, user)
	if err == nil && left {
		f.gone(ctx, m.Room, user)
	}
	return err
}

// Members returns the members of a room that the principal may read, sorted by user id.
func (f *Feature) Members(ctx context.Context, p *madang.Principal, room string, q ListQuery) ([]MemberView, error) {
	list, err := f.rules.Members(ctx, UserOf(p), f.roomOr(room), q)
	if err != nil {
		return nil, err
	}
	return f.viewMembers(ctx, p.App, list)
}

func (f *Feature) viewMembers(ctx context.Context, app string, list []Member) ([]MemberView, error) {
	ids := make([]string, 0, len(list))
	for _, m := range list {
		ids = append(ids, m.User)
	}
	names, err := f.names(ctx, app, ids...)
	if err != nil {
		return nil, err
	}
	online, err := f.online(ctx, app, list)
	if err != nil {
		return nil, err
	}
	views := make([]MemberView, 0, len(list))
	for _, m := range list {
		v := MemberView{
			User: m.User, Name: nameOf(names, m.User), Role: m.Role, ReadSeq: m.ReadSeq, Online: online(m.User),
		}
		if seen := names[m.User].SeenAt; !v.Online && !seen.IsZero() {
			v.LastSeen = &seen
		}
		views = append(views, v)
	}
	return views, nil
}

// Online returns which members of a room that the principal may read are connected, sorted. Of a room with more members
// than a page has it looks at the first MaxMembers.
func (f *Feature) Online(ctx context.Context, p *madang.Principal, room string) ([]string, error) {
	list, err := f.rules.Members(ctx, UserOf(p), f.roomOr(room), ListQuery{Limit: MaxMembers})
	if err != nil {
		return nil, err
	}
	online, err := f.online(ctx, p.App, list)
	if err != nil {
		return nil, err
	}
	ids := []string{}
	for _, m := range list {
		if online(m.User) {
			ids = append(ids, m.User)
		}
	}
	return ids, nil
}

// online returns a function that says which of some members of one room are connected: to chat, or by another dialect to
// the room's presence channel.
func (f *Feature) online(ctx context.Context, app string, list []Member) (func(user string) bool, error) {
	connected, err := f.people.online(ctx, app)
	if err != nil || len(list) == 0 {
		return connected, err
	}
	present, err := f.present(ctx, list[0].Room)
	if err != nil {
		return nil, fmt.Errorf("chat: who is in room %v: %w", list[0].Room, err)
	}
	return func(user string) bool { return connected(user) || present[user] }, nil
}

// entered lets a new member hear the room, and tells them and the others.
func (f *Feature) entered(ctx context.Context, ref RoomRef, user string) {
	f.attach(ctx, ref, user, false)
	r, err := f.rules.store.Room(ctx, ref)
	var view RoomView
	if err == nil {
		view, err = f.viewFor(ctx, r, user)
	}
	if err != nil {
		f.log.Warn("chat: a new member could not be told of the room", "room", ref.String(), "user", user, "error", err)
		return
	}
	f.tell(ctx, event(madang.UserChannel(ref.App, user), eventRoomAdded, user, view),
		event(RoomChannel(ref), eventJoined, user, f.memberEvent(ctx, ref, user)))
}

// gone is the opposite of entered.
func (f *Feature) gone(ctx context.Context, ref RoomRef, user string) {
	f.attach(ctx, ref, user, true)
	f.tell(ctx, event(madang.UserChannel(ref.App, user), eventRoomGone, user, roomGone{ref.ID}),
		event(RoomChannel(ref), eventLeft, user, f.memberEvent(ctx, ref, user)))
}

func (f *Feature) memberEvent(ctx context.Context, ref RoomRef, user string) memberEvent {
	names, err := f.names(ctx, ref.App, user)
	if err != nil {
		f.log.Warn("chat: a member's name could not be looked up", "user", user, "error", err)
	}
	return memberEvent{Room: ref.ID, User: user, Name: nameOf(names, user)}
}

// hear subscribes a connection on the server's own authority. Connections that end meanwhile, or have no room for one
// more subscription, are no failure.
func (f *Feature) hear(ctx context.Context, c *madang.Conn, ch madang.Channel) error {
	s, err := f.hub.Subscribe(ctx, c, ch, madang.Messages)
	switch {
	case err == nil:
		s.Open()
	case errors.Is(err, madang.ErrTooMany):
		f.log.Debug("chat: a connection is in too many channels to hear another", "conn", c.ID(), "channel", ch.String())
	case !errors.Is(err, madang.ErrClosed):
		return err
	}
	return nil
}
