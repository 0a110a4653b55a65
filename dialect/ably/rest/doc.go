// Package rest is the HTTP interface of Ably, on a hub: for backends, and for what clients ask without a connection. Ably's
// own libraries (ably-js 1.2 and 2.x, and its siblings) use it with nothing but their host options changed. It is
// community-built, not an Ably product.
//
//	GET  /time                                  the server's time
//	POST /keys/{key}/requestToken, revokeTokens tokens, and their end
//	POST /channels/{c}/messages                 publish; POST /messages for many channels
//	GET  /channels/{c}/messages (or /history)   what was published; /messages/{serial} for one
//	PATCH /channels/{c}/messages/{serial}       change a message; /versions, /annotations below it for what happened to it
//	GET  /channels/{c}/presence[/history]       who is there, and who was; GET /presence for many channels
//	GET  /channels/{c}, /channels               how a channel is doing, and which there are
//
// Bodies are JSON or MessagePack, as Content-Type and Accept say. Errors stand in the body and in two headers, because
// browsers read only those. Lists come in pages, whose links are relative to the last segment of the path; with
// envelope=json, what would be headers stands in the body.
//
// What a client may do is decided by the capability of its key or token, and then by the hub's policies: a channel may have
// rules of its own.
//
// Codes from 40140 to 40149 make clients fetch a new token and ask again, without end. Only package token gives them, for
// tokens that a new one cures, and for each token only a few times: see stale.go.
//
// Push notifications, statistics, LiveObjects and the requests of the Chat SDK are not offered: their paths answer with an
// error that says so.
//
// Sources: Ably's documentation of its REST API, its client library specification, and the behaviour of ably-js 1.2.50 and
// 2.28.
package rest
