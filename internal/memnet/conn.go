package memnet

import (
	"io"
	"net"
	"syscall"
	"time"
)

// DefaultBuffer is how many bytes each direction of a connection holds when nothing else is asked for.
const DefaultBuffer = 64 << 10

// addr is the address of everything here.
type addr string

func (addr) Network() string  { return "mem" }
func (a addr) String() string { return string(a) }

// A Conn is one end of a connection in memory. It is a [net.Conn] that many goroutines may use at once.
type Conn struct {
	in, out       *pipe
	local, remote addr
}

// Pipe returns the two ends of a connection whose directions hold buffer bytes each; 0 means [DefaultBuffer]. Unlike
// net.Pipe's, its Write returns as soon as the bytes have found room.
func Pipe(buffer int) (a, b *Conn) { return connect(buffer, "mem:a", "mem:b") }

func connect(buffer int, client, server addr) (a, b *Conn) {
	if buffer <= 0 {
		buffer = DefaultBuffer
	}
	up, down := newPipe(buffer), newPipe(buffer)
	return &Conn{in: down, out: up, local: client, remote: server},
		&Conn{in: up, out: down, local: server, remote: client}
}

// Read reads what has arrived, waiting for the first byte. It returns [io.EOF] after the peer's last byte, and
// syscall.ECONNRESET after its Abort.
func (c *Conn) Read(b []byte) (int, error) {
	n, err := c.in.read(b)
	return n, c.explain("read", err)
}

// Write writes all of b, waiting for room as often as it takes.
func (c *Conn) Write(b []byte) (int, error) {
	n, err := c.out.write(b)
	return n, c.explain("write", err)
}

// Close ends both directions. The peer still reads what was written before.
func (c *Conn) Close() error {
	c.out.end(io.EOF, net.ErrClosed)
	c.in.end(net.ErrClosed, syscall.EPIPE)
	return nil
}

// CloseWrite ends the direction away from here; the other one stays open.
func (c *Conn) CloseWrite() error {
	c.out.end(io.EOF, net.ErrClosed)
	return nil
}

// Abort ends both directions like a TCP reset: what the peer has not read yet is lost, and it gets
// syscall.ECONNRESET.
func (c *Conn) Abort() error {
	c.out.drop()
	c.out.end(syscall.ECONNRESET, net.ErrClosed)
	c.in.end(net.ErrClosed, syscall.ECONNRESET)
	return nil
}

// Stall makes this end stop (true) or go on (false) reading: while it lasts Read waits even if bytes are there, until
// its deadline, so that the peer's writes fill the buffer and then wait. It hits a Read that is waiting already, too.
func (c *Conn) Stall(on bool) { c.in.stall(on) }

// Unread returns how many bytes have arrived here and not been read.
func (c *Conn) Unread() int { return c.in.unread() }

// LocalAddr returns a made-up address.
func (c *Conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr returns the other end's made-up address.
func (c *Conn) RemoteAddr() net.Addr { return c.remote }

// SetDeadline is SetReadDeadline and SetWriteDeadline.
func (c *Conn) SetDeadline(t time.Time) error {
	c.in.reader.set(t)
	c.out.writer.set(t)
	return nil
}

// SetReadDeadline makes reads fail from t on, waiting ones as well, with os.ErrDeadlineExceeded; the zero time means
// never.
func (c *Conn) SetReadDeadline(t time.Time) error {
	c.in.reader.set(t)
	return nil
}

// SetWriteDeadline does the same for writes.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	c.out.writer.set(t)
	return nil
}

// explain wraps an error the way package net does, except io.EOF, which callers compare with ==.
func (c *Conn) explain(op string, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return &net.OpError{Op: op, Net: "mem", Source: c.local, Addr: c.remote, Err: err}
}
