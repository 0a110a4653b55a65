package live

import (
	"slices"
	"sync"
	"time"

	"madang"
)

// A key is a sign-in of an app.
type key struct{ app, signIn string }

// A holder is somebody of an app, by the id of a principal's user.
type holder struct{ app, user string }

// A via is what a connection rests on: a sign-in, and whose it is.
type via struct{ app, signIn, user string }

func (v via) key() key       { return key{v.app, v.signIn} }
func (v via) holder() holder { return holder{v.app, v.user} }

// An entry is one connection in the index.
type entry struct {
	since time.Time
	own   via   // of its principal; zero: of nobody that is signed in
	lent  []via // of those by whose right it subscribes
}

// all returns everything that the connection rests on.
func (e *entry) all() []via {
	if e.own == (via{}) {
		return e.lent
	}
	return append(slices.Clip(e.lent), e.own)
}

// An index finds the connections of this node by what they rest on.
type index struct {
	mu     sync.Mutex
	conns  map[*madang.Conn]*entry
	keys   map[key]map[*madang.Conn]struct{}
	people map[holder]map[*madang.Conn]struct{}
}

func newIndex() *index {
	return &index{
		conns: map[*madang.Conn]*entry{}, keys: map[key]map[*madang.Conn]struct{}{}, people: map[holder]map[*madang.Conn]struct{}{},
	}
}

// change changes what a connection rests on. One that rests on nothing is not kept.
func (x *index) change(c *madang.Conn, now time.Time, change func(*entry)) {
	x.mu.Lock()
	defer x.mu.Unlock()
	e := x.conns[c]
	if e == nil {
		e = &entry{since: now}
	}
	for _, v := range e.all() {
		strike(x.keys, v.key(), c)
		strike(x.people, v.holder(), c)
	}
	change(e)
	all := e.all()
	if len(all) == 0 {
		delete(x.conns, c)
		return
	}
	x.conns[c] = e
	for _, v := range all {
		enter(x.keys, v.key(), c)
		enter(x.people, v.holder(), c)
	}
}

// forget strikes a connection off.
func (x *index) forget(c *madang.Conn) {
	x.mu.Lock()
	_, there := x.conns[c]
	x.mu.Unlock()
	if there { // most connections of a server may be nobody's
		x.change(c, time.Time{}, func(e *entry) { *e = entry{} })
	}
}

// belongs notes whose a sign-in is, where principals have another id than the person's: an Ably client id may be anything.
func (x *index) belongs(k key, user string) {
	for _, c := range x.of(k) {
		x.change(c, time.Time{}, func(e *entry) {
			if e.own.key() == k {
				e.own.user = user
			}
			for i := range e.lent {
				if e.lent[i].key() == k {
					e.lent[i].user = user
				}
			}
		})
	}
}

// of returns the connections that rest on a sign-in.
func (x *index) of(k key) []*madang.Conn {
	x.mu.Lock()
	defer x.mu.Unlock()
	return members(x.keys[k])
}

// ofPerson returns somebody's connections, or with an empty user all of the app's that rest on anything.
func (x *index) ofPerson(h holder) []*madang.Conn {
	x.mu.Lock()
	defer x.mu.Unlock()
	if h.user != "" {
		return members(x.people[h])
	}
	var all []*madang.Conn
	for p, conns := range x.people {
		if p.app == h.app {
			all = append(all, members(conns)...)
		}
	}
	return all
}

// signIns returns the sign-ins that have connections.
func (x *index) signIns() []key {
	x.mu.Lock()
	defer x.mu.Unlock()
	all := make([]key, 0, len(x.keys))
	for k := range x.keys {
		all = append(all, k)
	}
	return all
}

// entry returns a copy of a connection's entry; ok is false if it rests on nothing.
func (x *index) entry(c *madang.Conn) (e entry, ok bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	p, ok := x.conns[c]
	if ok {
		e = *p
		e.lent = slices.Clone(p.lent)
	}
	return e, ok
}

func enter[K comparable](m map[K]map[*madang.Conn]struct{}, k K, c *madang.Conn) {
	if m[k] == nil {
		m[k] = map[*madang.Conn]struct{}{}
	}
	m[k][c] = struct{}{}
}

func strike[K comparable](m map[K]map[*madang.Conn]struct{}, k K, c *madang.Conn) {
	delete(m[k], c)
	if len(m[k]) == 0 {
		delete(m, k)
	}
}

func members(m map[*madang.Conn]struct{}) []*madang.Conn {
	all := make([]*madang.Conn, 0, len(m))
	for c := range m {
		all = append(all, c)
	}
	return all
}
