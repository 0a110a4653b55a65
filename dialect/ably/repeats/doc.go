// Package repeats remembers what was published under ids that clients have chosen, so that it is not published again: clients
// repeat what they did not hear an answer to, on another connection or over HTTP as well. Both interfaces of this dialect,
// realtime and REST, ask one [Recent].
//
// It knows what was published on its node; what is repeated on another node is published again.
package repeats
