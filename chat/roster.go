package chat

import (
	"context"
	"fmt"
	"sync"

	"madang"
)

// A roster is this node's copy of an app's presence set: asking it who is online costs no round trip. It follows the set's
// events, and now and then copies the whole set, should the broker have lost one.
type roster struct {
	hub *madang.Hub
	ch  madang.Channel

	loading sync.Mutex // one load at a time

	mu       sync.Mutex
	listener *madang.Listener
	users    map[string]map[madang.ConnID]struct{}
	late     []*madang.Event // that came while the set was being copied
	copying  bool
}

// load listens, if it does not yet, and copies the set. Events that come meanwhile are followed after the copy. Those
// that the copy has already seen change nothing: an entry is known by its connection, and the events that undo a stale
// one are behind it.
func (r *roster) load(ctx context.Context) error {
	r.loading.Lock()
	defer r.loading.Unlock()
	r.mu.Lock()
	r.copying = true
	first := r.listener == nil
	r.mu.Unlock()
	if first {
		l, err := r.hub.Listen(ctx, r.ch, r.heard)
		if err != nil {
			return fmt.Errorf("chat: listen to who is online: %w", err)
		}
		r.mu.Lock()
		r.listener = l
		r.mu.Unlock()
	}
	all, err := r.hub.Members(ctx, r.ch)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		r.users = make(map[string]map[madang.ConnID]struct{}, len(all))
		for _, m := range all {
			r.put(m)
		}
	}
	r.copying = false
	for _, e := range r.late {
		r.follow(e)
	}
	r.late = nil
	if err != nil {
		return fmt.Errorf("chat: copy who is online: %w", err)
	}
	return nil
}

// loaded reports whether the roster has a copy.
func (r *roster) loaded() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.users != nil
}

func (r *roster) heard(e *madang.Event) {
	if e.Member == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.copying {
		r.late = append(r.late, e)
		return
	}
	r.follow(e)
}

// follow does what an event says. The lock is held.
func (r *roster) follow(e *madang.Event) {
	if e.Kind != madang.LeaveEvent {
		r.put(*e.Member)
		return
	}
	conns := r.users[e.Member.User]
	delete(conns, e.Member.Conn)
	if len(conns) == 0 {
		delete(r.users, e.Member.User)
	}
}

func (r *roster) put(m madang.Member) {
	if r.users == nil {
		r.users = map[string]map[madang.ConnID]struct{}{}
	}
	if r.users[m.User] == nil {
		r.users[m.User] = map[madang.ConnID]struct{}{}
	}
	r.users[m.User][m.Conn] = struct{}{}
}

// online reports whether a user has a connection.
func (r *roster) online(user string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.users[user]) > 0
}

func (r *roster) close() {
	r.mu.Lock()
	l := r.listener
	r.mu.Unlock()
	if l != nil {
		l.Close()
	}
}
