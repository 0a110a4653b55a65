// Command bench measures Madang's Socket.IO server and the Node socket.io
// server side by side: one run, one load generator, fresh processes, medians of
// interleaved repeats.
//
//	go run ./bench                             the full run, a table on stdout
//	go run ./bench -out docs/benchmarks.md     and into the documentation
//	go run ./bench -short                      a smoke test in under a minute
//	go run ./bench -run rooms,ack -only ws     a part of it
//
// Servers:
//
//	madang   bench/madang, built by this command (-ours takes another program)
//	ws       bench/peer with the engine that socket.io comes with
//	uws      bench/peer on uWebSockets.js; reported, not gated
//
// All three hold the same application: an authentication step that verifies a
// JSON Web Token (HS256), sub(room, cb), pub(room, data) and echo(data, cb).
// They take -listen ADDRESS and the tokens' key in BENCH_SECRET, and print
// "ready PORT PID".
//
// The exit status is 1 when a run failed, 2 for a wrong command line and, with
// -gate, 3 when a gate failed or gave no verdict.
//
// The command needs Linux; Node 20 and npm for the peers.
package main
