// Package emitter lets Socket.IO servers and back ends that meet in a Redis go on doing so with this server among them.
//
// Node programs with @socket.io/redis-emitter or @socket.io/redis-streams-emitter emit to our rooms as they are. A Socket.IO server
// with @socket.io/redis-adapter or @socket.io/redis-streams-adapter sees this node as one more server with the same adapter: it
// broadcasts to our sockets, asks for them, moves and ends them, gets the answers of our clients, and its sockets get what our
// server emits to their rooms.
//
// # What travels
//
//	socket.io#/chat#            [uid, {type, data: [event, …], nsp}, {rooms, except, flags}]   to all, or to several rooms
//	socket.io#/chat#7#          the same, to one room
//	socket.io-request#/chat#    {uid, requestId, type: 0–7, …}    asks and orders; all answer that subscribe to exactly this channel
//	socket.io-response#/chat#   {requestId, …}                    answers
//	stream socket.io            {uid, nsp, type: 3–6 or 9, data}  what the streams adapter and its emitter say
//	socket.io#/chat#            {uid, nsp, type: 3, 7 or 9, data: {requestId, …}}   what the streams adapter asks
//	socket.io#/chat#<uid>#      {uid, nsp, type: 8, 10, 11 or 12, data: {requestId, …}}   answers to it
//
// Bodies are MessagePack or JSON; in the stream, JSON or base64 of MessagePack.
//
// # Several nodes, and no loops
//
// Redis gives a message to each of our nodes, so each serves its own sockets and tells nobody; each answers what is asked, since
// who asks has counted all. What a node of ours tells the others carries a name that all of ours know: they pass over it, having it
// from the broker. Nothing that came from Redis is told to Redis again.
//
// # Outages
//
// What is published while Redis is not heard is lost, as it is to other servers with the same adapter. From the stream each node goes
// on where it was, as far back as the stream reaches.
//
// Sources: the code of @socket.io/redis-emitter 5.1, @socket.io/redis-adapter 8.3, @socket.io/redis-streams-adapter 0.3,
// @socket.io/redis-streams-emitter 0.1, socket.io-adapter 2.5 and notepack.io 3.0.
package emitter
