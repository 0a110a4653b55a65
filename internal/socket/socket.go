package socket

import (
	"net"
	"syscall"
)

// A Socket is the writing half of a connection. TryWrite and Finish are called by one goroutine at a time; Close,
// CloseWrite and Abort may be called from anywhere, more than once, and never wait.
type Socket interface {
	// TryWrite writes as much of b as is taken now and never waits. It returns how many bytes that were; again says
	// that they were fewer than all, and that the rest belongs into Finish. b is the caller's again afterwards.
	// After an error the connection is of no more use; it satisfies errors.Is(err, net.ErrClosed) when it was this
	// side that closed it.
	TryWrite(b []byte) (n int, again bool, err error)

	// Finish returns at once. It writes rest as the peer makes room, then calls done once, with nil when all of rest
	// was taken, on a goroutine of its own. Until then rest must not change and nobody may call TryWrite or Finish.
	// The bytes travel with the call, instead of a mere "tell me when there is room", because an edge-triggered
	// poller reports room only to a write that was refused after the poller had been armed.
	Finish(rest []byte, done func(error))

	// CloseWrite says after the bytes written so far that no more will follow, and leaves the reading half open. Who
	// has sent a last word calls this, waits for the peer's end, and then calls Close: a close with unread bytes in
	// the kernel is a reset, and a reset may overtake the last word. It must not be called before a Finish is done.
	CloseWrite()

	// Close ends the connection, a Finish and the reading. Bytes that TryWrite took are still sent, within reason.
	Close()

	// Abort ends the connection like Close, as a reset where the connection knows such a thing: a peer that was cut
	// off in the middle of a unit must not take it for a clean end. Bytes not yet sent are lost.
	Abort()
}

// New makes the Socket that fits nc, which may be accepted, dialled or hijacked. The Socket becomes nc's only writer;
// nobody else may close it.
func New(nc net.Conn) Socket {
	if rc := rawConn(nc); rc != nil {
		return newRaw(nc, rc)
	}
	return newBlocking(nc)
}

// rawConn returns nc's descriptor, or nil when nc has none that may be written directly. A wrapper may well promote
// SyscallConn from a connection inside it while changing the bytes on their way, so only types that are known count.
func rawConn(nc net.Conn) syscall.RawConn {
	if !rawSupported {
		return nil
	}
	var sc syscall.Conn
	switch c := nc.(type) {
	case *net.TCPConn:
		sc = c
	case *net.UnixConn:
		sc = c
	default:
		return nil
	}
	rc, err := sc.SyscallConn()
	if err != nil {
		return nil
	}
	return rc
}

// abort ends nc with a reset where it can. A TLS connection is reset below TLS, without the alert that would say that
// the end is meant. It may wait for a reader to let go.
func abort(nc net.Conn) {
	switch c := nc.(type) {
	case interface{ SetLinger(int) error }: // TCP
		// A connection that has already gone cannot be told; closing it is all that is left in any case.
		_ = c.SetLinger(0)
	case interface{ NetConn() net.Conn }: // TLS
		abort(c.NetConn())
		return
	case interface{ Abort() error }: // in memory
		_ = c.Abort()
		return
	}
	_ = nc.Close()
}

// closeUnder ends nc at once, without the parting words that TLS would wait to write.
func closeUnder(nc net.Conn) {
	if c, ok := nc.(interface{ NetConn() net.Conn }); ok {
		nc = c.NetConn()
	}
	_ = nc.Close()
}

// closeWrite ends the writing half of nc if it has halves.
func closeWrite(nc net.Conn) {
	if c, ok := nc.(interface{ CloseWrite() error }); ok {
		_ = c.CloseWrite()
	}
}
