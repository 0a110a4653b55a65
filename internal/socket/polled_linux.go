package socket

import (
	"fmt"
	"io"
	"sync/atomic"
	"syscall"
)

// A polled connection is a descriptor of its own with a poller. It holds no goroutine and no buffer while it is silent,
// and is as small as it gets.
type polled struct {
	poller     *poller
	handler    Handler
	next       *polled // in a queue
	pending    atomic.Pointer[remainder]
	fd         int32
	generation int32 // tells connections with the same descriptor apart, one after the other
	users      users
	state      atomic.Uint32
}

// The reading half's state. The bits above are the turn, which Fork moves on by one.
const (
	busy     = 1 << iota // somebody reads, handles, is about to, or has ended; or Run was not called yet
	handling             // Handle is being called, so that Fork is possible
	again                // there was an edge since the last read began
	over                 // the peer has said its last: reading must get to the end, without a further edge
	turn
)

// readsPerTurn is how often a connection is read before others that are waiting have their turn.
const readsPerTurn = 4

func (c *polled) Run(leftover []byte, h Handler) {
	c.handler = h
	switch {
	case len(leftover) > 0:
		go func() {
			if c.handle(0, leftover) {
				c.turn()
			}
		}()
	case !c.rest():
		c.schedule()
	}
}

func (c *polled) schedule() { c.poller.crew.add(queue{c, c}) }

// edge takes note that there is something to read, or an end. It returns true if the caller must schedule the
// connection, which is then busy.
func (c *polled) edge(more uint32) bool {
	for {
		s := c.state.Load()
		to := s | again | more
		if s == to {
			return false
		}
		if c.state.CompareAndSwap(s, to|busy) {
			return s&busy == 0
		}
	}
}

// rest ends being busy, unless there was an edge.
func (c *polled) rest() bool {
	for {
		s := c.state.Load()
		if s&again != 0 {
			return false
		}
		if c.state.CompareAndSwap(s, s&^busy) {
			return true
		}
	}
}

// turn reads and handles until there is nothing more, or for long enough. It is called by whoever has made the
// connection busy.
func (c *polled) turn() {
	pool := c.poller.pool
	mine := c.state.Load() / turn
	for range readsPerTurn {
		c.state.And(^uint32(again)) // an edge from here on may come after the read
		b := pool.get(true)
		n, err := c.read(*b)
		if n > 0 && !c.handle(mine, (*b)[:n]) {
			pool.put(b)
			return
		}
		drained := n < len(*b) // of what there was when reading began
		pool.put(b)
		switch {
		case err == syscall.EAGAIN:
		case err != nil:
			c.handler.End(err) // and busy for ever
			return
		case !drained || c.state.Load()&over != 0:
			continue
		}
		if c.rest() {
			return
		}
	}
	c.schedule()
}

// read is one recv(2) that does not wait.
func (c *polled) read(b []byte) (int, error) {
	if !c.users.enter() {
		return 0, fmt.Errorf("socket: read: %w", errGone)
	}
	defer c.leave()
	for {
		n, err := recv(uintptr(c.fd), b)
		switch {
		case err == syscall.EINTR:
		case err == syscall.EAGAIN:
			return 0, err
		case err != nil:
			return 0, fmt.Errorf("socket: read: %w", err)
		case n == 0:
			return 0, io.EOF
		default:
			return n, nil
		}
	}
}

// handle hands b over. It returns false when this goroutine has nothing more to do: forked, or at the end.
func (c *polled) handle(mine uint32, b []byte) bool {
	c.state.Or(handling)
	_, ok := c.handler.Handle(b)
	for {
		s := c.state.Load()
		if s/turn != mine {
			return false // another goroutine reads
		}
		if c.state.CompareAndSwap(s, s&^handling) {
			break
		}
	}
	if !ok {
		c.handler.End(nil) // and busy for ever
	}
	return ok
}

func (c *polled) Fork() bool {
	for {
		s := c.state.Load()
		if s&handling == 0 {
			return false
		}
		if c.state.CompareAndSwap(s, s&^handling+turn) {
			c.schedule()
			return true
		}
	}
}
