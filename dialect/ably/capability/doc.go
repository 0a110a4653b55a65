// Package capability is what Ably's keys and tokens may do, and where: a map of resources to operations, such as
// {"chat:*":["publish","subscribe"]}.
//
// A resource is a name whose segments are split by colons. A segment that is just * stands for any one segment, and at
// the end of the name for one or more; a * within a segment is nothing special. A name means channels, unless a type
// goes before it: [queue], [meta], or [*] for all types. So * is every channel, and [*]* is everything there is.
//
// A Set is immutable and safe for concurrent use. The zero Set allows nothing. What a name is allowed is what all the
// resources that match it allow together.
//
// Sources: Ably's documentation of capabilities, and the tests of its JavaScript library (test/rest/capability). The
// documentation leaves open what two resources have in common of which neither contains the other; here it is what both
// match.
package capability
