package ably

import (
	"errors"
	"sync/atomic"
	"time"

	"madang"
	"madang/internal/socket"
	"madang/internal/ws"
)

// closeTime is how long a client may take to answer a close frame.
const closeTime = 5 * time.Second

// A carrier is one WebSocket. A session has one at a time, and none while its client is away.
type carrier struct {
	session   *session
	sock      socket.Conn
	parser    ws.Parser
	held      madang.Held // of input that is not whole yet; the session's in guards it
	over      bool        // the client has said goodbye, or nothing that can be read; what follows is not looked at
	finishing bool        // the socket is writing the rest of a batch; the session's mu guards it

	last     atomic.Int64 // when the client was heard, on the clock of the beats
	handling atomic.Bool  // something that it sent is being handled
}

func (c *carrier) heard() { c.last.Store(int64(c.session.srv.beats.Now())) }

func (c *carrier) lastHeard() time.Duration { return time.Duration(c.last.Load()) }

// Handle implements socket.Handler.
func (c *carrier) Handle(b []byte) (stay, ok bool) {
	s := c.session
	c.heard()
	c.handling.Store(true)
	defer c.handling.Store(false)
	s.in.Lock()
	defer s.in.Unlock()
	if s.current() != c { // the client is already here again
		c.sock.Close()
		return false, true
	}
	if c.over {
		return false, true
	}
	err := c.parser.Feed(b, c.message)
	c.held.Set(s.line, c.parser.Held())
	c.heard()
	if err == nil {
		return false, true
	}
	c.over = true
	if bad, ok := errors.AsType[*ws.CloseError](err); ok {
		s.line.Send(ws.AppendClose(nil, bad.Code, bad.Text))
	}
	c.finish()
	return false, true
}

// Finish implements madang.Finisher: what the client has sent is answered before it is told to go. What it sends from now on is
// not looked at, and so not answered; clients send that again.
func (s *session) Finish(done func()) {
	go s.alone(func() {
		if c := s.current(); c != nil {
			c.over = true
		}
		done()
	})
}

// finish ends the carrier when what was sent has been written, or at the latest when that takes too long.
func (c *carrier) finish() { time.AfterFunc(closeTime, c.sock.Close) }

// message takes one message.
func (c *carrier) message(m ws.Message) error {
	switch m.Op {
	case ws.Ping:
		c.session.line.Send(ws.AppendFrame(nil, ws.Pong, m.Data))
	case ws.Pong:
	case ws.Close:
		code, _ := m.CloseReason()
		return &ws.CloseError{Code: code, Text: ""} // said back, as RFC 6455 §5.5.1 wants it
	default:
		c.session.take(m.Data, m.Op == ws.Binary)
	}
	return nil
}

// End implements socket.Handler.
func (c *carrier) End(error) {
	c.sock.Close()
	c.session.alone(func() { c.held.Set(c.session.line, 0) })
	c.session.lost(c)
}

// Flush implements madang.Link. While nobody is there what comes is let go: a client that comes back is sent what it missed
// from the channels' history.
func (s *session) Flush(b *madang.Batch) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.carrier
	if c == nil && s.fence == nil {
		return b.Len(), nil
	}
	if c != nil && c.finishing {
		return 0, nil
	}
	passed := s.pass(b)
	if s.fence != nil || c == nil {
		return b.Len(), nil
	}
	out := b.Bytes()[passed:]
	if len(out) == 0 {
		return b.Len(), nil
	}
	n, again, err := c.sock.TryWrite(out)
	if err != nil {
		c.sock.Close() // its end comes from there
		return b.Len(), nil
	}
	if !again {
		return b.Len(), nil
	}
	units, rest := b.Cut(passed + n)
	b.Keep(len(rest))
	c.finishing = true
	c.sock.Finish(rest, func(err error) { s.finished(c, err) })
	return units, nil
}

// pass returns how many bytes of a batch were meant for an earlier carrier: everything up to the fence.
func (s *session) pass(b *madang.Batch) (passed int) {
	if s.fence == nil {
		return 0
	}
	for i := range b.Len() {
		u := b.Unit(i)
		passed += len(u)
		if string(u) == string(s.fence) {
			s.fence = nil
			return passed
		}
	}
	return passed
}

// finished is called when a carrier has written the rest of a batch, or cannot.
func (s *session) finished(c *carrier, err error) {
	s.mu.Lock()
	c.finishing = false
	current := s.carrier == c
	s.mu.Unlock()
	if err != nil {
		c.sock.Close()
	}
	if current {
		s.line.Ready()
	}
}

// Farewell implements madang.Link.
func (s *session) Farewell(r madang.CloseReason) []byte {
	s.mu.Lock()
	bye := s.bye
	s.mu.Unlock()
	switch {
	case bye != nil:
		return bye
	case r == madang.CloseGone:
		return nil
	}
	return s.parting(goodbye(r))
}

// Close implements madang.Link.
func (s *session) Close(r madang.CloseReason) {
	if c := s.current(); c != nil && r != madang.CloseSlow && r != madang.CloseGone {
		s.srv.linger(s, c) // first: there must be no moment in which a client that polls is not known
	}
	s.mu.Lock()
	c, ended := s.carrier, s.ended
	s.ended, s.carrier = true, nil
	s.mu.Unlock()
	if ended {
		return
	}
	s.srv.strike(s)
	s.srv.beats.Drop(s)
	go s.release()
	if c == nil {
		return
	}
	switch r {
	case madang.CloseSlow: // half a frame may be out, and no words fit behind it
		c.sock.Abort()
	case madang.CloseGone:
		c.sock.Close()
	default: // the farewell is out; the client's answer, or its end, ends it
		c.sock.CloseWrite()
		c.finish()
	}
}
