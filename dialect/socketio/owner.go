package socketio

import (
	"fmt"
	"runtime/debug"

	"madang"
)

// An owner is a Socket as the hub sees it.
type owner struct{ *Socket }

// Disconnect implements madang.Owner.
func (o owner) Disconnect(r madang.CloseReason) {
	o.connected()
	if r == madang.CloseExpired && o.ns.config().Mode == PerEvent {
		o.lapsed.Store(true)
		return // its events are refused from now on, and it can renew its token
	}
	if r == madang.CloseDrain {
		o.client.session.End(r) // without DISCONNECT, which would tell the client not to come back
		return
	}
	o.leave(r)
}

// Describe implements madang.Described.
func (o owner) Describe() madang.Description {
	return madang.Description{Dialect: "socketio", Remote: o.handshake.Address}
}

// connected waits until the socket knows its connection.
func (s *Socket) connected() {
	s.mu.Lock()
	defer s.mu.Unlock()
}

// Closed implements madang.Owner.
func (o owner) Closed(r madang.CloseReason) {
	s := o.Socket
	s.mu.Lock()
	if s.ended {
		s.mu.Unlock()
		return
	}
	s.ended = true
	leaving := s.leaving
	s.leaving = nil
	if s.life != nil {
		s.life.end()
	}
	s.mu.Unlock()
	s.delist()
	if len(leaving) > 0 {
		go s.left(leaving, r) // whoever found the end must not wait for user code
	}
}

// Revoked implements madang.Revoker.
func (o owner) Revoked(c madang.Channel) {
	o.connected()
	for _, f := range o.ns.revokers() {
		o.guarded("a function that waited for a revocation", func() { f(o.Socket, c) })
	}
}

// enlist puts the socket where it can be found. It returns false if it has ended already.
func (s *Socket) enlist() bool {
	if !s.client.add(s) {
		return false
	}
	s.ns.add(s)
	if s.pid != "" {
		s.ns.rec.remember(s)
	}
	s.mu.Lock()
	ended := s.ended
	s.mu.Unlock()
	if ended { // Closed may have been before us
		s.delist()
	}
	return !ended
}

func (s *Socket) delist() {
	s.client.remove(s)
	s.ns.remove(s)
	if s.pid != "" {
		s.ns.rec.forget(s)
	}
}

// left calls functions that wait for the socket's end.
func (s *Socket) left(all []func(madang.CloseReason), r madang.CloseReason) {
	for _, f := range all {
		s.guarded("a function that waited for a disconnection", func() { f(r) })
	}
}

// guarded calls user code that nobody else would catch.
func (s *Socket) guarded(what string, f func()) {
	defer func() {
		if v := recover(); v != nil {
			s.ns.srv.log.Error(what+" panicked", "conn", s.id, "namespace", s.ns.name, "panic", fmt.Sprint(v),
				"stack", string(debug.Stack()))
		}
	}()
	f()
}
