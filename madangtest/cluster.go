package madangtest

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"madang"
)

// A Cluster is several hubs in one process over one [madang.Memory]. Each node has a goroutine that delivers, so that
// what one node publishes reaches the others, and itself, later and at times of their own, as over a network.
type Cluster struct {
	Hubs   []*madang.Hub
	Memory *madang.Memory
	nodes  []*mortalBroker
}

// NewCluster starts n hubs that hear each other. It replaces Broker and Presence of cfg; observers are shared by all
// nodes. The hubs are closed with the test. Everything in it works with the fake time of testing/synctest.
func NewCluster(t testing.TB, n int, cfg madang.Config) []*madang.Hub {
	return StartCluster(t, n, cfg, nil).Hubs
}

// StartCluster is NewCluster with an injected delay: it is called for each delivery to a node, by several goroutines at
// once, and says how long that takes. nil is none.
func StartCluster(t testing.TB, n int, cfg madang.Config, delay func() time.Duration) *Cluster {
	t.Helper()
	c := &Cluster{Memory: madang.NewMemory()}
	for i := range n {
		dead, silent := new(atomic.Bool), new(atomic.Bool)
		broker := &mortalBroker{Broker: Later(c.Memory.Broker(), delay), dead: dead, silent: silent}
		cfg.Broker = broker
		cfg.Presence = &mortalPresence{Presence: c.Memory, dead: dead, silent: silent}
		h := madang.New(cfg)
		c.Hubs, c.nodes = append(c.Hubs, h), append(c.nodes, broker)
		if err := h.Start(t.Context()); err != nil {
			t.Fatalf("start node %d: %v", i, err)
		}
		t.Cleanup(func() {
			if err := h.Close(); err != nil {
				t.Errorf("close node %d: %v", i, err)
			}
		})
	}
	return c
}

// Kill cuts a node off, as if its process had died: it hears nothing more, whatever it tells the others fails, and its
// lease runs out. Its own links go on as far as they can.
func (c *Cluster) Kill(node int) { c.nodes[node].dead.Store(true) }

// Silence makes what a node asks of its broker and presence fail with [madang.ErrUnavailable], or ends that. Deliveries go on.
func (c *Cluster) Silence(node int, on bool) { c.nodes[node].silent.Store(on) }

// Cut makes a node miss everything that is delivered to it until Mend, for good. It can publish all the same.
func (c *Cluster) Cut(node int) {
	b := c.nodes[node]
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.missed == nil {
		b.missed = map[madang.Channel]madang.Position{}
	}
}

// Mend ends Cut. In each channel of which it has missed something the node is told so, as brokers do that can lose events.
func (c *Cluster) Mend(node int) {
	b := c.nodes[node]
	b.mu.Lock()
	defer b.mu.Unlock()
	missed := b.missed
	b.missed = nil
	r, ok := b.recv.(madang.LossReceiver)
	if !ok {
		return
	}
	for ch, after := range missed {
		r.Lost(ch, after)
	}
}

var (
	errDead   = fmt.Errorf("this node was killed: %w", madang.ErrClosed)
	errSilent = fmt.Errorf("nothing answers this node: %w", madang.ErrUnavailable)
)

// failing returns what keeps a node from doing anything, or nil.
func failing(dead, silent *atomic.Bool) error {
	switch {
	case dead.Load():
		return errDead
	case silent.Load():
		return errSilent
	}
	return nil
}

// A mortalBroker ends when its node is killed.
type mortalBroker struct {
	madang.Broker
	dead   *atomic.Bool
	silent *atomic.Bool
	recv   madang.Receiver

	mu     sync.Mutex // held while delivering
	seen   map[madang.Channel]madang.Position
	missed map[madang.Channel]madang.Position // and what came last before it; nil: it is not cut off
}

func (b *mortalBroker) Start(ctx context.Context, r madang.Receiver) error {
	b.recv = r
	return b.Broker.Start(ctx, b)
}

func (b *mortalBroker) Receive(e *madang.Event) {
	if b.dead.Load() {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.missed != nil {
		if _, known := b.missed[e.Channel]; !known {
			b.missed[e.Channel] = b.seen[e.Channel]
		}
		return
	}
	if b.seen == nil {
		b.seen = map[madang.Channel]madang.Position{}
	}
	b.seen[e.Channel] = e.Pos
	b.recv.Receive(e)
}

func (b *mortalBroker) Publish(ctx context.Context, es []*madang.Event, keep madang.Retention) ([]madang.Position, error) {
	if err := failing(b.dead, b.silent); err != nil {
		return nil, err
	}
	return b.Broker.Publish(ctx, es, keep)
}

func (b *mortalBroker) Subscribe(ctx context.Context, chs ...madang.Channel) error {
	if err := failing(b.dead, b.silent); err != nil {
		return err
	}
	return b.Broker.Subscribe(ctx, chs...)
}

func (b *mortalBroker) History(ctx context.Context, c madang.Channel, q madang.HistoryQuery) (madang.Page, error) {
	if err := failing(b.dead, b.silent); err != nil {
		return madang.Page{}, err
	}
	return b.Broker.History(ctx, c, q)
}

// A mortalPresence changes nothing more when its node is killed.
type mortalPresence struct {
	madang.Presence
	dead   *atomic.Bool
	silent *atomic.Bool
}

func (p *mortalPresence) Members(ctx context.Context, c madang.Channel) ([]madang.Member, error) {
	if p.silent.Load() {
		return nil, errSilent
	}
	return p.Presence.Members(ctx, c)
}

func (p *mortalPresence) Put(ctx context.Context, c madang.Channel, m madang.Member) (bool, error) {
	if err := failing(p.dead, p.silent); err != nil {
		return false, err
	}
	return p.Presence.Put(ctx, c, m)
}

func (p *mortalPresence) Remove(ctx context.Context, c madang.Channel, id madang.ConnID) (*madang.Member, bool, error) {
	if err := failing(p.dead, p.silent); err != nil {
		return nil, false, err
	}
	return p.Presence.Remove(ctx, c, id)
}

func (p *mortalPresence) Keep(ctx context.Context, n madang.NodeID, ttl time.Duration) error {
	if err := failing(p.dead, p.silent); err != nil {
		return err
	}
	return p.Presence.Keep(ctx, n, ttl)
}

func (p *mortalPresence) Sweep(ctx context.Context) ([]madang.Departure, error) {
	if err := failing(p.dead, p.silent); err != nil {
		return nil, err
	}
	return p.Presence.Sweep(ctx)
}
