package ably

import (
	"slices"

	"madang"
	"madang/dialect/ably/shape"
)

// Missed implements madang.Misser: in some channels something was lost for good. Their attachments begin anew, and the client
// is told by ATTACHED without RESUMED, with an error (RTL12 of Ably's specification for client libraries): it emits an update
// from which the application learns that continuity is lost, and asks who is present again. With the new serial the client
// can ask for what is kept of the past up to there.
func (s *session) Missed(in []*madang.Subscription) {
	s.in.Lock()
	defer s.in.Unlock()
	for _, a := range s.attached {
		if a.sub == nil || !slices.Contains(in, a.sub) {
			continue
		}
		sub, err := a.sub.Again(background())
		if err != nil { // the right to it has just ended, and Revoked is about to say so
			continue
		}
		a.sub = sub
		var at madang.Position
		err = s.patiently(func() error {
			at, err = s.top(a.channel)
			return err
		})
		if err == nil {
			err = s.welcome(a, a.wish, past{at: at, err: shape.InfoOf(madang.ErrLost)})
		}
		if err != nil {
			s.comeBack(err)
			return
		}
		sub.OpenAfter(at.Offset)
	}
}

// Missed implements madang.Misser.
func (x side) Missed(in []*madang.Subscription) { x.s.Missed(in) }

// patiently does what may not be possible for a moment: see [madang.Hub.Patiently].
func (s *session) patiently(f func() error) error { return s.srv.hub.Patiently(background(), f) }

// comeBack ends the carrier of a client whom something could not be done for that it takes a refusal of for final: libraries
// do not attach or enter again by themselves after ERROR or NACK, but they do when they have to connect anew.
func (s *session) comeBack(err error) {
	s.srv.log.Warn("what a client has asked for cannot be done now; it has to connect anew", "conn", s.conn.ID(), "error", err)
	if c := s.current(); c != nil { // the session stays for the next
		s.line.Send(s.parting(goodbye(madang.CloseError)))
		c.finish()
	}
}
