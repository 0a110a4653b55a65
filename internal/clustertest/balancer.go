package clustertest

import (
	"fmt"
	"strings"

	"madang/internal/haproxytest"
)

// balancing is haproxy's configuration: in turn, without cookies. A node that does not answer is tried once more elsewhere, and
// one that says twice that it is not ready gets no more; the connections that it has stay.
const balancing = `global
	maxconn 8000
	nbthread 1
defaults
	mode http
	log stderr format raw local0 err
	timeout connect 2s
	timeout client 1h
	timeout server 1h
	timeout tunnel 1h
	timeout http-request 10s
	timeout check 2s
	option httpchk GET /readyz
	option redispatch 1
	option forwardfor
	retries 3
frontend clients
	bind %s
	default_backend nodes
backend nodes
	balance roundrobin
	default-server check inter 1s fall 2 rise 1
`

// startBalancer starts haproxy in front of the nodes and waits until it lets requests through.
func (c *Cluster) startBalancer() {
	c.t.Helper()
	address := haproxytest.Address(c.t)
	c.URL = "http://" + address
	var text strings.Builder
	fmt.Fprintf(&text, balancing, address)
	for _, n := range c.Nodes {
		fmt.Fprintf(&text, "\tserver %s %s\n", n.Name, strings.TrimPrefix(n.URL, "http://"))
	}
	haproxytest.Start(c.t, text.String(), address)
	if err := await(c.URL+"/readyz", nil); err != nil {
		c.t.Fatalf("haproxy: %v", err)
	}
}
