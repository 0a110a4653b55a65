package redistest

import (
	"strconv"
	"strings"
)

// StartReplicatedCluster starts a Redis Cluster of n masters with a replica each, and returns when the replicas have caught
// up. The replicas are in Cluster.Replicas, in the order of their masters; one takes over when its master dies.
func StartReplicatedCluster(t T, n int) *Cluster {
	t.Helper()
	return StartGuardedCluster(t, n, Guard{})
}

// StartGuardedCluster is StartReplicatedCluster with nodes that want something of those who connect.
func StartGuardedCluster(t T, n int, g Guard) *Cluster {
	t.Helper()
	settings := func() []string {
		all := []string{"--cluster-replica-validity-factor", "0", "--repl-diskless-sync-delay", "0", "--repl-ping-replica-period", "1"}
		if g.Cert != "" {
			all = append(all, "--tls-cluster", "yes")
		}
		return append(all, g.settings(t)...)
	}
	c := startCluster(t, n, settings)
	for range c.Nodes {
		c.Replicas = append(c.Replicas, startMember(t, settings()...))
	}
	for _, r := range c.Replicas {
		r.Do("CLUSTER", "MEET", "127.0.0.1", strconv.Itoa(c.Nodes[0].public()), busPort(c.Nodes[0]))
	}
	for i, r := range c.Replicas {
		r.await("cluster_known_nodes:"+strconv.Itoa(2*n), "CLUSTER", "INFO")
		id := strings.TrimSpace(c.Nodes[i].Do("CLUSTER", "MYID"))
		r.await("OK", "CLUSTER", "REPLICATE", id)
		r.await("master_link_status:up", "INFO", "replication")
	}
	for _, m := range c.Nodes {
		m.await("connected_slaves:1", "INFO", "replication")
		m.await("cluster_known_nodes:"+strconv.Itoa(2*n), "CLUSTER", "INFO")
	}
	return c
}
