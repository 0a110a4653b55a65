package clustertest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A Node is one process of the server. It keeps its address when it is ended and started again.
type Node struct {
	Name     string // node1, node2 and so on
	URL      string // http://127.0.0.1:port, without the balancer
	Metrics  string // http://127.0.0.1:port, where /metrics is
	Redis    *Links // between this node and Redis
	Postgres *Links // between this node and PostgreSQL

	c   *Cluster
	dir string
	p   process
}

// newNode returns a node that has its proxies and its configuration, and does not run yet.
func newNode(c *Cluster, name string, proxies *proxies) *Node {
	c.t.Helper()
	n := &Node{
		Name: name, URL: "http://" + local(freePort(c.t)), Metrics: "http://" + local(freePort(c.t)), c: c, dir: c.t.TempDir(),
	}
	n.p.file = c.config.logFile(n)
	address := c.Redis.behind(c.t, name, proxies, &n.Redis)
	n.Postgres = &Links{}
	port := n.Postgres.add(c.t, proxies, name+"-postgres", c.Postgres.Port)
	store := strings.Replace(c.Postgres.URL(database), local(c.Postgres.Port), local(port), 1)
	text := configuration(n, store, address)
	if err := os.WriteFile(filepath.Join(n.dir, "madang.yaml"), []byte(text), 0o600); err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() {
		n.p.kill()
		if c.t.Failed() {
			c.t.Logf("%s said at last:\n%s", n.Name, tail(n.p.output(), 25))
		}
	})
	return n
}

// launch starts the process.
func (n *Node) launch() {
	n.c.t.Helper()
	listen := strings.TrimPrefix(n.URL, "http://")
	cmd := exec.Command(n.c.config.Binary, "serve", "--listen", listen) //nolint:gosec,noctx // the program under test; Kill ends it
	cmd.Dir, cmd.Env = n.dir, n.c.config.environment()
	if err := n.p.start(cmd); err != nil {
		n.c.t.Fatalf("start %s: %v", n.Name, err)
	}
}

// AwaitReady waits until the node says that it is ready.
func (n *Node) AwaitReady() {
	n.c.t.Helper()
	_, exited := n.p.current()
	if err := await(n.URL+"/readyz", exited); err != nil {
		n.c.t.Fatalf("%s: %v", n.Name, err)
	}
}

// Kill ends the node as the kernel or a power cut does, without a word (SIGKILL), and waits until it has ended.
func (n *Node) Kill() { n.p.kill() }

// Term tells the node to stop in good order (SIGTERM), and does not wait.
func (n *Node) Term() { n.p.signal(syscall.SIGTERM) }

// Wait waits until the node has ended and returns its exit status, -1 if it was killed. A node that does not end within a
// minute is killed.
func (n *Node) Wait() int {
	cmd, exited := n.p.current()
	select {
	case <-exited:
	case <-time.After(time.Minute):
		n.p.kill()
	}
	return cmd.ProcessState.ExitCode()
}

// Restart starts the node again after Kill, or after Term and Wait, and waits until it is ready. The balancer finds out within
// two seconds.
func (n *Node) Restart() {
	n.c.t.Helper()
	n.launch()
	n.AwaitReady()
}

// Running reports whether the process is there.
func (n *Node) Running() bool {
	_, exited := n.p.current()
	select {
	case <-exited:
		return false
	default:
		return true
	}
}

// Pid is the process's number, of the last one if it has ended.
func (n *Node) Pid() int {
	cmd, _ := n.p.current()
	return cmd.Process.Pid
}

// Log is what the node has logged, in all its lives.
func (n *Node) Log() string { return n.p.output() }

// local is the address of a port of this machine.
func local(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// freePort returns a port on which nobody listens, below those that the system gives to outgoing connections: one of
// these could take it while its listener is away.
func freePort(t T) int {
	t.Helper()
	for range 200 {
		port := 12000 + int(time.Now().UnixNano()/100)%15000
		if l, err := net.Listen("tcp", local(port)); err == nil {
			_ = l.Close() // it has taken no connections
			return port
		}
	}
	t.Fatal(fmt.Errorf("found no free port"))
	return 0
}
