package main

import "math"

// A load is what is asked of a cluster.
type load struct {
	name        string
	connections float64 // at a time
	publishes   float64 // messages a second, of all together
	audience    float64 // connections that each message goes to
	gathered    float64 // 0 to 1: the share of deliveries that leave together with others
	presence    float64 // 0 to 1: the share of connections that are in a presence channel
}

// A machine is what a node runs on.
type machine struct {
	cores  float64
	memory float64 // bytes
	use    float64 // 0 to 1: how much of either may be used at most, so that a node's end can be borne
}

// A need is what a load needs.
type need struct {
	nodes     float64
	reached   float64 // nodes that a message goes to, on average
	cores     float64 // of all nodes
	process   float64 // bytes, of each node's process
	kernel    float64 // bytes, of each node's kernel
	redis     float64 // cores of all Redis masters
	entries   float64 // bytes of presence, in Redis
	reconnect float64 // seconds until everybody of one lost node is back, if the others spend their reserve on it
}

// reach returns to how many of n nodes a message for so many connections goes, if they are spread evenly.
func reach(n, audience float64) float64 { return n * (1 - math.Pow(1-1/n, audience)) }

// cores returns how many cores of n nodes a load takes.
func (c constants) cores(l load, n float64) float64 {
	delivery := l.gathered*c.gathered + (1-l.gathered)*c.single
	each := c.publish + reach(n, l.audience)*c.receive + l.audience*delivery
	return (l.connections*c.rest + l.publishes*each) / 1e6
}

// needs returns the smallest cluster of at least two nodes that bears a load, also with one node less.
func (c constants) needs(l load, m machine) need {
	per := c.connection + c.kernel
	n := 2.0
	for ; n < 1e6; n++ {
		left := n - 1 // one may be lost, or be replaced
		cpu := c.cores(l, n) <= left*m.cores*m.use
		memory := l.connections/left*per+c.base <= m.memory*m.use
		if cpu && memory {
			break
		}
	}
	x := need{
		nodes: n, reached: reach(n, l.audience), cores: c.cores(l, n),
		process: c.base + l.connections/n*c.connection, kernel: l.connections / n * c.kernel,
		entries: l.connections * l.presence * c.entry,
	}
	x.redis = l.publishes * (c.script + x.reached*c.hear) / 1e6
	if spare := (n-1)*m.cores - x.cores; spare > 0 {
		x.reconnect = l.connections / n * c.connect / 1e6 / spare
	}
	return x
}
