// Package ws is the server's side of WebSocket (RFC 6455) with permessage-deflate (RFC 7692), cut for connections that
// mostly say nothing.
//
//   - [Upgrade] does the handshake on an HTTP request and hands the bare connection over.
//   - A [Parser] is fed whatever bytes arrive, in chunks of any size, and calls back with each message. Between
//     messages it holds no buffer.
//   - [AppendFrame] and its siblings write finished frames into the caller's buffer. Frames of a server are not masked,
//     so one finished frame serves any number of connections; [Next] takes them apart again for carriers that frame
//     otherwise.
//   - [Dial] and [AppendMasked] are the client's side of the same, for programs of this house that are clients; they need a
//     Parser with Client set.
//
// Nothing here reads, writes, waits or keeps time, save for the handshake; that is its caller's.
//
// Compression never carries a context from one message to the next, on either side: it would cost each connection tens
// of KiB, and a frame could no longer be shared.
package ws
