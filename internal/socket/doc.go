// Package socket is the seam between the hub and the bytes of one connection.
//
// Both directions are shaped by the same wish: tens of thousands of connections that mostly say nothing must cost next
// to nothing, and one that does not read must never hold up the others.
//
//   - A [Socket] is the writing half. TryWrite never waits, so that one goroutine (the hub's flusher) can serve many
//     connections; Finish takes over when the peer has no room, on a goroutine that lives only that long.
//   - A [Reader] is the reading half. It waits for bytes without holding a buffer, on a goroutine whose stack is as
//     small as it gets, and takes a buffer from a [Pool] only once there is something to read.
//
// There are two kinds of each. Where the connection is a plain TCP or Unix socket, both work on the descriptor through
// [syscall.RawConn]. For everything else (TLS, pipes, connections in memory) the reader is a plain loop and the writer
// a small bounded buffer that a goroutine of its own empties: a tls.Conn cannot be written without waiting, because one
// refused write inside it makes the connection unusable for good.
package socket
