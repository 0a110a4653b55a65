// Package hook tells the user's own backend who joins and leaves a channel and what clients say there, with each client's
// own cookies and headers, so that a Laravel app sees them as its user's requests. It is laravel-echo-server's
// hookEndpoint, which its users have asked for and no release has: a POST to auth_host and hook_endpoint of
//
//	event=join|leave|client_event & channel=presence-room & payload={…}
//
// where payload is a JSON object with what there is of socket_id, user_id, user_info (of a presence channel), and event and
// data (of a client event).
//
// A hook is told once and its answer does not count. Events of one channel arrive in their order. Who has to know for
// certain takes webhooks (package outgoing), which are signed and tried again.
package hook
