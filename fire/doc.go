// Command fire sets a cluster on fire and says what its clients noticed. It starts three nodes behind haproxy, on a Redis with
// Sentinels and on PostgreSQL, lets a crowd of unmodified client libraries send numbered messages to each other, and meanwhile
// kills nodes, tells them to stop, lets Redis fail over and makes the ways to Redis and PostgreSQL slow or cuts them, in an
// order that a seed gives. In the end package judge says what was promised and did not come, and the exit status is 1 if there
// is anything.
//
//	go run ./fire                                  about five minutes, 1,000 clients
//	go run ./fire -out docs/reliability.md         puts the table there, between its two marks
//	go run ./fire -rolling                         replaces all nodes under traffic: no client may notice more than a reconnect
//	go run ./fire -soak 1h                         steady traffic, clients that come and go: nothing may grow
//	go run ./fire -seed 7 -clients 100 -for 40s    the same faults again
//
// It needs Node.js, haproxy, redis-server, redis-sentinel and PostgreSQL, and says what installs them.
package main
