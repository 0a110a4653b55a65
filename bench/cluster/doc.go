// Command cluster measures what it costs that there are several nodes: this server on one, two and three nodes that Redis
// joins, beside NATS' own WebSocket server on as many.
//
//	go run ./bench/cluster
//
// One load generator opens its connections at all nodes in turn, so that every message goes to subscribers at each of them. The
// nodes, Redis and the generator share the machine: what counts is processor time, writes and allocations for each
// delivery, over all nodes together, as medians of interleaved runs. Redis's own processor time stands in a line of its own.
package main
