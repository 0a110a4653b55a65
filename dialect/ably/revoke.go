package ably

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"madang"
	"madang/dialect/ably/protocol"
	"madang/dialect/ably/token"
)

// revoked returns where nodes tell each other which tokens have been revoked. It keeps that: see [Config.Retain].
func revoked() madang.Channel { return madang.Channel{Name: "$ably/revoked"} }

// Start begins to hear of revocations on other nodes, and learns of those that were before. The hub must be running.
func (s *Server) Start(ctx context.Context) error {
	l, err := s.hub.Listen(ctx, revoked(), func(e *madang.Event) {
		if e.Message != nil {
			go s.learn(e.Message.Data)
		}
	})
	if err != nil {
		return fmt.Errorf("ably: listen for revocations: %w", err)
	}
	s.revocations = l
	if err := s.recall(ctx); err != nil {
		return fmt.Errorf("ably: look for what has been revoked: %w", err)
	}
	return nil
}

// Missed looks again for what has been revoked, if this node may not have heard of it: for [madang.Observer]. It does not wait.
func (s *Server) Missed(c madang.Channel, _ madang.Position) {
	if c != revoked() {
		return
	}
	go func() {
		if err := s.recall(background()); err != nil {
			s.log.Error("what has been revoked meanwhile is not known on this node", "error", err)
		}
	}()
}

// recallAtOnce is how many requests are read at a time.
const recallAtOnce = 1000

// recall learns what was revoked before this node heard of it.
func (s *Server) recall(ctx context.Context) error {
	for q := (madang.HistoryQuery{Limit: recallAtOnce}); ; {
		page, err := s.hub.History(ctx, revoked(), q)
		if errors.Is(err, madang.ErrLost) && q.Since != (madang.Position{}) {
			q.Since = madang.Position{} // another Redis; what is left of it is read from its beginning
			continue
		}
		if err != nil {
			return err
		}
		for _, e := range page.Events {
			if e.Message != nil {
				s.learn(e.Message.Data)
			}
			q.Since = e.Pos
		}
		if !page.More || len(page.Events) == 0 {
			return nil
		}
	}
}

// Close ends what Start began.
func (s *Server) Close() error {
	if s.revocations != nil {
		s.revocations.Close()
	}
	return nil
}

// Revoked ends the connections, on all nodes, that rest on tokens which have been revoked. Where that holds only from some
// time on, their clients are asked for another token at once. An error says that the other nodes do not know: here they are
// ended all the same.
func (s *Server) Revoked(ctx context.Context, all []token.Revocation) error {
	b, err := json.Marshal(all)
	if err == nil {
		_, err = s.hub.Publish(ctx, &madang.Message{Channel: revoked(), Data: b})
	}
	if err != nil {
		s.dismiss(all)
		return fmt.Errorf("ably: tell of revocations: %w", err)
	}
	return nil
}

// learn takes in what a node tells of revocations: from now on the tokens are not taken here either, and who rests on one has
// to go.
func (s *Server) learn(b []byte) {
	var all []token.Revocation
	if err := json.Unmarshal(b, &all); err != nil {
		s.log.Error("what another node tells of revocations cannot be read", "error", err)
		return
	}
	if err := s.o.Authority.Learn(background(), all...); err != nil { // before sessions are looked at: see settle
		s.log.Error("what another node tells of revocations cannot be remembered; their tokens hold on this node", "error", err)
	}
	s.dismiss(all)
}

// dismiss ends the sessions of this node that some revocations are about.
func (s *Server) dismiss(all []token.Revocation) {
	s.mu.Lock()
	sessions := make([]*session, 0, len(s.sessions))
	for _, x := range s.sessions {
		sessions = append(sessions, x)
	}
	s.mu.Unlock()
	for _, x := range sessions {
		d := x.proof()
		if d == nil {
			continue
		}
		at, covered := firstOf(all, d)
		if !covered {
			continue
		}
		wait := at.Sub(s.hub.Now())
		if wait <= 0 {
			x.Disconnect(madang.CloseDenied)
			continue
		}
		x.send(&protocol.Frame{Action: protocol.Auth})
		time.AfterFunc(wait, func() {
			if x.proof() == d { // it has not been renewed
				x.Disconnect(madang.CloseDenied)
			}
		})
	}
}

// firstOf returns when the first of some revocations ends a token; ok is false if none is about it.
func firstOf(all []token.Revocation, d *token.Details) (at time.Time, ok bool) {
	for _, r := range all {
		if r.Covers(d) && (!ok || r.AppliesAt.Before(at)) {
			at, ok = r.AppliesAt, true
		}
	}
	return at, ok
}

// proof returns what the client has proved, or nil if the session is only beginning; see settle.
func (s *session) proof() *token.Details {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.settled {
		return nil
	}
	return s.details
}

// settle lets dismiss find the session by what its client has proved just now. What was revoked after that was verified, and
// before dismiss could find it, is seen here.
func (s *session) settle() {
	s.mu.Lock()
	s.settled = true
	s.mu.Unlock()
	if err := s.srv.o.Authority.Check(background(), s.details); err != nil {
		s.srv.log.Debug("what a client has proved does not hold any more", "conn", s.conn.ID(), "error", err)
		s.Disconnect(madang.CloseDenied)
	}
}

// A Connection is one that a backend may act for.
type Connection struct {
	ID      madang.ConnID
	Details *token.Details
	Echo    bool // its client wants its own messages back
}

// Connection returns the connection of this node that has a key, for a backend that publishes on its behalf; ok is false if
// there is none.
func (s *Server) Connection(key string) (c Connection, ok bool) {
	id, _, _ := strings.Cut(key, "-")
	x := s.session(id)
	if x == nil {
		return c, false
	}
	x.in.Lock()
	defer x.in.Unlock()
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.ended || x.conn == nil || subtle.ConstantTimeCompare([]byte(x.key), []byte(key)) != 1 {
		return c, false
	}
	return Connection{x.conn.ID(), x.details, x.echo}, true
}
