package redistest

import (
	"fmt"
	"os"
	"path/filepath"
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
	settings := []string{"--repl-diskless-sync-delay", "0"} // for more replicas, which do not come
	if password != "" {
		settings = append(settings, "--requirepass", password, "--masterauth", password)
	}
	s := &Sentinels{Master: Start(t, settings...)}
	for range 2 {
		r := Start(t, append([]string{"--replicaof", fmt.Sprint("127.0.0.1 ", s.Master.Port)}, settings...)...)
		r.await("master_link_status:up", "INFO", "replication")
		s.Replicas = append(s.Replicas, r)
	}
	for range 3 {
		x := newServer(t, "redis-sentinel", freePort(t))
		x.password = sentinelPassword
		conf := fmt.Sprintf("port %d\nbind 127.0.0.1\ndir %s\nsentinel monitor %s 127.0.0.1 %d 2\n"+
			"sentinel down-after-milliseconds %[3]s 1000\nsentinel failover-timeout %[3]s 5000\n",
			x.Port, x.dir, MasterName, s.Master.Port)
		if password != "" {
			conf += "sentinel auth-pass " + MasterName + " " + password + "\n"
		}
		if sentinelPassword != "" {
			conf += "requirepass " + sentinelPassword + "\nsentinel sentinel-pass " + sentinelPassword + "\n"
		}
		file := filepath.Join(x.dir, "sentinel.conf") // it writes there what it learns
		if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
			t.Fatal(err)
		}
		x.args = []string{file}
		x.Restart()
		s.Sentinels = append(s.Sentinels, x)
	}
	for _, x := range s.Sentinels {
		x.await("\nnum-other-sentinels\n2\n", "SENTINEL", "MASTER", MasterName)
		x.await("\nnum-slaves\n2\n", "SENTINEL", "MASTER", MasterName)
	}
	return s
}

// Addrs returns the addresses of the Sentinels.
func (s *Sentinels) Addrs() []string {
	var all []string
	for _, x := range s.Sentinels {
		all = append(all, x.Addr)
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
			if addr == fmt.Sprint("127.0.0.1\n", r.Port) {
				r.await("role:master", "INFO", "replication")
				return r
			}
		}
		x.await(MasterName, "SENTINEL", "MASTERS") // fails when the sentinel is gone
		time.Sleep(20 * time.Millisecond)
	}
}
