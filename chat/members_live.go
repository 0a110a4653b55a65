package chat

import (
	"context"
	"errors"

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
	online, err := f.people.online(ctx, app)
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
	online, err := f.people.online(ctx, p.App)
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

// entered lets a new member hear the room, and tells them and the others.
func (f *Feature) entered(ctx context.Context, ref RoomRef, user string) {
	f.attach(ctx, ref, user)
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
	f.attach(ctx, ref, user)
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

// attachTries bounds how often attach starts again because the membership has changed meanwhile.
const attachTries = 4

// attach makes the user's connections hear the room if, and only if, the user is a member now. Two nodes that change one
// membership at once may give their orders in the other order than the store took the changes; so each looks again
// afterwards, and the last one to look is right.
func (f *Feature) attach(ctx context.Context, ref RoomRef, user string) {
	ctx = context.WithoutCancel(ctx) // the change is made, whether its caller waits or not
	for range attachTries {
		in, err := f.isMember(ctx, ref, user)
		if err == nil {
			err = f.move(ctx, ref, user, in)
		}
		var still bool
		if err == nil {
			still, err = f.isMember(ctx, ref, user)
		}
		if err != nil {
			f.log.Warn("chat: connections could not follow a change of membership; they will when they connect again",
				"room", ref.String(), "user", user, "error", err)
			return
		}
		if still == in {
			return
		}
	}
}

func (f *Feature) isMember(ctx context.Context, ref RoomRef, user string) (bool, error) {
	m, err := f.rules.store.Member(ctx, ref, user)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil && m.Active(), err
}

// move lets all connections of a user into a room's channel, or takes them out: those of this node before it returns,
// those of others soon.
func (f *Feature) move(ctx context.Context, ref RoomRef, user string, in bool) error {
	a := madang.Audience{In: []madang.Channel{madang.UserChannel(ref.App, user)}}
	for _, c := range f.hub.Conns(a) {
		a.Without = append(a.Without, c.ID())
		if !in {
			c.Unsubscribe(RoomChannel(ref))
		} else if err := f.hear(ctx, c, RoomChannel(ref)); err != nil {
			return err
		}
	}
	if in {
		return f.hub.Join(ctx, a, RoomChannel(ref))
	}
	return f.hub.Leave(ctx, a, RoomChannel(ref))
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
