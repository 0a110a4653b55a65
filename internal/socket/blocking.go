package socket

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

const (
	// maxPending is how many bytes a blocking Socket takes before it says again. While its writer is at work there
	// may be as many again in the writer's hands.
	maxPending = 64 << 10

	// closeGrace is how long Close lets the writer go on with what TryWrite has taken. A kernel does the same for a
	// plain TCP connection.
	closeGrace = 5 * time.Second
)

var (
	errClosed = fmt.Errorf("socket: write: %w", net.ErrClosed)
	errHalf   = errors.New("socket: write after CloseWrite")
)

// blocking is the Socket of a connection that can only be written by waiting. TryWrite puts bytes into a bounded
// buffer; a goroutine that exists only while there is something to write empties it with ordinary writes.
//
// An error of that goroutine is reported by the next call of TryWrite, as the kernel does for its own send buffer.
type blocking struct {
	nc net.Conn

	mu      sync.Mutex
	pending []byte      // taken, not yet in the writer's hands; nil at rest
	rest    []byte      // of a Finish whose turn has not come
	done    func(error) // the same Finish's; nil: there is none
	writing bool        // the writer exists
	inRest  bool        // the writer is at the rest of a Finish
	half    bool        // CloseWrite: the writer ends the writing half when it is through
	closed  bool        // Close or Abort was called, or both
	reset   bool        // Abort: nc is not for the writer to close, which would be a clean end
	err     error       // sticky: failed, or one of the two above
}

func newBlocking(nc net.Conn) *blocking { return &blocking{nc: nc} }

func (s *blocking) TryWrite(b []byte) (n int, again bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return 0, false, s.err
	}
	n = min(len(b), maxPending-len(s.pending))
	if n > 0 {
		s.pending = append(s.pending, b[:n]...)
		s.start()
	}
	return n, n < len(b), nil
}

func (s *blocking) Finish(rest []byte, done func(error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		go done(s.err)
		return
	}
	s.rest, s.done = rest, done
	s.start()
}

// start makes sure that there is a writer. The lock is held.
func (s *blocking) start() {
	if !s.writing {
		s.writing = true
		go s.write()
	}
}

// write is the writer: what was taken first, then the rest of a Finish, until there is neither. Its last buffer serves
// the next TryWrite as long as the writer lives, so a busy connection has two and an idle one none.
func (s *blocking) write() {
	var spare []byte
	for {
		b, done, ok := s.next(spare)
		if !ok {
			return
		}
		var err error
		if len(b) > 0 {
			_, err = s.nc.Write(b)
		}
		if err != nil {
			err = fmt.Errorf("socket: write: %w", err)
		}
		s.wrote(err)
		if done != nil {
			done(err)
			spare = nil // b was the caller's
		} else {
			spare = b[:0]
		}
	}
}

// next hands the writer its next bytes, and done with them if they are the rest of a Finish. When there is nothing it
// lets the writer end, which is the moment for a CloseWrite or Close that waited for it.
func (s *blocking) next(spare []byte) (b []byte, done func(error), ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case len(s.pending) > 0:
		b, s.pending = s.pending, spare
		return b, nil, true
	case s.done != nil:
		b, done = s.rest, s.done
		s.rest, s.done, s.inRest = nil, nil, true
		return b, done, true
	}
	s.pending, s.writing = nil, false
	switch {
	case s.reset:
	case s.closed:
		go s.nc.Close()
	case s.half:
		go closeWrite(s.nc)
	}
	return nil, nil, false
}

// wrote takes note of how a write ended. After a failed one nothing that waits can be sent.
func (s *blocking) wrote(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inRest = false
	if err != nil {
		s.fail(err)
	}
}

// fail makes err the answer to everything from now on and calls off what waits. The lock is held.
func (s *blocking) fail(err error) {
	if s.err == nil || s.err == errHalf {
		s.err = err
	}
	s.pending = nil
	s.callOff()
}

// callOff ends a Finish whose turn has not come. The lock is held.
func (s *blocking) callOff() {
	if s.done != nil {
		go s.done(s.err)
		s.rest, s.done = nil, nil
	}
}

func (s *blocking) CloseWrite() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return
	}
	s.half, s.err = true, errHalf
	if !s.writing {
		go closeWrite(s.nc)
	}
}

func (s *blocking) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.closed = true
	finishing := s.done != nil || s.inRest
	if s.err == nil || s.err == errHalf {
		s.err = errClosed
	}
	s.callOff()
	// Neither call waits; a connection that cannot have deadlines is beyond help, and so is their error.
	now := time.Now()
	_ = s.nc.SetReadDeadline(now) // ends the reader, however long a clean end takes
	switch {
	case finishing: // a clean end would have to wait for the peer
		go closeUnder(s.nc)
	case s.writing: // the writer closes nc when it is through
		_ = s.nc.SetWriteDeadline(now.Add(closeGrace))
	default:
		go s.nc.Close()
	}
}

func (s *blocking) Abort() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed, s.reset = true, true
	s.fail(errClosed)
	go abort(s.nc)
}
