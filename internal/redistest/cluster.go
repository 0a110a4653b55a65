package redistest

import (
	"strconv"
)

// slots is how many hash slots a cluster has.
const slots = 16384

// A Cluster is several masters that share the keys. What is published on one is heard on all.
type Cluster struct {
	Nodes    []*Server // the masters, at first
	Replicas []*Server // of StartReplicatedCluster
}

// StartCluster starts a Redis Cluster of n masters and returns when all of them agree that it is complete.
func StartCluster(t T, n int) *Cluster {
	t.Helper()
	return startCluster(t, n, func() []string { return nil })
}

// startMember starts a server that may join a cluster.
func startMember(t T, settings ...string) *Server {
	t.Helper()
	return Start(t, append([]string{"--cluster-enabled", "yes", "--cluster-port", strconv.Itoa(freePort(t)),
		"--cluster-node-timeout", "2000", "--cluster-require-full-coverage", "no", "--cluster-config-file", "nodes.conf"}, settings...)...)
}

func startCluster(t T, n int, settings func() []string) *Cluster {
	t.Helper()
	c := &Cluster{}
	for i := range n {
		s := startMember(t, settings()...)
		from, to := i*slots/n, (i+1)*slots/n-1
		s.Do("CLUSTER", "ADDSLOTSRANGE", strconv.Itoa(from), strconv.Itoa(to))
		s.Do("CLUSTER", "SET-CONFIG-EPOCH", strconv.Itoa(i+1))
		c.Nodes = append(c.Nodes, s)
	}
	first := c.Nodes[0]
	for _, s := range c.Nodes[1:] {
		s.Do("CLUSTER", "MEET", "127.0.0.1", strconv.Itoa(first.public()), busPort(first))
	}
	for _, s := range c.Nodes {
		s.await("cluster_state:ok", "CLUSTER", "INFO")
		s.await("cluster_slots_assigned:"+strconv.Itoa(slots), "CLUSTER", "INFO")
		s.await("cluster_known_nodes:"+strconv.Itoa(n), "CLUSTER", "INFO")
	}
	return c
}

// busPort returns the port on which a node speaks to the others.
func busPort(s *Server) string {
	for i, a := range s.args {
		if a == "--cluster-port" {
			return s.args[i+1]
		}
	}
	return ""
}

// Addrs returns the addresses of the nodes, with their ports for TLS if they have some.
func (c *Cluster) Addrs() []string {
	var all []string
	for _, s := range c.Nodes {
		all = append(all, s.publicAddr())
	}
	return all
}
