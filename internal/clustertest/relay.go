package clustertest

import (
	"bufio"
	"io"
	"net"
	"regexp"
	"sync"
)

// digits are what may be a port. All ports of the kit have five digits, so that the lengths of Redis's protocol stay true.
var digits = regexp.MustCompile(`\b[0-9]{5}\b`)

// A relay stands before a Sentinel and gives other ports in its answers: those of one node's proxies. A Sentinel tells where the
// servers are, and without this the node would go there directly.
type relay struct {
	port int // where it listens
	to   int // where the Sentinel is
	l    net.Listener

	mu   sync.Mutex
	open map[net.Conn]bool
	done bool
}

// newRelay listens; connections wait until serve.
func newRelay(t T, to int) *relay {
	t.Helper()
	r := &relay{port: freePort(t), to: to, open: map[net.Conn]bool{}}
	l, err := net.Listen("tcp", local(r.port))
	if err != nil {
		t.Fatal(err)
	}
	r.l = l
	t.Cleanup(r.close)
	return r
}

// serve accepts connections. The ports are texts: those that the Sentinels know, to those that the node is told.
func (r *relay) serve(ports map[string]string) {
	go func() {
		for {
			c, err := r.l.Accept()
			if err != nil {
				return // closed
			}
			go r.join(c, ports)
		}
	}()
}

// join carries what both ends of a connection say until one of them ends.
func (r *relay) join(node net.Conn, ports map[string]string) {
	defer node.Close()
	sentinel, err := net.Dial("tcp", local(r.to)) //nolint:noctx // on this machine it is there or not
	if err != nil {
		return // so is the node's connection
	}
	defer sentinel.Close()
	if !r.keep(node, sentinel) {
		return
	}
	defer r.forget(node, sentinel)
	go func() {
		_, _ = io.Copy(sentinel, node) // the node is gone, or the Sentinel: the other learns it
		_ = sentinel.Close()
	}()
	lines := bufio.NewReader(sentinel)
	for {
		line, err := lines.ReadBytes('\n')
		told := digits.ReplaceAllFunc(line, func(port []byte) []byte {
			if other := ports[string(port)]; other != "" {
				return []byte(other)
			}
			return port
		})
		if _, failed := node.Write(told); err != nil || failed != nil {
			return
		}
	}
}

// keep remembers connections, so that close ends them; it reports false if it has.
func (r *relay) keep(all ...net.Conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range all {
		r.open[c] = true
	}
	return !r.done
}

func (r *relay) forget(all ...net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range all {
		delete(r.open, c)
	}
}

func (r *relay) close() {
	_ = r.l.Close() // it has nothing unsaid
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done = true
	for c := range r.open {
		_ = c.Close() // as above
	}
}
