package clustertest

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"madang/internal/redistest"
)

// Redis is what joins the nodes.
type Redis struct {
	Servers []*redistest.Server // the first master first, then the replicas

	t     T
	watch *redistest.Sentinels // nil: one server
}

func startRedis(t T, shape Shape) *Redis {
	t.Helper()
	if shape == Standalone {
		return &Redis{Servers: []*redistest.Server{redistest.Start(t)}, t: t}
	}
	s := redistest.StartSentinels(t, "", "")
	return &Redis{Servers: append([]*redistest.Server{s.Master}, s.Replicas...), t: t, watch: s}
}

// Master returns the server that is the master now, as the Sentinels have it.
func (r *Redis) Master() *redistest.Server {
	r.t.Helper()
	if r.watch == nil {
		return r.Servers[0]
	}
	addr := r.watch.Sentinels[0].Do("SENTINEL", "GET-MASTER-ADDR-BY-NAME", redistest.MasterName)
	_, port, _ := strings.Cut(addr, "\n")
	for _, s := range r.Servers {
		if strconv.Itoa(s.Port) == strings.TrimSpace(port) {
			return s
		}
	}
	r.t.Fatalf("the Sentinels' master is none of the servers: %q", addr)
	return nil
}

// FailOver kills the master, waits until a replica has taken its place and the Sentinels know, and starts the old one again as a
// replica of it. It needs [Sentinel].
func (r *Redis) FailOver() {
	r.t.Helper()
	if r.watch == nil {
		r.t.Fatal("one Redis server cannot fail over; start the cluster with Sentinel")
	}
	old := r.Master()
	old.Kill()
	var now *redistest.Server
	for end := time.Now().Add(startTime); ; time.Sleep(20 * time.Millisecond) {
		now = r.Master()
		role, err := now.Try("INFO", "replication")
		if now != old && err == nil && strings.Contains(role, "role:master") {
			break
		}
		if time.Now().After(end) {
			r.t.Fatalf("no replica has taken the place of %s within %v", old.Addr, startTime)
		}
	}
	old.RestartAsReplica(now)
}

// Keys returns how many keys the master has.
func (r *Redis) Keys() int {
	r.t.Helper()
	n, err := strconv.Atoi(strings.TrimSpace(r.Master().Do("DBSIZE")))
	if err != nil {
		r.t.Fatal(err)
	}
	return n
}

// behind puts proxies between a node and all servers, and returns the address at which the node finds them.
func (r *Redis) behind(t T, node string, p *proxies, links **Links) string {
	t.Helper()
	l := &Links{}
	*links = l
	ports := map[string]string{} // of servers and Sentinels, to those that the node is to use
	for i, s := range r.Servers {
		ports[strconv.Itoa(s.Port)] = strconv.Itoa(l.add(t, p, fmt.Sprint(node, "-redis", i+1), s.Port))
	}
	if r.watch == nil {
		return "redis://127.0.0.1:" + ports[strconv.Itoa(r.Servers[0].Port)]
	}
	relays := make([]*relay, len(r.watch.Sentinels))
	addrs := make([]string, len(relays))
	for i, s := range r.watch.Sentinels {
		// The node is cut off from the Sentinels, too.
		relays[i] = newRelay(t, l.add(t, p, fmt.Sprint(node, "-sentinel", i+1), s.Port))
		ports[strconv.Itoa(s.Port)] = strconv.Itoa(relays[i].port)
		addrs[i] = local(relays[i].port)
	}
	for _, one := range relays {
		one.serve(ports)
	}
	return "redis+sentinel://" + strings.Join(addrs, ",") + "/" + redistest.MasterName
}
