// Package convention is what Pusher's clients and Laravel Echo's have in common, whatever protocol they speak: what the
// names of channels mean, how rights are signed, and how an event's data is written as a text.
//
// Sources: the documentation of Pusher Channels (channel types, auth signatures, HTTP API, webhooks), and the behaviour
// of pusher-js 8, pusher-http-php and Laravel's broadcasters.
package convention
