// Package ably lets the clients of Ably in: ably-js 1.2 and 2.x and its siblings for other platforms, over WebSocket, with
// nothing but their host options changed. It is community-built, not an Ably product.
//
// A [Server] answers WebSockets at /, polls below /comet/, and those who only listen at /sse and /event-stream. Each client
// has a session: the hub's Link and one connection, which outlive the socket for a while, so that a client that was cut off
// finds its connection again. What a client asks for goes through the policies, of which the [Server] brings one, by
// which the capability of the key or token decides; those that are asked before it may know of rules that a channel has besides.
//
// What the protocol shows differently from the core:
//
//   - A channel's serial is its [madang.Position]. A client that comes back says which it has seen, and is sent what it
//     missed from the channel's history, on whatever node. So every channel keeps some; see [Config.History].
//   - Presence is by connection and client id. A connection that may be anybody has, for each client id that it enters as,
//     a further connection of the hub on the same line, whose name is its own with another last number.
//   - A channel name with a qualifier, as [?rewind=1]room, is the channel room, in whose messages the whole name stands. With
//     a filter, as [filter=bmFtZQ==]room, only the messages that it selects are there; see package filter.
//   - Messages can be updated, deleted, appended to and annotated. The channel's log is not changed by that: each change is
//     an entry of its own, and a message is what its entries come to; see packages edits and mutable.
//   - Connections of other dialects have an alias for a connection id: their own may be a secret.
//
// Sources: the Ably client library specification, and the behaviour of ably-js 1.2.50 and 2.28.
package ably
