package socket

import (
	"fmt"
	"net"
	"sync"
	"syscall"
)

// errGone is the end that this side has made.
var errGone = fmt.Errorf("the connection was closed: %w", net.ErrClosed)

// A remainder is what a Finish has still to write. It exists only while the peer has no room.
type remainder struct {
	mu   sync.Mutex // held while writing, which does not wait
	b    []byte
	done func(error)
	over bool
}

func (c *polled) TryWrite(b []byte) (n int, again bool, err error) {
	if len(b) == 0 {
		return 0, false, nil
	}
	if !c.users.enter() {
		return 0, false, errClosed
	}
	n, err = write(uintptr(c.fd), b)
	c.leave()
	switch {
	case err == syscall.EAGAIN:
		return 0, true, nil
	case err != nil:
		return 0, false, fmt.Errorf("socket: write: %w", err)
	}
	return n, n < len(b), nil
}

// Finish tries once more when the rest is where an edge finds it: the edge that belongs to the write that was refused
// may have gone by.
func (c *polled) Finish(rest []byte, done func(error)) {
	r := &remainder{b: rest, done: done}
	c.pending.Store(r)
	if over, err := c.write(r); over {
		go done(err) // the caller may hold what done wants
	}
}

// writable goes on with a Finish that is under way. It is called by the poller.
func (c *polled) writable() {
	r := c.pending.Load()
	if r == nil {
		return
	}
	switch over, err := c.write(r); {
	case !over:
	case err == nil:
		r.done(nil) // does not wait
	default:
		go r.done(err) // may have a lot to clear away
	}
}

// write writes what there is room for. It reports over=true once, to whoever must call done.
func (c *polled) write(r *remainder) (over bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over {
		return false, nil
	}
	if !c.users.enter() {
		err = errGone
	} else {
		defer c.leave()
	}
	for err == nil && len(r.b) > 0 {
		var n int
		n, err = write(uintptr(c.fd), r.b)
		r.b = r.b[n:]
	}
	if err == syscall.EAGAIN {
		return false, nil
	}
	if err != nil {
		err = fmt.Errorf("socket: write the rest: %w", err)
	}
	r.over, r.b = true, nil
	c.pending.Store(nil)
	return true, err
}

func (c *polled) CloseWrite() {
	if c.users.enter() {
		_ = syscall.Shutdown(int(c.fd), syscall.SHUT_WR) // fails if the peer was faster
		c.leave()
	}
}

func (c *polled) Close() {
	if !c.users.enter() {
		return
	}
	c.users.end()
	c.leave()
	if r := c.pending.Load(); r != nil {
		if over, err := c.write(r); over {
			go r.done(err)
		}
	}
	if c.edge(0) { // End is to be called
		c.schedule()
	}
}

func (c *polled) Abort() {
	if c.users.enter() {
		// Only TCP knows a reset. Nothing follows if there is none.
		_ = syscall.SetsockoptLinger(int(c.fd), syscall.SOL_SOCKET, syscall.SO_LINGER, &syscall.Linger{Onoff: 1})
		c.leave()
	}
	c.Close()
}

// leave ends a use of the descriptor, and closes it if it was the last one after the end.
func (c *polled) leave() {
	if c.users.leave() {
		c.poller.remove(c)
		_ = syscall.Close(int(c.fd))
	}
}
