//go:build linux

package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"madang/bench/internal/proc"
	"madang/bench/internal/workload"
)

// A kind is whose nodes they are, and what joins them.
type kind uint8

const (
	alone  kind = iota // our server as one process, without Redis
	joined             // our server, joined by Redis
	peer               // NATS, joined by its own routes
)

// A cluster is what is measured: some nodes of a kind.
type cluster struct {
	kind  kind
	nodes int
}

// clusters returns all that are measured.
func (o *options) clusters() []cluster {
	all := []cluster{{alone, 1}}
	for _, k := range []kind{joined, peer} {
		for n := range o.most {
			if k != peer || o.peer {
				all = append(all, cluster{k, n + 1})
			}
		}
	}
	return all
}

func (c cluster) title() string {
	name := [...]string{"madang alone", "madang on Redis", "NATS"}[c.kind]
	if c.kind == alone {
		return name
	}
	return fmt.Sprintf("%s, %d", name, c.nodes)
}

func (c cluster) speaks() string {
	if c.kind == peer {
		return workload.NATS
	}
	return workload.SocketIO
}

// build compiles the programs into a directory.
func (o *options) build(ctx context.Context, dir string) error {
	programs := map[string]string{"madang": "bench/madang"}
	if o.peer {
		programs["nats"] = "bench/peer/nats"
	}
	for program, folder := range programs {
		cmd := exec.CommandContext(ctx, "go", "build", "-o", filepath.Join(dir, program), ".")
		cmd.Dir = filepath.Join(o.root, folder)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w\n%s", folder, err, out)
		}
	}
	return nil
}

// measure runs one workload on a fresh cluster.
func (c cluster) measure(ctx context.Context, o *options, dir string, w workload.Workload) (workload.Values, error) {
	bed := workload.Bed{Secret: rand.Text() + rand.Text()}
	var nodes []*proc.Server
	defer func() {
		for _, n := range nodes {
			n.Stop()
		}
		if bed.Aside != nil {
			bed.Aside.Stop()
		}
	}()
	redis := ""
	if c.kind == joined {
		var err error
		if bed.Aside, err = proc.StartRedis(ctx); err != nil {
			return nil, err
		}
		redis = "redis://127.0.0.1:" + strconv.Itoa(bed.Aside.Port)
	}
	routes, err := freePorts(ctx, c.nodes)
	if err != nil {
		return nil, err
	}
	for i := range c.nodes {
		command := proc.Command{Path: filepath.Join(dir, "madang"), Args: []string{"-redis", redis}, Env: []string{"BENCH_SECRET=" + bed.Secret}}
		if c.kind == peer {
			command = proc.Command{Path: filepath.Join(dir, "nats"), Args: routed(routes, i)}
		}
		command.On = o.nodesOn
		n, err := proc.Start(ctx, command)
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, n)
	}
	bed.Server, bed.Others = nodes[0], nodes[1:]
	bed.Count = func() (workload.Values, error) { return c.count(ctx, nodes) }
	return w.Run(ctx, bed, o.scale)
}

// routed returns the arguments of NATS' server i: it connects to those before it, and waits for them.
func routed(ports []string, i int) []string {
	if len(ports) == 1 {
		return nil
	}
	var before []string
	for _, p := range ports[:i] {
		before = append(before, "nats://127.0.0.1:"+p)
	}
	return []string{"-cluster", "127.0.0.1:" + ports[i], "-routes", strings.Join(before, ","), "-await", strconv.Itoa(i)}
}

// count adds up what the nodes have counted. The kernel counts write(2), which everybody uses but our sockets' side, where it is
// send(2): those the hub counts.
func (c cluster) count(ctx context.Context, nodes []*proc.Server) (workload.Values, error) {
	sum := workload.Values{}
	for _, n := range nodes {
		writes, err := n.Writes()
		if err != nil {
			return nil, err
		}
		sum["writes"] += float64(writes)
		if c.kind == peer {
			continue
		}
		said, err := counters(ctx, n.Port)
		if err != nil {
			return nil, err
		}
		for k, v := range said {
			sum[k] += v
		}
	}
	return sum, nil
}

// counters asks one of our nodes what it has counted.
func counters(ctx context.Context, port int) (workload.Values, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d/counters", port), nil)
	if err != nil {
		return nil, fmt.Errorf("ask for the counters: %w", err)
	}
	req.Close = true // nodes come and go
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask for the counters: %w", err)
	}
	defer res.Body.Close()
	var said workload.Values
	if err := json.NewDecoder(res.Body).Decode(&said); err != nil {
		return nil, fmt.Errorf("read the counters: %w", err)
	}
	return said, nil
}

// freePorts returns ports that nobody used a moment ago.
func freePorts(ctx context.Context, n int) ([]string, error) {
	var ports []string
	for range n {
		l, err := new(net.ListenConfig).Listen(ctx, "tcp4", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("find a port: %w", err)
		}
		defer l.Close() // all of them are open at once, so they differ
		ports = append(ports, strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
	}
	return ports, nil
}
