// Package webhook is how the server talks to the user's own backend over HTTP. What they have in common is here: which
// host is asked, which of a client's headers go along, and how a request is bounded. Its children do the talking:
//
//   - auth asks the backend whether a client may enter a private or presence channel (Laravel's /broadcasting/auth);
//   - hook tells it who joins, leaves and publishes, with the client's own cookies (hookEndpoint);
//   - outgoing sends it Pusher's webhooks.
//
// Everything here runs with what strangers send, so nothing follows redirects, answers are read up to 64 KiB, and every
// request has a deadline.
package webhook
