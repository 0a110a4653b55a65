package redistest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// MasterName is what the Sentinels of [StartSentinels] call the server that they watch over.
const MasterName = "mymaster"

// Sentinels watch over a master and its replicas, and make a replica the master when it dies.
type Sentinels struct {
	Master    *Server // at first; see Failover
	Replicas  []*Server
	Sentinels []*Server
}

// StartSentinels starts a master, two replicas and three Sentinels that agree on each other. The password, unless it is
// empty, is wanted by all servers; the sentinels want one only if sentinelPassword is set.
func StartSentinels(t T, password, sentinelPassword string) *Sentinels {
	t.Helper()
	return StartGuardedSentinels(t, Guard{Password: password}, Guard{Password: sentinelPassword})
}

// StartGuardedSentinels is StartSentinels with servers and Sentinels that want more than a password. Both speak TLS or
// neither does: they connect to each other.
func StartGuardedSentinels(t T, servers, sentinels Guard) *Sentinels {
	t.Helper()
	start := func(settings ...string) *Server {
		settings = append(settings, "--repl-diskless-sync-delay", "0") // for more replicas, which do not come
		return Start(t, append(settings, servers.settings(t)...)...)
	}
	s := &Sentinels{Master: start()}
	for range 2 {
		r := start("--replicaof", fmt.Sprint("127.0.0.1 ", s.Master.public()))
		r.await("master_link_status:up", "INFO", "replication")
		s.Replicas = append(s.Replicas, r)
	}
	for range 3 {
		s.Sentinels = append(s.Sentinels, startSentinel(t, s.Master, servers, sentinels))
	}
	for _, x := range s.Sentinels {
		x.await("\nnum-other-sentinels\n2\n", "SENTINEL", "MASTER", MasterName)
		x.await("\nnum-slaves\n2\n", "SENTINEL", "MASTER", MasterName)
	}
	return s
}

// startSentinel starts one that watches over a master.
func startSentinel(t T, master *Server, servers, sentinels Guard) *Server {
	t.Helper()
	x := newServer(t, "redis-sentinel", freePort(t))
	x.password = sentinels.Password
	wants := sentinels.conf(t)
	if _, port, ok := strings.Cut(wants, "tls-port "); ok {
		_, _ = fmt.Sscan(port, &x.TLSPort) // we have written it
	}
	conf := fmt.Sprintf("port %d\nbind 127.0.0.1\ndir %s\n%s", x.Port, x.dir, wants) +
		fmt.Sprintf("sentinel monitor %s 127.0.0.1 %d 2\n"+
			"sentinel down-after-milliseconds %[1]s 1000\nsentinel failover-timeout %[1]s 5000\n", MasterName, master.public())
	if servers.Password != "" {
		conf += "sentinel auth-pass " + MasterName + " " + servers.Password + "\n"
	}
	file := filepath.Join(x.dir, "sentinel.conf") // it writes there what it learns
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	x.args = []string{file}
	x.Restart()
	return x
}

// Addrs returns the addresses of the Sentinels, with their ports for TLS if they have some.
func (s *Sentinels) Addrs() []string {
	var all []string
	for _, x := range s.Sentinels {
		all = append(all, x.publicAddr())
	}
	return all
}

// Failover kills the master and returns the replica that took its place. It waits until it has.
func (s *Sentinels) Failover() *Server {
	s.Master.t.Helper()
	s.Master.Kill()
	return s.Promoted()
}

// Promoted waits until a replica has become the master, and returns it.
func (s *Sentinels) Promoted() *Server {
	s.Master.t.Helper()
	for {
		x := s.Sentinels[0]
		for _, r := range s.Replicas {
			addr := x.Do("SENTINEL", "GET-MASTER-ADDR-BY-NAME", MasterName)
			if addr == fmt.Sprint("127.0.0.1\n", r.public()) {
				r.await("role:master", "INFO", "replication")
				return r
			}
		}
		x.await(MasterName, "SENTINEL", "MASTERS") // fails when the sentinel is gone
		time.Sleep(20 * time.Millisecond)
	}
}
