package socket

import "net"

// A Conn is both halves of a connection.
type Conn interface {
	Socket

	// Run starts reading and returns at once, so that whoever made the connection (an accept loop, an HTTP handler
	// with its deep stack) can go away. h is first given leftover, if there is any: what had been read of the
	// connection before it was handed over. Run is called at most once, and after it, even after a Close, h.End is
	// certain.
	Run(leftover []byte, h Handler)

	// Fork makes sure that the connection is being read although Handle has not returned: if a call of it is holding
	// reading up, another goroutine goes on, and that call's results no longer matter. It reports whether it had to.
	//
	// It is for handlers that are about to wait for later bytes of the same connection, such as user code that asks
	// the client a question. After a Fork, and only then, calls of Handle overlap in time: the caller must have
	// finished with what the calls share, above all have parsed all of b, or later bytes would overtake earlier ones.
	// b itself stays the first call's own until that returns. End, too, may then be called while that call is still
	// under way.
	Fork() bool
}

// A Handler is given what comes in on a Conn, in order, one call at a time unless it forks. Its calls may wait without
// holding up other connections.
type Handler interface {
	// Handle takes bytes. It may use b only until it returns, and may change it meanwhile. With ok=false reading
	// stops, with End(nil), and the connection stays as it is. stay is a hint for connections that a goroutine of
	// their own reads: it should stay although that costs a grown stack, because this one talks much.
	Handle(b []byte) (stay, ok bool)

	// End is called once, as the last call, with nil (see above), [io.EOF] at the peer's clean end, or what went
	// wrong (net.ErrClosed or os.ErrDeadlineExceeded, as errors.Is sees it, when this side closed the connection).
	End(error)
}

// Take makes the Conn that fits nc, which may be accepted, dialled or hijacked. nc belongs to the Conn from now on: it
// may already be closed, its descriptor living on, and nobody else may use it. A Conn holds a descriptor until Close or
// Abort is called.
func (p *Pool) Take(nc net.Conn) Conn {
	if c := p.poll(nc); c != nil {
		return c
	}
	return newHalves(nc, p)
}

// halves is the Conn that is made of a Socket and a reader.
type halves struct {
	Socket
	reader reader
}

func newHalves(nc net.Conn, p *Pool) *halves {
	c := &halves{Socket: New(nc)}
	c.reader.init(nc, p)
	return c
}

func (c *halves) Run(leftover []byte, h Handler) {
	c.reader.first, c.reader.handle, c.reader.end = leftover, h.Handle, h.End
	c.reader.start()
}

func (c *halves) Fork() bool { return c.reader.fork() }
