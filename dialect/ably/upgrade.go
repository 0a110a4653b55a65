package ably

import (
	"errors"
	"io"
	"sync/atomic"
	"time"

	"madang/dialect/ably/protocol"
	"madang/dialect/ably/shape"
	"madang/dialect/ably/token"
	"madang/internal/ws"
)

// Browsers of the older generation begin by polling, and then try a WebSocket beside it, with the connection's key as
// upgrade. They go on polling until everything is answered there; then they say ACTIVATE on the WebSocket, attach anew and
// are there from now on. Some open several such WebSockets, and use the last, or none.

// An upgrade is a WebSocket that waits for ACTIVATE.
type upgrade struct {
	arrival *arrival
	carrier *carrier
	details *token.Details // that the client has then
	timer   *time.Timer
	active  atomic.Bool // it has taken over
}

// errAbandoned ends an upgrade whose client says anything else.
var errAbandoned = errors.New("the client does not activate the WebSocket")

// upgrade greets a client that polls on a WebSocket, or says why it has to go on polling. Whoever polls cannot upgrade to
// polling.
func (a *arrival) upgrade(key string) *protocol.ErrorInfo {
	stay := shape.Info(shape.CodeUnavailable, "The connection cannot go on here; stay where you are.")
	if _, polls := a.sock.(*pipe); polls {
		return stay
	}
	s, info := a.earlier(key)
	if info != nil {
		return stay
	}
	s.in.Lock()
	defer s.in.Unlock()
	next, info := a.continues(s, key)
	if info != nil {
		return stay
	}
	if _, again, err := a.sock.TryWrite(a.wire.unit(s.hello(nil))); err != nil || again {
		a.sock.Close() // a fresh connection without room for a small frame
		return nil
	}
	if s.upgrade != nil {
		s.upgrade.carrier.sock.Close()
	}
	s.upgrade = &upgrade{arrival: a, carrier: a.carrier(s), details: next}
	s.upgrade.timer = time.AfterFunc(2*a.srv.cfg.Heartbeat, a.sock.Close)
	a.sock.Run(a.buffered, s.upgrade)
	return nil
}

// Handle implements socket.Handler.
func (u *upgrade) Handle(b []byte) (stay, ok bool) {
	if u.active.Load() {
		return u.carrier.Handle(b)
	}
	s := u.carrier.session
	s.in.Lock()
	defer s.in.Unlock()
	if err := u.carrier.parser.Feed(b, u.message); err != nil {
		u.carrier.over = true
		u.carrier.sock.Close()
	}
	u.carrier.held.Set(s.line, u.carrier.parser.Held())
	return false, true
}

// message takes one message; the session's in is held.
func (u *upgrade) message(m ws.Message) error {
	switch {
	case u.active.Load():
		return u.carrier.message(m)
	case m.Op == ws.Ping, m.Op == ws.Pong:
		return nil
	case m.Op == ws.Close:
		return io.EOF
	}
	if p, err := protocol.Decode(m.Data, m.Op == ws.Binary); err != nil || p.Action != protocol.Activate {
		return errAbandoned
	}
	return u.activate()
}

// activate makes the WebSocket the session's carrier.
func (u *upgrade) activate() error {
	s := u.carrier.session
	if s.upgrade != u {
		return errAbandoned
	}
	s.upgrade = nil
	if !u.timer.Stop() {
		return errAbandoned
	}
	if err := s.become(u.details); err != nil {
		return err
	}
	s.suspend()
	s.echo = u.arrival.echo
	if !s.adopt(u.carrier, u.arrival, true) {
		return errAbandoned
	}
	u.carrier.heard()
	s.schedule()
	u.active.Store(true)
	return nil
}

// End implements socket.Handler.
func (u *upgrade) End(err error) {
	u.timer.Stop()
	if u.active.Load() {
		u.carrier.End(err)
		return
	}
	u.carrier.sock.Close()
	s := u.carrier.session
	s.in.Lock()
	defer s.in.Unlock()
	u.carrier.held.Set(s.line, 0)
	if s.upgrade == u {
		s.upgrade = nil
	}
}
