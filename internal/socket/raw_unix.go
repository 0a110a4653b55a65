//go:build unix

package socket

import (
	"fmt"
	"io"
	"net"
	"syscall"
)

const rawSupported = true

// raw is the Socket of a connection whose descriptor can be written directly.
//
// RawConn.Write takes the descriptor's write lock, arms the poller, and calls its function until that says true,
// waiting for room in between. A TryWrite is such a call whose function writes once and says true whatever came of it;
// a Finish is one whose function says false when it was refused. The two never meet, by the rule that nobody calls
// TryWrite before done.
type raw struct {
	nc   net.Conn
	rc   syscall.RawConn
	once func(fd uintptr) bool // s.writeOnce, made once, so that TryWrite does not allocate

	// Of the TryWrite that is under way.
	b   []byte
	n   int
	err error
}

func newRaw(nc net.Conn, rc syscall.RawConn) *raw {
	s := &raw{nc: nc, rc: rc}
	s.once = s.writeOnce
	return s
}

func (s *raw) TryWrite(b []byte) (n int, again bool, err error) {
	if len(b) == 0 {
		return 0, false, nil
	}
	s.b = b
	err = s.rc.Write(s.once)
	s.b = nil
	if err == nil {
		err = s.err
	}
	switch {
	case err == syscall.EAGAIN:
		return 0, true, nil
	case err != nil:
		return 0, false, fmt.Errorf("socket: write: %w", err)
	}
	return s.n, s.n < len(b), nil
}

func (s *raw) writeOnce(fd uintptr) bool {
	s.n, s.err = write(fd, s.b)
	return true
}

func (s *raw) Finish(rest []byte, done func(error)) {
	go func() { done(s.finish(rest)) }()
}

// finish waits for room as often as it takes to write rest.
func (s *raw) finish(rest []byte) error {
	var failed error
	err := s.rc.Write(func(fd uintptr) bool {
		for len(rest) > 0 {
			n, err := write(fd, rest)
			if err == syscall.EAGAIN {
				return false
			}
			if err != nil {
				failed = err
				return true
			}
			rest = rest[n:]
		}
		return true
	})
	if err == nil {
		err = failed
	}
	if err != nil {
		return fmt.Errorf("socket: write the rest: %w", err)
	}
	return nil
}

// write is one write of something, not broken off by signals.
func write(fd uintptr, b []byte) (int, error) {
	for {
		n, err := send(fd, b)
		switch {
		case err == syscall.EINTR:
			continue
		case err != nil:
			return 0, err
		case n == 0:
			return 0, io.ErrUnexpectedEOF // a socket takes something or says why not
		}
		return n, nil
	}
}

func (s *raw) CloseWrite() { closeWrite(s.nc) }

// Close runs apart, because net.Conn's Close waits until a parked reader and a waiting Finish have let go.
func (s *raw) Close() { go s.nc.Close() }

func (s *raw) Abort() { go abort(s.nc) }
