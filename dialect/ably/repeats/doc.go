// Package repeats remembers what was published under ids that clients have chosen, so that it is not published again: clients
// repeat what they did not hear an answer to, on another connection or over HTTP as well. Both interfaces of this dialect,
// realtime and REST, ask one [Recent].
//
// A Recent knows what was published on its node, and with Others also what was published on any other. That costs two commands
// for a publish under a client's own id, and none for any other. What somebody else is publishing just now is waited for. If
// the others do not answer, such a publish fails: its client repeats it, which is what the id is for.
//
// It may still be published twice: when the node that published it dies before it could say so, or when whoever remembers
// for all loses that.
package repeats
