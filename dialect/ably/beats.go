package ably

import (
	"container/heap"
	"sync"
	"time"

	"madang/dialect/ably/protocol"
	"madang/internal/ws"
)

// beats are the times at which clients are told that the server is there. One timer serves all: a timer of each one's own
// would be a good part of what an idle connection costs.
type beats struct {
	start time.Time // times count from here

	mu    sync.Mutex
	queue beatQueue
	timer *time.Timer
}

// now returns the time on the clock of the beats.
func (b *beats) now() time.Duration { return time.Since(b.start) }

// set makes a session's turn come after a while.
func (b *beats) set(s *session, wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s.due = b.now() + wait
	if s.place > 0 {
		heap.Fix(&b.queue, int(s.place)-1)
	} else {
		heap.Push(&b.queue, s)
	}
	if b.queue[0] == s {
		b.wake()
	}
}

// drop takes a session out until it is set again.
func (b *beats) drop(s *session) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s.place > 0 {
		heap.Remove(&b.queue, int(s.place)-1)
	}
}

// wake sets the timer to the next turn; the lock is held.
func (b *beats) wake() {
	if len(b.queue) == 0 {
		return
	}
	wait := b.queue[0].due - b.now()
	if b.timer == nil {
		b.timer = time.AfterFunc(wait, b.ring)
	} else {
		b.timer.Reset(wait)
	}
}

// ring gives their turn to the sessions for which it is time.
func (b *beats) ring() {
	var due []*session
	b.mu.Lock()
	for now := b.now(); len(b.queue) > 0 && b.queue[0].due <= now; {
		due = append(due, heap.Pop(&b.queue).(*session))
	}
	b.wake()
	b.mu.Unlock()
	for _, s := range due {
		s.beat()
	}
}

// beat is a session's turn: the client is shown that the server is there, and asked for its next token when it is time. A
// client that has not said anything for two turns, not even to the ping, is gone.
func (s *session) beat() {
	c := s.current()
	if c == nil {
		return
	}
	b := &s.srv.beats
	if b.now()-c.lastHeard() > 2*s.srv.cfg.Heartbeat && !c.handling.Load() {
		c.sock.Close()
		return
	}
	if s.prompt() {
		s.send(&protocol.Frame{Action: protocol.Auth})
	}
	if s.heartbeats {
		s.line.Send(append(s.wire.unit(&protocol.Frame{Action: protocol.Heartbeat}), ws.AppendFrame(nil, ws.Ping, nil)...))
	} else {
		s.line.Send(ws.AppendFrame(nil, ws.Ping, nil))
	}
	s.schedule()
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
		s.srv.beats.set(s, wait)
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

// A beatQueue is a heap of sessions, the next turn first. A session knows its place in it, counted from 1.
type beatQueue []*session

func (q beatQueue) Len() int           { return len(q) }
func (q beatQueue) Less(i, j int) bool { return q[i].due < q[j].due }

func (q beatQueue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].place, q[j].place = int32(i+1), int32(j+1)
}

// Push implements heap.Interface.
func (q *beatQueue) Push(x any) {
	s := x.(*session)
	*q = append(*q, s)
	s.place = int32(len(*q))
}

// Pop implements heap.Interface.
func (q *beatQueue) Pop() any {
	old := *q
	n := len(old) - 1
	s := old[n]
	old[n] = nil
	*q = old[:n]
	s.place = 0
	return s
}
