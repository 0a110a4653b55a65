// Package pusher lets clients of the Pusher protocol in: pusher-js and its siblings for other platforms, Laravel Echo with
// the broadcasters pusher and reverb.
//
// A [Server] answers WebSockets at /app/{key}. Each is one connection of the hub; what its client asks for goes through
// the policies, of which the [Server] brings one: public channels are everybody's, others ask for a signature made with
// the app's secret. Package authorize signs for people who have a token of this server.
//
// What the protocol shows differently from the core:
//
//   - Presence is by user: a user's first connection comes, the last one goes, whatever dialect they speak.
//   - $user/<id>, where all connections of one user listen, is #server-to-user-<id>.
//   - A watchlist is the presence of $watch/<id>, which each signed-in connection enters.
//   - Data of events is a text on the wire, and the JSON value in it, or else the text, in the core. Events that clients
//     publish themselves keep the JSON value.
//
// Source: "Pusher Channels Protocol" version 7, the documentation of Pusher Channels, and the behaviour of pusher-js 8.
package pusher
