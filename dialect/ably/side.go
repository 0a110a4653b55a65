package ably

import (
	"fmt"

	"madang"
	"madang/dialect/ably/shape"
)

// side returns the session's further connection of a kind, making it if there is none.
func (s *session) side(kind string, w wire) (*madang.Conn, error) {
	if c := s.sides[kind]; c != nil {
		return c, nil
	}
	if len(s.sides) >= s.most() {
		return nil, fmt.Errorf("another connection of a client that has %d: %w", len(s.sides), madang.ErrTooMany)
	}
	s.sideNo++
	who := &madang.Principal{App: s.app, Guard: GuardName, User: s.details.ClientID} // by which what it hears is found
	c, err := s.line.Connect(background(), madang.ConnRequest{
		Dialect: w, Owner: side{s}, ID: shape.ConnID(s.id, s.sideNo), Principal: who, With: s.conn,
	})
	if err != nil {
		return nil, err
	}
	if s.sides == nil {
		s.sides = map[string]*madang.Conn{}
	}
	s.sides[kind] = c
	return c, nil
}

// most is how many of each thing a client may have: attachments, further connections, entries of presence sets.
func (s *session) most() int { return s.srv.hub.Limits().MaxSubscriptions }

// A side is the owner of a further connection: whoever wants to end that ends the session.
type side struct{ s *session }

// Disconnect implements madang.Owner.
func (x side) Disconnect(r madang.CloseReason) { x.s.Disconnect(r) }

// Closed implements madang.Owner.
func (side) Closed(madang.CloseReason) {}

// Revoked implements madang.Revoker.
func (x side) Revoked(ch madang.Channel) { x.s.Revoked(ch) }
