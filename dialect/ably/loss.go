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
		at := s.top(a.channel)
		s.welcome(a, a.wish, past{at: at, err: shape.InfoOf(madang.ErrLost)})
		sub.OpenAfter(at.Offset)
	}
}

// Missed implements madang.Misser.
func (x side) Missed(in []*madang.Subscription) { x.s.Missed(in) }
