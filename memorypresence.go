package madang

import (
	"context"
	"sync"
	"time"
)

// memoryPresence implements Presence.
type memoryPresence struct {
	pmu    sync.Mutex
	sets   map[Channel]*memberSet
	leases map[NodeID]time.Time
	pnow   func() time.Time
}

// A memberSet is who is in one channel.
type memberSet struct {
	conns map[ConnID]Member
	users map[string]int // how many of conns
}

func (p *memoryPresence) init(now func() time.Time) {
	p.sets, p.leases, p.pnow = map[Channel]*memberSet{}, map[NodeID]time.Time{}, now
}

// Put implements Presence.
func (p *memoryPresence) Put(_ context.Context, c Channel, m Member) (first bool, err error) {
	p.pmu.Lock()
	defer p.pmu.Unlock()
	set := p.sets[c]
	if set == nil {
		set = &memberSet{conns: map[ConnID]Member{}, users: map[string]int{}}
		p.sets[c] = set
	}
	if old, ok := set.conns[m.Conn]; ok {
		set.forget(old)
		first = set.users[m.User] == 0 && old.User != m.User
	} else {
		first = set.users[m.User] == 0
	}
	set.conns[m.Conn] = m
	set.users[m.User]++
	return first, nil
}

// forget removes an entry and reports whether it was the last of its user.
func (s *memberSet) forget(m Member) (last bool) {
	delete(s.conns, m.Conn)
	s.users[m.User]--
	if s.users[m.User] > 0 {
		return false
	}
	delete(s.users, m.User)
	return true
}

// Remove implements Presence.
func (p *memoryPresence) Remove(_ context.Context, c Channel, id ConnID) (was *Member, last bool, err error) {
	p.pmu.Lock()
	defer p.pmu.Unlock()
	set := p.sets[c]
	if set == nil {
		return nil, false, nil
	}
	m, ok := set.conns[id]
	if !ok {
		return nil, false, nil
	}
	last = set.forget(m)
	if len(set.conns) == 0 {
		delete(p.sets, c)
	}
	return &m, last, nil
}

// Members implements Presence.
func (p *memoryPresence) Members(_ context.Context, c Channel) ([]Member, error) {
	p.pmu.Lock()
	defer p.pmu.Unlock()
	set := p.sets[c]
	if set == nil {
		return nil, nil
	}
	all := make([]Member, 0, len(set.conns))
	for _, m := range set.conns {
		all = append(all, m)
	}
	return all, nil
}

// Keep implements Presence.
func (p *memoryPresence) Keep(_ context.Context, n NodeID, ttl time.Duration) error {
	p.pmu.Lock()
	defer p.pmu.Unlock()
	p.leases[n] = p.pnow().Add(ttl)
	return nil
}

// Sweep implements Presence.
func (p *memoryPresence) Sweep(context.Context) ([]Departure, error) {
	p.pmu.Lock()
	defer p.pmu.Unlock()
	dead := map[NodeID]bool{}
	for n, end := range p.leases {
		if p.pnow().After(end) {
			dead[n] = true
			delete(p.leases, n)
		}
	}
	var gone []Departure
	if len(dead) == 0 {
		return nil, nil
	}
	for c, set := range p.sets {
		for _, m := range set.conns {
			if dead[m.Node] {
				gone = append(gone, Departure{Channel: c, Member: m, Last: set.forget(m)})
			}
		}
		if len(set.conns) == 0 {
			delete(p.sets, c)
		}
	}
	return gone, nil
}
