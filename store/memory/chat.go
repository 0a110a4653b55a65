package memory

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"madang"
	"madang/chat"
)

// Chat is a chat.Store in memory. Make it with NewChat.
type Chat struct {
	mu     sync.Mutex
	rooms  map[chat.RoomRef]*room
	outbox []*entry // ascending id
	users  map[chat.UserRef]chat.User
	lastID int64
}

// A room is everything kept about one room.
type room struct {
	chat.Room
	members  map[string]*chat.Member
	messages []chat.Message // messages[i] has seq i+1
	nonces   map[nonce]int64
	pending  int // its entries in the outbox
}

// A nonce is what a send is known by within its room; it leads to the message's seq.
type nonce struct{ sender, nonce string }

// An entry is one outbox entry; it is free from the time until.
type entry struct {
	id       int64
	typ      chat.EventType
	rev      int64
	room     *room
	seq      int64
	attempts int
	by       string
	until    time.Time
	skip     madang.ConnID
}

var _ chat.Store = (*Chat)(nil)

// NewChat returns an empty store.
func NewChat() *Chat {
	return &Chat{rooms: make(map[chat.RoomRef]*room), users: make(map[chat.UserRef]chat.User)}
}

// find returns a room or chat.ErrNotFound. The lock is held.
func (c *Chat) find(ref chat.RoomRef) (*room, error) {
	r, ok := c.rooms[ref]
	if !ok {
		return nil, fmt.Errorf("room %v: %w", ref, chat.ErrNotFound)
	}
	return r, nil
}

// EnsureRoom implements chat.RoomStore.
func (c *Chat) EnsureRoom(_ context.Context, n chat.NewRoom) (chat.Room, bool, error) {
	if err := n.Validate(); err != nil {
		return chat.Room{}, false, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if r, ok := c.rooms[n.Ref]; ok {
		return r.Room, false, nil
	}
	for _, r := range c.rooms {
		if n.DirectKey != "" && r.DirectKey == n.DirectKey && r.Ref.App == n.Ref.App {
			return r.Room, false, nil
		}
	}
	at := chat.Millis(n.At)
	r := &room{
		Room: chat.Room{
			Ref: n.Ref, Kind: n.Kind, Name: n.Name, DirectKey: n.DirectKey,
			LastRev: 1, LastAt: at, CreatedAt: at, Members: len(n.Members),
		},
		members: make(map[string]*chat.Member),
		nonces:  make(map[nonce]int64),
	}
	for _, m := range n.Members {
		r.members[m.User] = r.joined(m, at)
	}
	c.rooms[n.Ref] = r
	return r.Room, true, nil
}

// joined returns the place of somebody who joins the room as it is now.
func (r *room) joined(n chat.NewMember, at time.Time) *chat.Member {
	m := &chat.Member{
		Room: r.Ref, User: n.User, Role: n.Role,
		JoinedSeq: r.LastSeq, JoinedAt: at, ReadSeq: r.LastSeq, Rev: r.LastRev,
	}
	if n.HideHistory {
		m.HiddenBeforeSeq = r.LastSeq + 1
	}
	return m
}

// Room implements chat.RoomStore.
func (c *Chat) Room(_ context.Context, ref chat.RoomRef) (chat.Room, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, err := c.find(ref)
	if err != nil {
		return chat.Room{}, err
	}
	return r.Room, nil
}

// PublicRooms implements chat.RoomStore.
func (c *Chat) PublicRooms(_ context.Context, app string, q chat.ListQuery) ([]chat.Room, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []chat.Room
	for _, r := range c.rooms {
		if r.Ref.App == app && r.Kind == chat.RoomPublic && r.Ref.ID > q.After {
			list = append(list, r.Room)
		}
	}
	slices.SortFunc(list, func(a, b chat.Room) int { return cmp.Compare(a.Ref.ID, b.Ref.ID) })
	return first(list, chat.RoomsLimit(q.Limit)), nil
}

// first returns the first n elements of list, or all of them.
func first[T any](list []T, n int) []T { return list[:min(n, len(list))] }
