// Package shape says how what is in the core's channels looks to Ably's clients, and the other way round: messages,
// members, positions, names, errors. The realtime and the REST interface show the same things, so they share it.
//
// This is a community-built implementation, not an Ably product.
package shape
