//go:build linux

package load

import (
	"fmt"

	"golang.org/x/sys/unix"

	"madang/bench/internal/wire"
)

// A phase is how far a connection has come.
type phase uint8

const (
	ended phase = iota
	dialing
	upgrading
	greeting // the protocol's own set-up
	ready
)

// A Client is one connection.
type Client struct {
	// Receive is called with each packet that arrives once the connection is
	// ready and is not the protocol's own. The bytes are valid during the call.
	Receive func(c *Client, packet []byte)
	// Index is for the workload's own use.
	Index int

	loop     *Loop
	spec     Spec
	fd       int
	phase    phase
	step     int // of greeting
	serial   int // of the next message that it publishes
	stalled  bool
	partial  []byte // the beginning of a frame
	out      []byte // what the socket did not take yet
	err      error
	finished func(*Client) // called once, when ready or failed
}

// Err returns why the connection ended, nil while it is open.
func (c *Client) Err() error { return c.err }

// Send writes a frame, now if the socket takes it and later otherwise.
func (c *Client) Send(frame []byte) {
	if c.phase == ended {
		return
	}
	if len(c.out) > 0 {
		c.out = append(c.out, frame...)
		return
	}
	n, err := unix.Write(c.fd, frame)
	if err == unix.EAGAIN || err == unix.EINTR {
		n, err = 0, nil
	}
	if err != nil {
		c.fail(fmt.Errorf("write: %w", err))
		return
	}
	if n < len(frame) {
		c.out = append(c.out, frame[n:]...)
		c.watch(unix.EPOLL_CTL_MOD, unix.EPOLLIN|unix.EPOLLOUT)
	}
}

// publish sends the connection's next numbered message.
func (c *Client) publish(f *wire.Numbered, n int) {
	c.Send(f.With(n, c.serial))
	c.serial++
}

// Stall stops reading the connection: what it is sent stays in the kernel.
func (c *Client) Stall() {
	if c.phase == ended || c.stalled {
		return
	}
	c.stalled = true
	c.watch(unix.EPOLL_CTL_DEL, 0)
}

// Drain begins to read a stalled connection again, with a receive buffer of
// size bytes so that a long backlog does not trickle through a tiny window.
func (c *Client) Drain(size int) {
	if c.phase == ended || !c.stalled {
		return
	}
	c.stalled = false
	if err := unix.SetsockoptInt(c.fd, unix.SOL_SOCKET, unix.SO_RCVBUF, size); err != nil {
		c.fail(fmt.Errorf("widen the receive buffer: %w", err))
		return
	}
	c.watch(unix.EPOLL_CTL_ADD, unix.EPOLLIN)
}

// event handles what epoll reported.
func (c *Client) event(events uint32) {
	if events&unix.EPOLLOUT != 0 {
		c.writable()
	}
	if c.phase > dialing && events&^unix.EPOLLOUT != 0 {
		c.loop.read(c)
	}
}

func (c *Client) writable() {
	if c.phase == dialing {
		code, err := unix.GetsockoptInt(c.fd, unix.SOL_SOCKET, unix.SO_ERROR)
		if err == nil && code != 0 {
			err = unix.Errno(code)
		}
		if err != nil {
			c.fail(fmt.Errorf("connect: %w", err))
			return
		}
		c.phase = upgrading
		c.watch(unix.EPOLL_CTL_MOD, unix.EPOLLIN)
		c.Send(c.loop.protocol.Upgrade(c.loop.host))
		return
	}
	rest := c.out
	c.out = nil
	if c.watch(unix.EPOLL_CTL_MOD, unix.EPOLLIN) {
		c.Send(rest)
	}
}

// frame handles one frame of the server.
func (c *Client) frame(f wire.Frame) {
	switch f.Op {
	case c.loop.frames:
		c.packets(f.Payload)
	case wire.Ping:
		c.Send(wire.AppendFrame(nil, wire.Pong, f.Payload))
	case wire.Close:
		c.fail(fmt.Errorf("close frame %.60q", f.Payload))
	default:
		c.fail(fmt.Errorf("message of another kind than the protocol's: %.60q", f.Payload))
	}
}

// packets handles what one message carries.
func (c *Client) packets(p []byte) {
	if c.loop.stream == nil {
		c.packet(p)
		return
	}
	for len(p) > 0 && c.phase != ended {
		one, rest, err := c.loop.stream.Split(p)
		if err != nil {
			c.fail(err)
			return
		}
		c.packet(one)
		p = rest
	}
}

func (c *Client) packet(p []byte) {
	if c.phase == ready && c.loop.protocol.Delivery(p) { // first, for it is nearly always so
		c.Receive(c, p)
		return
	}
	answer, known, err := c.loop.protocol.Control(p)
	switch {
	case err != nil:
		c.fail(err)
	case len(answer) > 0:
		c.Send(answer)
	case known:
	case c.phase == ready:
		c.Receive(c, p)
	default:
		c.greet(p)
	}
}

// greet takes the next step of the set-up.
func (c *Client) greet(packet []byte) {
	frame, done, err := c.loop.protocol.Greet(c.step, packet, c.spec.Who)
	if err != nil {
		c.fail(err)
		return
	}
	c.step++
	if len(frame) > 0 {
		c.Send(frame)
	}
	if done && c.phase == greeting { // sending may have failed
		c.becomeReady()
	}
}

func (c *Client) becomeReady() {
	c.phase = ready
	c.finish()
}

func (c *Client) finish() {
	c.loop.settled(c)
	if f := c.finished; f != nil {
		c.finished = nil
		f(c)
	}
}

// fail ends the connection for a reason that did not come from the generator.
func (c *Client) fail(why error) {
	if c.phase == ended {
		return
	}
	if !c.spec.MayEnd {
		if c.loop.lost == 0 {
			c.loop.lostWhy = why
		}
		c.loop.lost++
	}
	c.close(why)
	c.finish()
}

func (c *Client) close(why error) {
	if c.phase == ended {
		return
	}
	c.phase, c.err = ended, why
	c.partial, c.out = nil, nil
	c.loop.clients[c.fd] = nil
	// A reset leaves no TIME_WAIT behind: a run opens tens of thousands of
	// connections. Closing takes the descriptor out of epoll.
	_ = unix.SetsockoptLinger(c.fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	unix.Close(c.fd)
}

// watch changes what epoll reports and says whether that worked.
func (c *Client) watch(op int, events uint32) bool {
	ev := unix.EpollEvent{Events: events, Fd: int32(c.fd)}
	if err := unix.EpollCtl(c.loop.epoll, op, c.fd, &ev); err != nil {
		c.fail(fmt.Errorf("epoll_ctl: %w", err))
		return false
	}
	return true
}
