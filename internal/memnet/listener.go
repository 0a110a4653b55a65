package memnet

import (
	"context"
	"fmt"
	"net"
	"sync"
)

// A Listener accepts the connections that its own Dial makes.
type Listener struct {
	buffer  int
	conns   chan *Conn
	closed  chan struct{}
	closing sync.Once
}

// Listen makes a Listener whose connections hold buffer bytes in each direction; 0 means [DefaultBuffer]. In a synctest
// bubble it must be made inside.
func Listen(buffer int) *Listener {
	return &Listener{buffer: buffer, conns: make(chan *Conn), closed: make(chan struct{})}
}

// Dial connects to l and waits until the connection has been accepted.
func (l *Listener) Dial(ctx context.Context) (*Conn, error) {
	client, server := connect(l.buffer, "mem:client", "mem:server")
	select {
	case l.conns <- server:
		return client, nil
	case <-l.closed:
		return nil, fmt.Errorf("memnet: dial: %w", net.ErrClosed)
	case <-ctx.Done():
		return nil, fmt.Errorf("memnet: dial: %w", context.Cause(ctx))
	}
}

// Accept waits for the next Dial.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, fmt.Errorf("memnet: accept: %w", net.ErrClosed)
	}
}

// Close ends Accept and Dial for good; connections stay.
func (l *Listener) Close() error {
	l.closing.Do(func() { close(l.closed) })
	return nil
}

// Addr returns a made-up address.
func (l *Listener) Addr() net.Addr { return addr("mem:server") }
