package ably

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"madang"
	"madang/dialect/ably/protocol"
	"madang/dialect/ably/token"
)

// revoked is where nodes tell each other which tokens have been revoked.
const revoked = "$ably/revoked"

// Start begins to hear of revocations on other nodes. The hub must be running.
func (s *Server) Start(ctx context.Context) error {
	l, err := s.hub.Listen(ctx, madang.Channel{Name: revoked}, func(e *madang.Event) {
		if e.Message != nil {
			go s.dismiss(e.Message.Data)
		}
	})
	if err != nil {
		return fmt.Errorf("ably: listen for revocations: %w", err)
	}
	s.revocations = l
	return nil
}

// Close ends what Start began.
func (s *Server) Close() error {
	if s.revocations != nil {
		s.revocations.Close()
	}
	return nil
}

// Revoked ends the connections, on all nodes, that rest on tokens which have been revoked. Where that holds only from some
// time on, their clients are asked for another token at once.
func (s *Server) Revoked(ctx context.Context, all []token.Revocation) error {
	b, err := json.Marshal(all)
	if err == nil {
		_, err = s.hub.Publish(ctx, &madang.Message{Channel: madang.Channel{Name: revoked}, Data: b})
	}
	if err != nil {
		return fmt.Errorf("ably: tell of revocations: %w", err)
	}
	return nil
}

// dismiss ends the sessions of this node that a revocation is about.
func (s *Server) dismiss(b []byte) {
	var all []token.Revocation
	if err := json.Unmarshal(b, &all); err != nil {
		s.log.Error("what another node tells of revocations cannot be read", "error", err)
		return
	}
	s.mu.Lock()
	sessions := make([]*session, 0, len(s.sessions))
	for _, x := range s.sessions {
		sessions = append(sessions, x)
	}
	s.mu.Unlock()
	for _, x := range sessions {
		d := x.proof()
		for _, r := range all {
			if d == nil || !r.Covers(d) {
				continue
			}
			wait := r.AppliesAt.Sub(s.hub.Now())
			if wait <= 0 {
				x.Disconnect(madang.CloseDenied)
				break
			}
			x.send(&protocol.Frame{Action: protocol.Auth})
			time.AfterFunc(wait, func() {
				if x.proof() == d { // it has not been renewed
					x.Disconnect(madang.CloseDenied)
				}
			})
		}
	}
}

// proof returns what the client has proved, or nil if it is only beginning.
func (s *session) proof() *token.Details {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.key == "" {
		return nil
	}
	return s.details
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
