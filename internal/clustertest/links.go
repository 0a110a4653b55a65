package clustertest

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// proxies is Toxiproxy, in this process and without its own API.
type proxies struct {
	server *toxiproxy.ApiServer
}

func startProxies(t T) *proxies {
	p := &proxies{toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())}
	t.Cleanup(func() {
		for _, one := range p.server.Collection.Proxies() {
			one.Stop()
		}
	})
	return p
}

// Links are what a node reaches one other component through: one proxy for each address of it. What is done to them is done
// to all connections of that node, those there are and those to come. They are not for use by several goroutines.
type Links struct {
	all []*toxiproxy.Proxy
	bad bool // something has been done to them
}

// add puts a proxy before a port and returns that of the proxy.
func (l *Links) add(t T, p *proxies, name string, to int) int {
	t.Helper()
	port := freePort(t)
	one := toxiproxy.NewProxy(p.server, name, local(port), local(to))
	if err := p.server.Collection.Add(one, true); err != nil {
		t.Fatalf("toxiproxy: %s: %v", name, err)
	}
	l.all = append(l.all, one)
	return port
}

// Cut closes all connections and refuses new ones until Heal: what a process sees whose neighbour is gone.
func (l *Links) Cut() {
	l.bad = true
	for _, p := range l.all {
		p.Stop()
	}
}

// Silence lets nothing more through, in either direction, until Heal; connections stay open and new ones are accepted: what a
// process sees behind a firewall that drops packets. What was sent meanwhile is gone, and so Heal ends these connections.
func (l *Links) Silence() error {
	return l.spoil(`{"type":"timeout","stream":"%s","attributes":{"timeout":0}}`)
}

// Slow delays everything by a time, half of it in each direction, until Heal. Each delay is up to a tenth longer or shorter.
func (l *Links) Slow(by time.Duration) error {
	return l.spoil(fmt.Sprintf(`{"type":"latency","stream":"%%s","attributes":{"latency":%d,"jitter":%d}}`,
		by.Milliseconds()/2, by.Milliseconds()/20))
}

// Narrow lets through only so many kilobytes a second in each direction, until Heal.
func (l *Links) Narrow(kilobytes int) error {
	return l.spoil(fmt.Sprintf(`{"type":"bandwidth","stream":"%%s","attributes":{"rate":%d}}`, kilobytes))
}

// Heal undoes what was done.
func (l *Links) Heal() error {
	for _, p := range l.all {
		p.Toxics.ResetToxics(context.Background())
		if p.Enabled {
			continue
		}
		if err := p.Start(); err != nil {
			return fmt.Errorf("toxiproxy: %s: %w", p.Name, err)
		}
	}
	l.bad = false
	return nil
}

// Healthy reports whether nothing has been done to them since Heal.
func (l *Links) Healthy() bool { return !l.bad }

// spoil gives both directions a toxic.
func (l *Links) spoil(toxic string) error {
	l.bad = true
	for _, p := range l.all {
		for _, direction := range []string{"upstream", "downstream"} {
			if _, err := p.Toxics.AddToxicJson(strings.NewReader(fmt.Sprintf(toxic, direction))); err != nil {
				return fmt.Errorf("toxiproxy: %s: %w", p.Name, err)
			}
		}
	}
	return nil
}
