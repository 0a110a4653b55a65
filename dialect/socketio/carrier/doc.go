// Package carrier keeps Engine.IO sessions: it accepts HTTP requests and WebSockets, answers heartbeats, moves a session
// from long polling to WebSocket, and is the [madang.Link] through which the hub writes.
//
// A session's units in the hub's logs are finished WebSocket frames, whichever carrier it has at the moment. A WebSocket
// writes them as they are; long polling takes them out of their frames and puts them into the answer of the waiting
// request. So the carrier is no part of a Dialect's value, and a session can change it between two units.
package carrier
