package main

// What was measured, on the machine that docs/scale.md names. All times are of one core of it.
type constants struct {
	// Memory, in bytes.
	base       float64 // of a node's process without connections; bench, idle.base
	connection float64 // of a node's process for each connection; bench, idle.memory after 20 broadcasts
	kernel     float64 // of the kernel for each connection at rest: one each of TCP, sock_inode_cache, filp, dentry, eventpoll_epi in slabinfo(5)
	entry      float64 // of Redis for each connection in a presence channel; MEMORY USAGE of its keys, by connection

	// Time of the nodes, in microseconds.
	rest     float64 // for each connection and second; bench, idle.beats
	connect  float64 // for each connection that comes; bench, connect.cpu
	gathered float64 // for each delivery when many wait together; bench/cluster, bursts, one node
	single   float64 // for each delivery that leaves alone; bench/cluster, one by one, one node
	publish  float64 // for each message, at the node where it is published; bench/cluster, small rooms, one node, without its deliveries and without receive
	receive  float64 // for each message, at each node that has subscribers; bench/cluster, small rooms, growth by node

	// Time of Redis, in microseconds.
	script float64 // for each message; bench/cluster, bursts
	hear   float64 // more for each node that hears it; bench/cluster, bursts, growth by node
}

// measured are the figures of docs/scale.md.
func measured() constants {
	return constants{
		base: 11 << 20, connection: 4.6 * 1024, kernel: 2368 + 832 + 192 + 192 + 128, entry: 180,
		rest: 1.09, connect: 160, gathered: 0.29, single: 6.4, publish: 18, receive: 27,
		script: 45, hear: 16,
	}
}
