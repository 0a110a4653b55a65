// Package outgoing tells the user's own backend what happens in its app's channels: Pusher's webhooks. A batch of events is
// one POST of
//
//	{"time_ms":1327078148132,"events":[{"name":"channel_occupied","channel":"test"}, …]}
//
// with the name of the app's first key in X-Pusher-Key and the HMAC-SHA256 of the body with that key's secret in
// X-Pusher-Signature, so that Pusher's server libraries read it (documentation of Pusher Channels, "Webhooks").
//
// What happens is told once in the cluster, by the node where it happened. Each endpoint gets its events in the order in
// which its node saw them, and a batch that fails is tried again, with growing pauses, while the others wait behind it;
// what is given up or does not fit into the queue is counted and logged. That a channel was vacated or a user left is
// held back for a few seconds: who comes back meanwhile, by reloading a page, was never away, and neither is told.
//
// Nodes do not know of each other's held departures. Who leaves one node and comes back on another within that time is
// told as added a second time, but not as removed: a backend that keeps sets, not counts, is always right in the end.
package outgoing
