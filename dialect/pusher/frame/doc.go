// Package frame reads and writes the texts of the Pusher protocol: JSON objects with event, channel and data. It does
// no I/O and keeps nothing.
//
// Data has two forms on this wire. What the server sends is a text, mostly one that holds JSON; what clients publish
// themselves, and the protocol's own small talk, is a JSON value.
//
// Source: "Pusher Channels Protocol", version 7, and what pusher-js 8 sends and takes.
package frame
