//go:build linux

package load

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"madang/bench/internal/wire"
)

// A Spec says what one connection shall be.
type Spec struct {
	wire.Who
	// Port is another than the Loop's, on 127.0.0.1: of another node of the same
	// cluster. 0 is the Loop's.
	Port int
	// ReceiveBuffer is the size in bytes asked of the kernel; 0 leaves its own.
	ReceiveBuffer int
	// MayEnd says that the server may end the connection without harm.
	MayEnd bool
}

// perConnection is the longest that one connection's set-up may take.
const perConnection = 20 * time.Second

// Open opens n connections, at most parallel at a time, and returns when all
// are ready. One that fails fails them all.
func (l *Loop) Open(ctx context.Context, n, parallel int, spec func(i int) Spec) ([]*Client, error) {
	clients := make([]*Client, 0, n)
	done := 0
	var failed error
	finished := func(c *Client) {
		done++
		if c.err != nil && failed == nil {
			failed = c.err
		}
	}
	progress, since := 0, l.Now()
	more := func() bool {
		for len(clients) < n && len(clients)-done < parallel && failed == nil {
			c, err := l.dial(spec(len(clients)), finished)
			if err != nil {
				failed = err
				break
			}
			c.Index = len(clients)
			clients = append(clients, c)
		}
		if done > progress {
			progress, since = done, l.Now()
		}
		return failed != nil || done == n || l.Now()-since > perConnection
	}
	limit := perConnection + time.Duration(n)*perConnection // more decides earlier
	if err := l.RunUntil(ctx, limit, more); err != nil {
		return nil, err
	}
	if failed != nil {
		return nil, fmt.Errorf("load: connection %d of %d: %w", done, n, failed)
	}
	if done < n {
		return nil, fmt.Errorf("load: %d of %d connections are ready, none became so for %v: %w", done, n, perConnection, ErrTimeout)
	}
	return clients, nil
}

// dial starts one connection. finished is called later, never from inside.
func (l *Loop) dial(spec Spec, finished func(*Client)) (*Client, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("create a socket: %w", err)
	}
	if err := l.prepare(fd, spec); err != nil {
		unix.Close(fd)
		return nil, err
	}
	if missing := fd + 1 - len(l.clients); missing > 0 {
		l.clients = append(l.clients, make([]*Client, missing)...)
	}
	c := &Client{loop: l, spec: spec, fd: fd, phase: dialing, finished: finished}
	c.Receive = func(c *Client, packet []byte) {
		c.fail(fmt.Errorf("unexpected packet %.60q", packet))
	}
	l.clients[fd] = c
	l.gate.waiting[spec.Token] = c
	return c, nil
}

func (l *Loop) prepare(fd int, spec Spec) error {
	if spec.ReceiveBuffer > 0 {
		// Before connecting: the window is announced with the first segment.
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, spec.ReceiveBuffer); err != nil {
			return fmt.Errorf("set the receive buffer: %w", err)
		}
	}
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		return fmt.Errorf("set TCP_NODELAY: %w", err)
	}
	addr := l.addr
	if spec.Port != 0 {
		addr.Port = spec.Port
	}
	if err := unix.Connect(fd, &addr); err != nil && err != unix.EINPROGRESS {
		return fmt.Errorf("connect to port %d: %w", addr.Port, err)
	}
	ev := unix.EpollEvent{Events: unix.EPOLLOUT, Fd: int32(fd)}
	if err := unix.EpollCtl(l.epoll, unix.EPOLL_CTL_ADD, fd, &ev); err != nil {
		return fmt.Errorf("add to epoll: %w", err)
	}
	return nil
}
