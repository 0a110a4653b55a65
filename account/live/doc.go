// Package live lets connections follow what their people are signed in by: when a sign-in ends, its connections end within a
// second, on every node and in each dialect's own words; when somebody's rights change, what they subscribe to is asked for
// again.
//
// What a connection rests on is the claim sign_in of its principal, and of the principals by whose right it has subscriptions
// (see [madang.Grant].By). An index finds connections by it; the core's own state is what counts.
//
// Three things see to it that nobody stays connected by a sign-in that has ended, however what happens falls together:
//
//   - Whoever ends a sign-in tells [Live.Ended], after the store knows it. That closes the connections of this node and lets
//     the other nodes know.
//   - A connection is put into the index first, and then its sign-in is looked up in the store again: it may have ended after
//     the guard had asked, and before the connection could be found. So it is after a renewal.
//   - All sign-ins that have connections are looked up every now and then, for nodes that did not hear of an end and for what
//     ended by itself. A session lives on while it has a connection.
package live
