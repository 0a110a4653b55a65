// Package madang is the core of a realtime messaging server: connections, channels, and the fan-out of messages between
// them. It knows no wire protocol and no database, and imports nothing but the standard library.
//
// A [Dialect] (package dialect/socketio and its neighbours) brings links in and says how an event looks on its wire. A
// [Broker] carries events between the nodes of a cluster, and a [Presence] keeps who is where. A [Guard] says who a
// connection is, a [Policy] what it may do, and a [Procedure] answers a call.
//
// The way of a message is the same for every dialect:
//
//	frame ─▶ dialect decodes ─▶ Conn.Publish ─▶ Policy ─▶ Broker ─▶ Hub.Receive, on every node
//	                            Conn.Call ─▶ Procedure                  │
//	                                                 Dialect.Encode, once for each dialect
//	                                                                    │
//	socket ◀─ Link.Flush, one write ◀─ flusher ◀─ cursors ◀─ the channel's log
//
// # Log and cursor
//
// For each channel and dialect the hub keeps one append-only log of encoded units that some subscriber has not been sent
// yet. A [Subscription] is a cursor into it, not a queue: a thousand subscribers cost a thousand cursors and one copy of
// the bytes, and ten messages that wait together leave with one write for each link. A [Line], the hub's end of a
// [Link], has a small log of its own for what is meant for it alone. A few flushers, each owning a partition of the
// lines, write to every link whatever lies between its cursors and the heads, merged by stamp.
//
// What holds, and is tested:
//
//   - One channel's events reach every link in the order of their positions. On one link, what the node took first
//     leaves first.
//   - Nothing is lost, repeated or cut: a link that cannot keep up is closed with a reason that lets it resume, and
//     never slows another. Only volatile messages are skipped, and only for a link that is not writable.
//   - A quiet channel owns no buffer. A parked reader owns none either.
//
// # Words
//
// App, Channel, Message, Position, Dialect, Link, Line, Hub, Conn, Guard, Principal, Policy, Broker, Presence,
// Procedure: docs/vocabulary.md explains each, and the names are used everywhere in the same sense.
package madang
