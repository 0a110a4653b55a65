//go:build linux

package load

import (
	"encoding/binary"
	"fmt"
	"sync"

	"golang.org/x/sys/unix"

	"madang/bench/internal/wire"
)

// A gate brings a Loop what other goroutines know: whom the application behind
// the server has let in.
type gate struct {
	fd      int32              // an eventfd
	waiting map[string]*Client // by token, of the Loop's thread alone

	mu       sync.Mutex
	admitted []string // tokens
	closed   bool
}

func newGate(epoll int) (*gate, error) {
	fd, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("load: create an eventfd: %w", err)
	}
	ev := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}
	if err := unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, fd, &ev); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("load: add an eventfd to epoll: %w", err)
	}
	return &gate{fd: int32(fd), waiting: make(map[string]*Client)}, nil
}

func (g *gate) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	unix.Close(int(g.fd))
}

// Admit tells the connection that is being set up with a token that it was let
// into its room. It may be called by any goroutine, also after Close.
func (l *Loop) Admit(token string) {
	g := l.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return
	}
	g.admitted = append(g.admitted, token)
	one := binary.NativeEndian.AppendUint64(nil, 1)
	_, _ = unix.Write(int(g.fd), one) // it only fails when the Loop is awake anyway
}

// enter continues the set-up of those who were let in.
func (l *Loop) enter() {
	g := l.gate
	g.mu.Lock()
	var count [8]byte
	_, _ = unix.Read(int(g.fd), count[:]) // the list says how many there are
	tokens := g.admitted
	g.admitted = nil
	g.mu.Unlock()
	for _, token := range tokens {
		if c := g.waiting[token]; c != nil && c.phase == greeting {
			c.greet([]byte(wire.Admitted))
		}
	}
}

// settled forgets a connection whose set-up is over.
func (l *Loop) settled(c *Client) {
	if l.gate.waiting[c.spec.Token] == c {
		delete(l.gate.waiting, c.spec.Token)
	}
}
