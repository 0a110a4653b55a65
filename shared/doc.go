// Package shared is what the nodes of a cluster remember together for a while: how often something was done ([Counts]), and
// what was done already ([Keys]). A server of one node remembers it in its process, with [Memory]; several remember it in
// Redis (package broker/redis). What must last belongs into a store instead.
//
// # Counts
//
//	Add, Count, Clear   fixed windows: so many in a time that begins with the first of them (limits of sign-ins)
//	Take                buckets: so many at once, and so many a minute ever after (commands, changes)
//
// # Keys
//
// Whoever claims a key first does the work; the others learn that it is being done, or what came of it:
//
//	node A: Claim("order 7", 15s) → First, Mark ── does it ──▶ Settle("order 7", Mark, "reply", 2m)
//	node B:        Claim("order 7", 15s) → pending …                   Claim("order 7", 15s) → Reply "reply"
//
// A claim that nobody settles ends with its time, so a node that dies keeps nobody from doing the work. That also means that
// it may have been done twice. A nonce is a claim that is never settled: all that counts is who was first.
//
// # What is promised
//
// Of several calls at the same time, on whichever nodes, exactly one gets a key, and no two get the same place in a window or
// bucket. Times are those of whoever remembers, so that clocks of nodes need not agree. Everything ends by itself: there is
// nothing to sweep. Keys of Counts and of Keys never meet, nor do windows and buckets of the same name; those of different uses
// begin with the name of the use.
//
// What is remembered can be lost: by Memory with its process, and by Redis when it fails over or restarts without its
// data. Then counts begin anew, and keys can be claimed again.
package shared
