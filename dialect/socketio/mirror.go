package socketio

import "madang"

// A Mirror is told what a [Broadcast] does to sockets, once, on the node where it is done: by whoever tells it to servers that are
// not ours. It is not told what a [Local] does. No rooms are all sockets of the namespace. Its methods must not wait, and must not
// change what they are given.
type Mirror interface {
	Emitted(namespace string, rooms, except []string, m *madang.Message)
	Joined(namespace string, rooms, except, into []string)
	Left(namespace string, rooms, except, from []string)
	Disconnected(namespace string, rooms, except []string)
}

// SetMirror sets who is told. Call it before clients come.
func (s *Server) SetMirror(m Mirror) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mirror = m
}

// mirror tells the Mirror, if there is one.
func (b Broadcast) mirror(tell func(Mirror)) {
	s := b.ns.srv
	s.mu.RLock()
	m := s.mirror
	s.mu.RUnlock()
	if m != nil {
		tell(m)
	}
}
