package chat

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"time"

	"madang"
)

// tellEvery is the shortest time between two unread events of one room to one user: five in a second.
const tellEvery = 200 * time.Millisecond

// A teller tells the connections of its own node how much their users have not read. It hears of a message as it arrives
// for the node's connections; so a room costs nothing where nobody listens, those who are away cost nothing, and a
// thousand messages in a moment cost one look into the store for each user. The numbers are computed from the cursors when
// they are told: the last one of a burst is right.
type teller struct {
	f    *Feature
	wake chan struct{}

	mu    sync.Mutex
	rooms map[RoomRef]struct{}            // with new messages
	users map[UserRef]map[string]struct{} // who moved a cursor, in which rooms
}

func newTeller(f *Feature) *teller {
	return &teller{
		f: f, wake: make(chan struct{}, 1),
		rooms: map[RoomRef]struct{}{}, users: map[UserRef]map[string]struct{}{},
	}
}

// received is the Observer's.
func (t *teller) received(e *madang.Event) {
	if e.Kind != madang.MessageEvent || e.Message == nil || e.Message.Name != eventMessage && e.Message.Name != eventRead {
		return
	}
	ref, ok := roomOf(e.Channel)
	switch {
	case ok && e.Message.Name == eventMessage:
		t.mu.Lock()
		t.rooms[ref] = struct{}{}
		t.mu.Unlock()
	case ok:
		t.moved(UserRef{App: ref.App, ID: e.Message.Sender.User}, ref.ID)
	case strings.HasPrefix(e.Channel.Name, madang.UserChannel("", "").Name): // a cursor in a room too large to tell all
		var read readEvent
		if json.Unmarshal(e.Message.Data, &read) != nil || e.Message.Name != eventRead {
			return
		}
		t.moved(UserRef{App: e.Channel.App, ID: read.User}, read.Room)
	default:
		return
	}
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

func (t *teller) moved(u UserRef, room string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	note(t.users, u, room)
}

func note(m map[UserRef]map[string]struct{}, u UserRef, room string) {
	if m[u] == nil {
		m[u] = map[string]struct{}{}
	}
	m[u][room] = struct{}{}
}

// run tells at once, and then not again for a while: what comes meanwhile is told together.
func (t *teller) run() {
	pause := time.NewTimer(tellEvery)
	defer pause.Stop()
	for {
		select {
		case <-t.f.life.Done():
			return
		case <-t.wake:
		}
		t.tell(t.f.life)
		pause.Reset(tellEvery)
		select {
		case <-t.f.life.Done():
			return
		case <-pause.C:
		}
	}
}

// tell tells everybody of this node whose numbers may have changed.
func (t *teller) tell(ctx context.Context) {
	t.mu.Lock()
	rooms, users := t.rooms, t.users
	t.rooms, t.users = map[RoomRef]struct{}{}, map[UserRef]map[string]struct{}{}
	t.mu.Unlock()
	for ref := range rooms {
		for _, c := range t.f.hub.Conns(madang.Audience{In: []madang.Channel{RoomChannel(ref)}}) {
			if u := UserOf(c.Principal()); u.ID != "" {
				note(users, u, ref.ID)
			}
		}
	}
	for u, in := range users {
		if ctx.Err() != nil {
			return
		}
		t.tellUser(ctx, u, in)
	}
}

func (t *teller) tellUser(ctx context.Context, u UserRef, rooms map[string]struct{}) {
	to := madang.UserChannel(u.App, u.ID)
	conns := t.f.hub.Conns(madang.Audience{In: []madang.Channel{to}})
	if len(conns) == 0 {
		return
	}
	list, total, err := t.f.rules.Unread(ctx, u)
	if err != nil {
		t.f.log.Warn("chat: unread messages could not be counted", "user", u.String(), "error", err)
		return
	}
	count := make(map[string]int64, len(list))
	for _, r := range list {
		count[r.Room.ID] = r.Count
	}
	for room := range rooms {
		m := event(to, eventUnread, "", unreadEvent{Room: room, Unread: count[room], Total: total})
		for _, c := range conns {
			// To a single connection of this node: it stays here. The other nodes tell their own.
			own := *m
			if err := t.f.hub.Emit(ctx, madang.Audience{Conns: []madang.ConnID{c.ID()}}, &own); err != nil {
				t.f.log.Warn("chat: an unread count could not be told", "conn", c.ID(), "error", err)
			}
		}
	}
}
