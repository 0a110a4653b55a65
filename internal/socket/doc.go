// Package socket is the seam between the hub and the bytes of one connection.
//
// Both directions are shaped by the same wish: tens of thousands of connections that mostly say nothing must cost next
// to nothing, and one that does not read must never hold up the others.
//
//   - A [Socket] is the writing half. TryWrite never waits, so that one goroutine (the hub's flusher) can serve many
//     connections; Finish takes over when the peer has no room.
//   - A [Conn] is a Socket that reads, too. It holds a buffer, out of a [Pool], only once there is something to read.
//
// There are three kinds.
//
//   - On Linux, a plain TCP or Unix socket is taken away from package net and given to an epoll instance of the Pool's.
//     While it is silent or stalled it is a descriptor and a few words of memory, without a goroutine.
//   - On other Unix systems, or if the kernel refuses that, the same sockets are read and written on their descriptors
//     through [syscall.RawConn]: a parked goroutine, whose stack is as small as it gets, waits without a buffer.
//   - Everything else (TLS, pipes, connections in memory) is read by a plain loop, and written through a small bounded
//     buffer that a goroutine of its own empties: a tls.Conn cannot be written without waiting, because one refused
//     write inside it makes the connection unusable for good.
package socket
