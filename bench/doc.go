// Command bench measures Madang beside the servers it replaces, in each of the
// protocols that they share: one run, one load generator, fresh processes,
// medians of interleaved repeats.
//
//	go run ./bench                             the full run, tables on stdout
//	go run ./bench -out docs/benchmarks.md     and into the documentation
//	go run ./bench -short                      a smoke test in about a minute
//	go run ./bench -run rooms,ack -only ws     a part of it
//	go run ./bench -run pusher                 one protocol
//	go run ./bench -run pusher,ably,ablymsgpack -only madang
//	                                           ours against each other
//
// Servers, with the protocols in which they are measured:
//
//	madang                socketio, pusher, ably, ablymsgpack, echo:
//	                      bench/madang, built by this command (-ours takes
//	                      another program)
//	ws                    socketio: bench/peer with socket.io's own engine
//	uws                   socketio: bench/peer on uWebSockets.js; not gated
//	soketi                pusher: bench/peer/soketi
//	laravel-echo-server   echo: bench/peer/laravel-echo-server, and a Redis
//
// For socketio, all hold the same application: an authentication step that
// verifies a JSON Web Token (HS256), sub(room, cb), pub(room, data) and
// echo(data, cb). In the other two, clients enter private channels, with a
// signature (pusher) or by the application's leave, which this command gives
// (echo), and publish client events.
//
// Ably's protocol, in JSON (ably) and in MessagePack (ablymsgpack), has no other
// server to stand beside: ours is measured against itself in the Pusher
// protocol, each workload right after that of the same name. It is
// community-built, not an Ably product.
//
// Servers take -listen ADDRESS, and ours -speak PROTOCOL. The key of tokens and
// signatures is in BENCH_SECRET, the application's address for
// /broadcasting/auth in BENCH_AUTH, Redis's port in BENCH_REDIS. They print
// "ready PORT PID".
//
// The exit status is 1 when a run failed, 2 for a wrong command line and, with
// -gate, 3 when a gate failed or gave no verdict.
//
// The command needs Linux; Node 20 and npm for the peers, and redis-server for
// laravel-echo-server.
package main
