package ably

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"madang"
	"madang/dialect/ably/protocol"
	"madang/dialect/ably/shape"
	"madang/dialect/ably/token"
)

// lost is called when a carrier has ended: the client has gone, or will be back.
func (s *session) lost(c *carrier) {
	s.in.Lock()
	defer s.in.Unlock()
	s.mu.Lock()
	if s.carrier != c || s.ended {
		s.mu.Unlock()
		return
	}
	s.carrier, s.gone = nil, c
	cfg := &s.srv.cfg
	s.timers[0] = time.AfterFunc(cfg.PresenceTTL, func() { s.absent(c) })
	s.timers[1] = time.AfterFunc(cfg.StateTTL, func() { s.line.Drop(madang.CloseGone) })
	s.mu.Unlock()
	s.srv.beats.Drop(s)
	s.suspend()
	s.line.Ready() // nobody will write the rest
}

// suspend ends the attachments of a client whose carrier is gone: it attaches anew when it is back, and says what it has
// seen. Until then somebody listens in its place, because a channel without anybody may be forgotten, and with it that
// nothing was missed.
func (s *session) suspend() {
	for _, a := range s.attached {
		if a.sub != nil {
			s.keep(a.channel)
			a.conn.Unsubscribe(a.channel)
		}
		s.drop(a)
	}
}

func (s *session) keep(ch madang.Channel) {
	if s.kept[ch] != nil || len(s.kept) >= s.most() { // whoever comes back elsewhere each time would have ever more kept
		return
	}
	l, err := s.srv.hub.Listen(background(), ch, func(*madang.Event) {})
	if err != nil {
		s.srv.log.Warn("a channel cannot be kept for a client that may come back", "channel", ch.String(), "error", err)
		return
	}
	if s.kept == nil {
		s.kept = map[madang.Channel]*madang.Listener{}
	}
	s.kept[ch] = l
}

// letGo ends the listening in a client's place.
func (s *session) letGo(ch madang.Channel) {
	if l := s.kept[ch]; l != nil {
		l.Close()
		delete(s.kept, ch)
	}
}

// absent takes a client out of its presence sets that has been away for too long since it lost a carrier.
func (s *session) absent(c *carrier) {
	s.in.Lock()
	defer s.in.Unlock()
	s.mu.Lock()
	still := s.carrier == nil && s.gone == c && !s.ended
	s.mu.Unlock()
	if !still {
		return
	}
	s.leaveAll(func(membership) bool { return true })
}

// adopt gives the session its next carrier; false if the session has ended meanwhile. What was sent for an earlier one is
// let go, up to a unit that is never written; the first that is written is CONNECTED, unless the client has been greeted.
func (s *session) adopt(c *carrier, a *arrival, greeted bool) bool {
	fence := make([]byte, 17)
	_, _ = rand.Read(fence[1:]) // it never fails; and no frame begins with 0
	s.mu.Lock()
	if s.ended {
		s.mu.Unlock()
		return false
	}
	old := s.carrier
	s.carrier, s.fence = c, fence
	s.binary, s.pings = a.wire.binary, a.heartbeats
	s.mu.Unlock()
	s.stopTimers()
	if old != nil {
		old.sock.Close()
	}
	s.line.Send(fence)
	if !greeted {
		s.line.Send(s.connected(nil))
	}
	s.line.Ready()
	return true
}

func (s *session) stopTimers() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, t := range s.timers {
		if t != nil {
			t.Stop()
		}
		s.timers[i] = nil
	}
}

// release lets go of what a session that has ended still holds.
func (s *session) release() {
	s.in.Lock()
	defer s.in.Unlock()
	s.stopTimers()
	for _, a := range s.attached {
		s.drop(a)
	}
	for ch := range s.kept {
		s.letGo(ch)
	}
}

// become gives the connection what its client has proved anew.
func (s *session) become(d *token.Details) error {
	err := s.conn.Renew(context.WithValue(background(), proved{}, d), madang.Credentials{Guard: GuardName, App: s.app})
	if err != nil {
		return err
	}
	s.prove(d)
	s.settle()
	return nil
}

// renew answers AUTH: the client has a new token. What it no longer allows ends.
func (s *session) renew(auth *protocol.AuthDetails) {
	if auth == nil || auth.AccessToken == "" {
		s.fail(shape.Info(shape.CodeUnauthorized, "There is no token in AUTH."))
		return
	}
	a := s.srv.o.Authority
	next, err := a.Authenticate(background(), token.Credentials{Token: auth.AccessToken})
	if err == nil {
		next, err = a.Renew(s.details, next)
	}
	if err == nil {
		err = s.become(next)
	}
	switch {
	case err == nil:
	case errors.Is(err, madang.ErrForbidden):
		s.fail(shape.Info(token.CodeIncompatible, "The token is for another client id than the connection's."))
		return
	default:
		s.fail(shape.InfoOf(err))
		return
	}
	s.line.Send(s.connected(nil))
	s.recheck()
	s.schedule()
}
