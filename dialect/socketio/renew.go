package socketio

import (
	"context"
	"time"

	"madang"
)

const (
	// renewEvent is the event with which a client of a guarded namespace gives a new token: {"token": …}. It is
	// acknowledged with {"expires": time or null}.
	renewEvent = "renew"
	// expiringEvent tells a client that its token is about to expire: {"expires": time}. It comes a minute before.
	expiringEvent = "token.expiring"
)

type renewal struct {
	Token string `json:"token"`
}

type expiry struct {
	Expires *time.Time `json:"expires"`
}

// renew takes a new token on a live connection.
func (s *Socket) renew(e *Event) error {
	var in renewal
	if err := e.Bind(&in); err != nil {
		return err
	}
	ctx, done := context.WithTimeout(s.Context(), admitTime)
	defer done()
	if err := s.conn.Renew(ctx, s.credentials(in.Token)); err != nil {
		return err
	}
	var out expiry
	if t := s.User().Expires; !t.IsZero() {
		out.Expires = &t
	}
	s.mu.Lock()
	first := s.refused != nil
	s.refused = nil
	s.mu.Unlock()
	if err := e.Ack(out); err != nil {
		return err
	}
	return s.resumeRights(ctx, first)
}

// resumeRights gives a socket back what it lost while it had no valid token.
func (s *Socket) resumeRights(ctx context.Context, first bool) error {
	sub, err := s.ns.srv.hub.Subscribe(ctx, s.conn, s.ns.all, madang.Messages)
	if err != nil {
		return err
	}
	lapsed := first || s.lapsed.Swap(false)
	sub.Open()
	if lapsed {
		s.started()
	}
	return nil
}

// refusal returns why the socket's events are refused, or nil.
func (s *Socket) refusal() *madang.Refusal {
	s.mu.Lock()
	r := s.refused
	s.mu.Unlock()
	if r != nil || !s.conn.Expired() {
		return r
	}
	// The guard has the words for a token that is no longer good.
	if _, err := s.ns.srv.hub.Authenticate(s.Context(), s.credentials(s.handshake.Token())); err != nil {
		return refusalOf(err)
	}
	return refusalOf(madang.ErrUnauthenticated)
}

// Expiring implements madang.Expirer: it tells the client.
func (o owner) Expiring(who *madang.Principal) {
	if err := o.Emit(expiringEvent, expiry{&who.Expires}); err != nil {
		o.ns.srv.log.Warn("a client could not be told that its token expires", "conn", o.id, "error", err)
	}
}
