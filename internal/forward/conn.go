package forward

import (
	"bufio"
	"net"
	"time"
)

// Hijack lets [http.ResponseController] take the connection over: it becomes a tunnel to the client.
func (a *answering) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if a.begun || a.status != 0 {
		return nil, nil, errClosed
	}
	a.taken = true
	s := a.s
	s.mu.Lock()
	s.abort = nil // the request is over, the connection is not
	failed := s.failed
	s.mu.Unlock()
	if failed != nil {
		return nil, nil, failed
	}
	// Whoever takes over says the rest itself, the headers among it.
	s.link.send(s.frame(opHead, (&head{}).bytes()))
	c := conn{s}
	return c, bufio.NewReadWriter(bufio.NewReaderSize(c, 16), bufio.NewWriterSize(c, 16)), nil
}

// A conn is the owner's end of a tunnel.
type conn struct{ s *stream }

// Read implements net.Conn.
func (c conn) Read(p []byte) (int, error) {
	n, err := c.s.read(p)
	return n, c.why(err)
}

// Write implements net.Conn. It waits while the client does not read.
func (c conn) Write(p []byte) (int, error) {
	n, err := c.s.write(p)
	return n, c.why(err)
}

// why says as a net.Conn does that it was closed here.
func (conn) why(err error) error {
	if err == errClosed { //nolint:errorlint // it is never wrapped
		return net.ErrClosed
	}
	return err
}

// Close implements net.Conn: what was written is sent, and what comes is not read any more.
func (c conn) Close() error {
	if c.s.end(true) {
		c.s.forget()
	} else {
		c.s.close(errClosed)
	}
	return nil
}

// CloseWrite says that nothing more will be written.
func (c conn) CloseWrite() error {
	c.s.end(false)
	return nil
}

// Abort ends both directions; what is under way may be lost.
func (c conn) Abort() error {
	c.s.close(errClosed)
	return nil
}

// LocalAddr implements net.Conn.
func (conn) LocalAddr() net.Addr { return addr("here") }

// RemoteAddr implements net.Conn.
func (c conn) RemoteAddr() net.Addr { return addr(c.s.link.to) }

// SetDeadline implements net.Conn.
func (c conn) SetDeadline(t time.Time) error {
	c.s.limit(reading, t)
	c.s.limit(writing, t)
	return nil
}

// SetReadDeadline implements net.Conn.
func (c conn) SetReadDeadline(t time.Time) error {
	c.s.limit(reading, t)
	return nil
}

// SetWriteDeadline implements net.Conn.
func (c conn) SetWriteDeadline(t time.Time) error {
	c.s.limit(writing, t)
	return nil
}

// An addr is the name of a node.
type addr string

func (addr) Network() string { return "forward" }

func (a addr) String() string { return string(a) }
