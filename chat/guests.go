package chat

import (
	"context"
	"errors"
	"slices"
	"sync"

	"madang"
)

// A guestbook has the connections of this node that Welcome has let in, and the rooms in whose presence sets it has put
// them: others of the same user, which their dialects bring, see to that themselves.
type guestbook struct {
	hub *madang.Hub

	mu sync.Mutex
	in map[*madang.Conn][]string // ids of rooms
}

func newGuestbook(hub *madang.Hub) *guestbook {
	return &guestbook{hub: hub, in: map[*madang.Conn][]string{}}
}

// add writes a connection down, unless it has ended.
func (g *guestbook) add(c *madang.Conn) {
	g.mu.Lock()
	if _, ok := g.in[c]; !ok {
		g.in[c] = nil
	}
	g.mu.Unlock()
	if g.hub.Conn(c.ID()) != c { // the observer may have been told before
		g.closed(c, madang.CloseNormal)
	}
}

// closed is the Observer's.
func (g *guestbook) closed(c *madang.Conn, _ madang.CloseReason) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.in, c)
}

func (g *guestbook) has(c *madang.Conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, ok := g.in[c]
	return ok
}

// rooms returns the rooms in whose presence sets a connection is.
func (g *guestbook) rooms(c *madang.Conn) []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.in[c])
}

// enters reports whether a guest is to be put into a room's presence set, and takes it that it will be.
func (g *guestbook) enters(c *madang.Conn, room string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	rooms, ok := g.in[c]
	if !ok || slices.Contains(rooms, room) {
		return false
	}
	g.in[c] = append(rooms, room)
	return true
}

func (g *guestbook) leaves(c *madang.Conn, room string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if i := slices.Index(g.in[c], room); i >= 0 {
		g.in[c] = slices.Delete(g.in[c], i, i+1)
	}
}

// appear shows that a guest is in a room now. A connection that ends meanwhile is no failure.
func (f *Feature) appear(ctx context.Context, c *madang.Conn, ref RoomRef) error {
	ch, ok := f.presence(ref)
	if !ok || !f.guests.enters(c, ref.ID) {
		return nil
	}
	p := c.Principal()
	err := f.hub.Enter(ctx, c, ch, memberData(p.User, p.Name), madang.JSON)
	if err == nil || errors.Is(err, madang.ErrClosed) {
		return nil
	}
	f.guests.leaves(c, ref.ID)
	return err
}

// vanish is the opposite of appear, also when that has not finished: whoever let it begin looks again.
func (f *Feature) vanish(ctx context.Context, c *madang.Conn, ref RoomRef) error {
	f.guests.leaves(c, ref.ID)
	if ch, ok := f.presence(ref); ok {
		return c.Leave(ctx, ch)
	}
	return nil
}

// present returns who is in a room's presence sets, by whatever dialect.
func (f *Feature) present(ctx context.Context, ref RoomRef) (map[string]bool, error) {
	users := map[string]bool{}
	for _, ch := range f.shows(ref) {
		list, err := f.hub.Members(ctx, ch)
		if err != nil {
			return nil, err
		}
		for _, m := range list {
			users[m.User] = true
		}
	}
	return users, nil
}
