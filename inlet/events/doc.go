// Package events is the HTTP interface /apps/{app}/… by which an app's backend publishes events and asks who is there. It
// answers two kinds of backends on the same paths:
//
//   - those of Pusher Channels: Laravel's pusher and reverb broadcasters and the server libraries of Pusher. They sign
//     each request with the secret of one of the app's keys (parameter auth_signature).
//   - those of laravel-echo-server: whoever sends the app's echo key, in the header Authorization or the parameter
//     auth_key. Laravel's pusher broadcaster, pointed at laravel-echo-server, sends that key and a signature with some
//     secret that nobody checks; the key alone decides there, and here.
//
// The name of a Pusher key is public, so neither it nor its secret ever opens the second door: [New] refuses an echo key
// that is one of them. Each kind gets the answers and the words of errors that it is used to.
//
// Users of laravel-echo-server have put its key into pages, which then publish without a backend. That works here too, and
// means the same: whoever reads the page can publish in every channel of the app.
//
// # What is refused
//
// A signed request is good for ten minutes around its time, as at Pusher. Within them it can be sent again by who has
// recorded it: signatures are not remembered, because the libraries repeat a request of which they have seen no answer,
// and several nodes would have to agree on each. Use TLS.
//
// A request that is refused has done nothing: bodies are read whole, bounded, and checked to the end before the first
// event is published.
//
// # Differences
//
// From laravel-echo-server, which version 1.6.3 was compared with: bodies that are no JSON, and wrong types of channels
// and names, are answered with 400 (it ends, or sends them to nobody); an array as data stays one (it reads the text of
// [5] as the number 5); numbers keep all their digits; the status counts the app's connections on all nodes, not those of the process.
//
// From Pusher: channels are counted in subscription_count without a setting; data that is no string is refused rather
// than guessed at; the channels of an app are shown whatever dialect they are subscribed to in.
//
// Sources: the documentation "HTTP API reference" of Pusher Channels, the server libraries for Node.js, Go and PHP,
// and the sources of laravel-echo-server 1.6.3 and Laravel Reverb 1.10.
package events
