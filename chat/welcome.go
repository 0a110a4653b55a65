package chat

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"madang"
)

// ownChannels are the subscriptions that a connection needs beside its rooms: its user's channel, what its dialect has
// for itself, and some to spare.
const ownChannels = 8

// Welcome lets a connection hear what happens in the rooms of its user, and puts it among those who are online. It is for
// whatever brings connections to chat, and is called again when one comes back with its rights renewed. When it returns,
// all subscriptions are live. A connection of nobody in particular is left as it is.
func (f *Feature) Welcome(ctx context.Context, c *madang.Conn) error {
	p := c.Principal()
	if p.User == "" {
		return nil
	}
	if err := f.Seen(ctx, p); err != nil {
		return err
	}
	if err := f.enterLobby(ctx, p); err != nil {
		return err
	}
	f.guests.add(c)
	// First the user's own channel: whoever makes the user a member from now on moves this connection too.
	if err := f.hear(ctx, c, madang.UserChannel(p.App, p.User)); err != nil {
		return fmt.Errorf("chat: welcome: %w", err)
	}
	if err := f.follow(ctx, c, UserOf(p)); err != nil {
		return fmt.Errorf("chat: welcome: %w", err)
	}
	if err := f.people.arrive(ctx, p.App); err != nil {
		return fmt.Errorf("chat: welcome: %w", err)
	}
	if err := f.hub.Enter(ctx, c, OnlineChannel(p.App), nil, madang.JSON); err != nil {
		return fmt.Errorf("chat: welcome: %w", err)
	}
	return nil
}

// follow subscribes a connection to its user's rooms, shows it in the liveliest of them, and looks again: of a room that the user has left meanwhile, or
// while the connection was kept for its client's return, nobody else would take it out.
func (f *Feature) follow(ctx context.Context, c *madang.Conn, u UserRef) error {
	most := min(f.rules.config.MaxLiveRooms, f.hub.Limits().MaxSubscriptions-ownChannels)
	places, err := f.rules.store.RoomsOf(ctx, u, most)
	if err != nil {
		return err
	}
	for _, at := range places {
		if err := f.hear(ctx, c, RoomChannel(RoomRef{App: u.App, ID: at.Room})); err != nil {
			return err
		}
	}
	if err := f.appearIn(ctx, c, u.App, places); err != nil {
		return err
	}
	heard, shown := c.Subscriptions(), f.guests.rooms(c)
	if places, err = f.rules.store.RoomsOf(ctx, u, most); err != nil {
		return err
	}
	in := make(map[string]bool, len(places))
	for _, at := range places {
		in[at.Room] = true
	}
	for _, s := range heard {
		if ref, ok := roomOf(s.Channel()); ok && !in[ref.ID] {
			c.Unsubscribe(s.Channel())
		}
	}
	for _, room := range shown {
		if !in[room] {
			if err := f.vanish(ctx, c, RoomRef{App: u.App, ID: room}); err != nil {
				return err
			}
		}
	}
	return nil
}

// appearIn shows a connection in the presence sets of the first of some rooms. Each is an entry that the cluster has to
// keep, and two events, for every connection: a user of hundreds of rooms would cost more by coming and going than by
// everything they say. The rooms that somebody may be looking at are the lively ones, and they are the first.
func (f *Feature) appearIn(ctx context.Context, c *madang.Conn, app string, places []Place) error {
	left := f.rules.config.Echo.PresenceRooms
	for _, at := range places {
		if left == 0 {
			break
		}
		if at.Members > f.rules.config.PresenceMembers {
			continue
		}
		left--
		if err := f.appear(ctx, c, RoomRef{App: app, ID: at.Room}); err != nil {
			return err
		}
	}
	return nil
}

// A lobby remembers the apps whose default room is known to be there.
type lobby struct {
	mu   sync.Mutex
	apps map[string]bool
}

// EnsureLobby makes sure that an app has its default room. It is made by itself when the first user comes.
func (f *Feature) EnsureLobby(ctx context.Context, app string) error {
	room := f.rules.config.DefaultRoom
	f.lobby.mu.Lock()
	known := f.lobby.apps[app]
	f.lobby.mu.Unlock()
	if known || room.ID == "" {
		return nil
	}
	if _, err := f.rules.EnsureRoom(ctx, app, RoomSpec{ID: room.ID, Kind: RoomPublic, Name: room.Name}); err != nil {
		return fmt.Errorf("default room: %w", err)
	}
	f.lobby.mu.Lock()
	defer f.lobby.mu.Unlock()
	if f.lobby.apps == nil {
		f.lobby.apps = map[string]bool{}
	}
	f.lobby.apps[app] = true
	return nil
}

// enterLobby makes the principal a member of the default room, unless they are or have left it.
func (f *Feature) enterLobby(ctx context.Context, p *madang.Principal) error {
	room := f.rules.config.DefaultRoom.ID
	if room == "" {
		return nil
	}
	if err := f.EnsureLobby(ctx, p.App); err != nil {
		return err
	}
	_, err := f.rules.store.Member(ctx, RoomRef{App: p.App, ID: room}, p.User)
	if errors.Is(err, ErrNotFound) {
		_, err = f.Join(ctx, p, room)
	}
	if err != nil {
		return fmt.Errorf("chat: default room: %w", err)
	}
	return nil
}
