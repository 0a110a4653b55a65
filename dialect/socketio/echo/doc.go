// Package echo lets clients of Laravel Echo in, with broadcaster "socket.io": it teaches a namespace of Socket.IO the
// events subscribe, unsubscribe and client event, as laravel-echo-server answers them. Clients of Socket.IO 2.x work
// unchanged, and those of 3.x and 4.x as well.
//
//	err := echo.Bind(io.Of("/"), echo.Options{Apps: apps})
//
// Channels are those of the app, by name, so everything that is published in them arrives as [event, channel, data],
// whoever publishes it. Who may subscribe the hub's policies say: [Policy] has the rules that names alone decide, and
// private and presence channels need another one besides, such as the app's own backend. It is given the headers that
// Echo sends, over those of the handshake, as [madang.Proof].
//
// What clients see, byte for byte where they can tell:
//
//	subscribe {channel, auth: {headers}}         nothing, or subscription_error [channel, status]; presence channels are
//	                                             answered presence:subscribed [channel, members], newest first
//	unsubscribe {channel}                        nothing
//	client event {channel, event, data}          [event, channel, data] to the others in the channel
//	a user's first connection comes              presence:joining [channel, {user_id, user_info, socketId}]
//	a user's last connection goes                presence:leaving [channel, {user_id, user_info}]
//
// socketId is an alias of the connection's id, not the id itself, which is as good as a password. What is malformed is
// ignored. Where this differs from laravel-echo-server on purpose, the differential test in this folder says so, with the
// reason.
//
// Sources: laravel-echo-server 1.6.3 and laravel-echo 1.x to 2.5, by their behaviour.
package echo
