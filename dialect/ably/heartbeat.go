package ably

import (
	"time"

	"madang/dialect/ably/protocol"
	"madang/internal/ws"
)

// beat is a session's turn: the client is shown that the server is there, and asked for its next token when it is time. A
// client that has not said anything for two turns, not even to the ping, is gone.
func (s *session) beat() {
	c := s.current()
	if c == nil {
		return
	}
	b := s.srv.beats
	if b.Now()-c.lastHeard() > 2*s.srv.cfg.Heartbeat && !c.handling.Load() {
		c.sock.Close()
		return
	}
	if s.prompt() {
		s.send(&protocol.Frame{Action: protocol.Auth})
	}
	s.ping(c)
	s.schedule()
}

// ping shows the client that the server is there, unless it has another carrier by now, in which it may speak otherwise.
func (s *session) ping(c *carrier) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.carrier != c {
		return
	}
	out := ws.AppendFrame(nil, ws.Ping, nil)
	if s.pings {
		out = append(wire{binary: s.binary}.unit(&protocol.Frame{Action: protocol.Heartbeat}), out...)
	}
	s.line.Send(out)
}

// schedule sets the next turn: the next heartbeat, or before that the time to ask for a token.
func (s *session) schedule() {
	wait := s.srv.cfg.Heartbeat
	s.mu.Lock()
	if !s.promptAt.IsZero() {
		wait = min(wait, max(0, s.promptAt.Sub(s.srv.hub.Now())))
	}
	here := s.carrier != nil && !s.ended
	s.mu.Unlock()
	if here {
		s.srv.beats.Set(s, wait)
	}
}

// prompt reports whether it is time to ask for the next token, which is done once.
func (s *session) prompt() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.promptAt.IsZero() || s.srv.hub.Now().Before(s.promptAt) {
		return false
	}
	s.promptAt = time.Time{}
	return true
}
