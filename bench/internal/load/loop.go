//go:build linux

package load

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"madang/bench/internal/wire"
)

// ErrTimeout is returned when what a Run waits for did not happen in time.
var ErrTimeout = errors.New("load: it took too long")

const (
	eventsPerTurn = 512
	readBuffer    = 256 << 10 // bytes: many coalesced frames in one read
	maxWait       = 50        // milliseconds until a Run looks at its context again
)

// A Loop reads all connections of one workload against one server.
// It is not safe for concurrent use.
type Loop struct {
	epoll    int
	addr     unix.SockaddrInet4
	host     string
	protocol wire.Protocol
	stream   wire.Stream // the protocol, if it is one
	frames   wire.Op     // that packets are in
	events   []unix.EpollEvent
	buf      []byte
	clients  []*Client // by file descriptor
	tickers  map[int32]*ticker
	gate     *gate
	start    time.Time
	now      time.Duration // when the last read returned, since start

	reads   int64
	bytes   int64
	lost    int
	lostWhy error
}

// NewLoop returns a Loop for the server at a port of 127.0.0.1 that speaks a
// protocol.
func NewLoop(port int, protocol wire.Protocol) (*Loop, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("load: create an epoll instance: %w", err)
	}
	gate, err := newGate(epoll)
	if err != nil {
		unix.Close(epoll)
		return nil, err
	}
	stream, _ := protocol.(wire.Stream)
	return &Loop{
		epoll:    epoll,
		addr:     unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}},
		host:     fmt.Sprintf("127.0.0.1:%d", port),
		protocol: protocol,
		stream:   stream,
		frames:   wire.Frames(protocol),
		events:   make([]unix.EpollEvent, eventsPerTurn),
		buf:      make([]byte, readBuffer),
		tickers:  make(map[int32]*ticker),
		gate:     gate,
		start:    time.Now(),
	}, nil
}

// Close ends every connection, without the usual goodbyes, and the Loop.
func (l *Loop) Close() {
	for _, c := range l.clients {
		if c != nil {
			c.close(errors.New("closed by the generator"))
		}
	}
	for fd := range l.tickers {
		unix.Close(int(fd))
	}
	l.gate.close()
	unix.Close(l.epoll)
}

// Protocol returns what the Loop's connections speak.
func (l *Loop) Protocol() wire.Protocol { return l.protocol }

// SendAll writes a frame to every connection that is ready.
func (l *Loop) SendAll(frame []byte) {
	for _, c := range l.clients {
		if c != nil && c.phase == ready {
			c.Send(frame)
		}
	}
}

// Now returns the time since the Loop began, in the clock that deliveries are
// measured with.
func (l *Loop) Now() time.Duration { return time.Since(l.start) }

// ReadAt returns when the bytes that are being handled were read.
func (l *Loop) ReadAt() time.Duration { return l.now }

// Reads returns how many reads brought bytes. Deliveries divided by reads say
// how well a server coalesces.
func (l *Loop) Reads() int64 { return l.reads }

// Bytes returns how many bytes the reads brought, headers of frames among them.
func (l *Loop) Bytes() int64 { return l.bytes }

// Lost returns an error that tells how many connections ended although their
// Spec did not allow it, and why the first one did; nil when there are none.
func (l *Loop) Lost() error {
	if l.lost == 0 {
		return nil
	}
	return fmt.Errorf("load: %d connections were lost; the first: %w", l.lost, l.lostWhy)
}

// RunFor handles events for a time.
func (l *Loop) RunFor(ctx context.Context, d time.Duration) error {
	end := l.Now() + d
	for {
		left := end - l.Now()
		if left <= 0 {
			return nil
		}
		if err := l.turn(ctx, left); err != nil {
			return err
		}
	}
}

// RunUntil handles events until done, asked after every turn, says so.
// It returns ErrTimeout when that takes longer than limit.
func (l *Loop) RunUntil(ctx context.Context, limit time.Duration, done func() bool) error {
	end := l.Now() + limit
	for !done() {
		left := end - l.Now()
		if left <= 0 {
			return ErrTimeout
		}
		if err := l.turn(ctx, left); err != nil {
			return err
		}
	}
	return nil
}

// turn waits for events, at most for left, and handles them.
func (l *Loop) turn(ctx context.Context, left time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	wait := min(maxWait, int((left+time.Millisecond-1)/time.Millisecond))
	n, err := unix.EpollWait(l.epoll, l.events, wait)
	if errors.Is(err, unix.EINTR) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("load: wait for events: %w", err)
	}
	for i := range l.events[:n] {
		ev := &l.events[i]
		if int(ev.Fd) < len(l.clients) {
			if c := l.clients[ev.Fd]; c != nil {
				c.event(ev.Events)
				continue
			}
		}
		if t := l.tickers[ev.Fd]; t != nil {
			t.fire()
		}
		if ev.Fd == l.gate.fd {
			l.enter()
		}
	}
	return nil
}

// read hands every whole frame that c has to c.frame.
func (l *Loop) read(c *Client) {
	have := copy(l.buf, c.partial)
	n, err := unix.Read(c.fd, l.buf[have:])
	switch {
	case err == unix.EAGAIN || err == unix.EINTR:
		return
	case err != nil:
		c.fail(fmt.Errorf("read: %w", err))
		return
	case n == 0:
		c.fail(errors.New("closed by the server"))
		return
	}
	l.now = l.Now()
	l.reads++
	l.bytes += int64(n)
	b := l.buf[:have+n]
	if c.phase == upgrading {
		n, err := wire.Upgraded(b)
		if err != nil {
			c.fail(err)
			return
		}
		if n > 0 {
			c.phase = greeting
			b = b[n:]
		}
	}
	for c.phase > upgrading {
		f, n, err := wire.Next(b)
		if err != nil {
			c.fail(err)
			return
		}
		if n == 0 {
			break
		}
		c.frame(f)
		b = b[n:]
	}
	c.partial = append(c.partial[:0], b...)
}
