package forward

import (
	"bytes"
	"errors"
	"io"
	"os"
	"sync"
	"time"
)

const (
	window = 128 << 10 // bytes that may be under way on a stream, in each direction
	chunk  = 32 << 10  // the most in one frame
)

// Ways for a stream to fail.
var (
	errAborted = errors.New("forward: the other node has ended it")
	errSilent  = errors.New("forward: the other node has not been heard for too long")
	errReset   = errors.New("forward: something between the two nodes was lost")
	errFlood   = errors.New("forward: more waits to be read than this node has room for")
	errClosed  = errors.New("forward: closed here")
)

// A stream is one end of what goes to and fro between two nodes about one request.
type stream struct {
	link  *link
	id    uint64
	mine  bool // it was asked here
	began time.Time

	mu     sync.Mutex
	change sync.Cond
	head   *head    // of the answer, when it has come
	in     [][]byte // what has come and is not read yet
	inSize int
	inEnd  bool
	shut   bool // the other side reads no more either
	owed   int  // bytes that were read and are not credited yet
	credit int  // bytes that may be sent
	outEnd bool
	failed error
	limits [2]deadline // of reading and of writing
	abort  func()      // called once when it fails; may be nil
	parted func()      // called when no more bytes will come, holding mu; may be nil
}

// A deadline is a time after which somebody does not wait any more.
type deadline struct {
	over  bool
	timer *time.Timer
}

const (
	reading = iota
	writing
)

func newStream(l *link, id uint64, mine bool) *stream {
	s := &stream{link: l, id: id, mine: mine, began: time.Now(), credit: window}
	s.change.L = &s.mu
	return s
}

func (s *stream) frame(o op, data []byte) frame {
	return frame{op: o, asked: s.mine, stream: s.id, data: data}
}

// take takes a frame of the other side. It does not wait. After an error the stream is of no more use.
func (s *stream) take(f frame) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.change.Broadcast()
	if s.failed != nil {
		return nil
	}
	switch f.op {
	case opHead:
		h, err := parseHead(f.data)
		if err != nil {
			return err
		}
		s.head = &h
	case opData:
		return s.keep(f.data)
	case opEnd:
		if !s.inEnd && s.parted != nil {
			s.parted()
		}
		s.inEnd = true
		s.shut = s.shut || len(f.data) > 0
	case opCredit:
		c := reader{b: f.data}
		s.credit = min(window, s.credit+int(min(c.uint(), window)))
	}
	return nil
}

// keep keeps bytes that have come until they are read; mu is held.
func (s *stream) keep(data []byte) error {
	if s.inEnd || len(data) == 0 {
		return nil
	}
	size := int64(len(data))
	if s.inSize+s.owed+len(data) > window {
		return errFlood
	}
	if s.link.home.waiting.Add(size) > maxWaiting {
		s.link.home.waiting.Add(-size)
		return errFlood
	}
	s.in = append(s.in, bytes.Clone(data)) // a few bytes must not keep the whole letter
	s.inSize += len(data)
	return nil
}

// fail ends the stream for whoever waits here; mu is held.
func (s *stream) fail(err error) {
	if s.failed != nil {
		return
	}
	s.failed = err
	s.link.home.waiting.Add(-int64(s.inSize))
	s.in, s.inSize = nil, 0
	s.change.Broadcast()
	if s.abort != nil {
		go s.abort()
	}
}

// close ends the stream on both sides, if it has not ended: what is under way is lost.
func (s *stream) close(err error) {
	s.mu.Lock()
	over := s.failed != nil
	s.fail(err)
	s.mu.Unlock()
	if !over && s.link.drop(s) {
		s.link.send(s.frame(opAbort, nil))
	}
}

// forget ends a stream of which nothing more is expected, in either direction.
func (s *stream) forget() {
	s.link.drop(s)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail(errClosed)
}

// read waits for bytes; [io.EOF] after the last.
func (s *stream) read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.in) == 0 && !s.inEnd && s.failed == nil && !s.limits[reading].over {
		s.change.Wait()
	}
	switch {
	case s.failed != nil:
		return 0, s.failed
	case s.limits[reading].over:
		return 0, os.ErrDeadlineExceeded
	case len(s.in) == 0:
		return 0, io.EOF
	}
	n := copy(p, s.in[0])
	if s.in[0] = s.in[0][n:]; len(s.in[0]) == 0 {
		s.in = s.in[1:]
	}
	s.inSize -= n
	s.link.home.waiting.Add(-int64(n))
	if s.owed += n; s.owed >= window/4 && !s.inEnd {
		s.link.send(s.frame(opCredit, appendUint(nil, s.owed)))
		s.owed = 0
	}
	return n, nil
}

// room waits until something may be sent, and takes at most so many bytes of it. While the body of a request is sent, its
// answer may come first: then the rest of the body is of no more use.
func (s *stream) room(most int, untilAnswered bool) (n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.credit == 0 && s.failed == nil && !s.limits[writing].over && (s.head == nil || !untilAnswered) {
		s.change.Wait()
	}
	switch {
	case s.failed != nil:
		return 0, s.failed
	case s.outEnd:
		return 0, errClosed
	case untilAnswered && s.head != nil:
		return 0, io.EOF
	case s.limits[writing].over:
		return 0, os.ErrDeadlineExceeded
	}
	n = min(most, chunk, s.credit)
	s.credit -= n
	return n, nil
}

// write sends bytes, waiting for credit. They may change afterwards.
func (s *stream) write(b []byte) (sent int, err error) {
	for len(b) > 0 {
		n, err := s.room(len(b), false)
		if err != nil {
			return sent, err
		}
		s.link.send(s.frame(opData, b[:n]))
		b, sent = b[n:], sent+n
	}
	return sent, nil
}

// end says that no more bytes will be sent, once; shut, that none will be read either. It reports false if it said so before.
func (s *stream) end(shut bool) bool {
	s.mu.Lock()
	before := s.outEnd || s.failed != nil
	s.outEnd = true
	s.mu.Unlock()
	if before {
		return false
	}
	var data []byte
	if shut {
		data = []byte{1}
	}
	s.link.send(s.frame(opEnd, data))
	return true
}

// answer waits for the beginning of the answer.
func (s *stream) answer() (*head, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.head == nil && s.failed == nil {
		s.change.Wait()
	}
	return s.head, s.failed
}

// limit sets a deadline; the zero time is none.
func (s *stream) limit(which int, t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := &s.limits[which]
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
	wait := time.Until(t)
	d.over = !t.IsZero() && wait <= 0
	if !t.IsZero() && !d.over {
		var timer *time.Timer
		timer = time.AfterFunc(wait, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			if d.timer == timer {
				d.over = true
				s.change.Broadcast()
			}
		})
		d.timer = timer
	}
	s.change.Broadcast()
}
