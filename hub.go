package madang

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Config is what a Hub is made of. The zero value is a hub of one process that lets nobody in.
type Config struct {
	Guards    map[string]Guard // by name; "api" is the one of connections that name none
	Policies  []Policy         // asked in this order; none: everything is refused
	Broker    Broker           // nil: in memory
	Presence  Presence         // nil: in memory
	Retention func(Channel) Retention
	Watch     func(Channel) bool // which channels' occupancy observers are told about; nil: none's
	Observers []*Observer
	Limits    Limits
	Lease     time.Duration // how long this node's presence entries outlive it; default 10 s
	Log       *slog.Logger
	Now       func() time.Time // default time.Now
}

const shardCount = 64

// A Hub is the heart of one server process, a node. It holds the node's lines, connections and subscriptions, and gives
// what the Broker delivers to the links that want it.
type Hub struct {
	node       NodeID
	cfg        Config
	limits     Limits
	broker     Broker
	presence   Presence
	procedures map[string]Procedure
	log        *slog.Logger
	now        func() time.Time

	clock     atomic.Uint64 // stamps; moved only while holding the lock of the log that gets the unit
	buffered  atomic.Int64  // bytes of all segments
	numbers   atomic.Uint64 // of connections
	lines     atomic.Int64
	inner     atomic.Int64 // those of lines that stand in for clients
	moving    atomic.Bool  // there are other nodes for clients to go to
	turn      atomic.Uint32
	asks      asks
	deadlines deadlines
	janitor   janitor
	watch     watch
	orders    orders
	orderTide tide          // of what goes to all nodes
	sweeps    chan struct{} // it is time to sweep
	losses    losses
	budget    budget
	marks     marks

	seed     maphash.Seed
	channels [shardCount]channelShard
	conns    [shardCount]connShard
	flushers []*flusher

	state    atomic.Uint32 // see the constants
	stop     context.CancelFunc
	life     context.Context
	stopped  sync.WaitGroup
	shutdown sync.Once
}

// States of a hub.
const (
	hubNew uint32 = iota
	hubRunning
	hubRefusing
	hubDraining
	hubClosed
)

type connShard struct {
	mu sync.RWMutex
	m  map[ConnID]*Conn
}

// New returns a Hub. Register procedures, then call Start.
func New(cfg Config) *Hub {
	h := &Hub{
		cfg: cfg, limits: DefaultLimits(cfg.Limits), broker: cfg.Broker, presence: cfg.Presence,
		procedures: map[string]Procedure{}, log: cfg.Log, now: cfg.Now, seed: maphash.MakeSeed(),
	}
	if h.broker == nil || h.presence == nil {
		m := NewMemory()
		m.MaxKept = h.limits.MaxKept
		if h.broker == nil {
			h.broker = m.Broker()
		}
		if h.presence == nil {
			h.presence = m
		}
	}
	if h.log == nil {
		h.log = slog.New(slog.DiscardHandler)
	}
	if h.now == nil {
		h.now = time.Now
	}
	set(&h.cfg.Lease, 10*time.Second)
	h.node = NodeID(strconv.FormatUint(random()>>32|1, 10))
	for i := range shardCount {
		h.channels[i].m = map[Channel]*channel{}
		h.conns[i].m = map[ConnID]*Conn{}
	}
	for i := range h.limits.Flushers {
		h.flushers = append(h.flushers, newFlusher(h, i))
	}
	h.asks.m = map[uint64]*ask{}
	h.janitor.wake = make(chan struct{}, 1)
	h.watch.init()
	h.orders.wake = make(chan struct{}, 1)
	h.sweeps = make(chan struct{}, 1)
	h.losses.init()
	h.budget.wake = make(chan struct{}, 1)
	h.budget.burdens = map[*Burden]struct{}{}
	return h
}

// random returns 64 bits that nobody can guess.
func random() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails: the runtime ends the process instead
	return binary.LittleEndian.Uint64(b[:])
}

// Node returns the name of this node.
func (h *Hub) Node() NodeID { return h.node }

// Now returns the hub's time.
func (h *Hub) Now() time.Time { return h.now() }

// HasGuard reports whether there is a guard of that name.
func (h *Hub) HasGuard(name string) bool {
	_, ok := h.cfg.Guards[name]
	return ok
}

// Limits returns the limits in force.
func (h *Hub) Limits() Limits { return h.limits }

// Stamp returns the newest stamp given. A [Sequenced] dialect that holds its lock knows that everything it encoded has
// that stamp or an older one.
func (h *Hub) Stamp() uint64 { return h.clock.Load() }

// NextStamp takes a stamp for a unit that a [Sequenced] dialect sends again. It holds its lock.
func (h *Hub) NextStamp() uint64 { return h.clock.Add(1) }

// Start makes the hub ready: from its return on, links are welcome. It ends with Close.
func (h *Hub) Start(ctx context.Context) error {
	if !h.state.CompareAndSwap(hubNew, hubRunning) {
		return fmt.Errorf("start hub: started before: %w", ErrClosed)
	}
	h.life, h.stop = context.WithCancel(context.WithoutCancel(ctx))
	for _, f := range h.flushers {
		h.stopped.Go(f.run)
	}
	h.stopped.Go(h.sweepLeft)
	h.stopped.Go(h.runWatch)
	h.stopped.Go(h.runOrders)
	h.stopped.Go(h.runLosses)
	h.stopped.Go(h.runBudget)
	if err := h.broker.Start(ctx, h); err != nil {
		return fmt.Errorf("start broker: %w", err)
	}
	if err := h.broker.Subscribe(ctx, Channel{Name: allNodes}, h.nodeChannel(h.node)); err != nil {
		return fmt.Errorf("subscribe to the channels of the cluster: %w", err)
	}
	if err := h.keepLease(ctx); err != nil {
		return err
	}
	h.stopped.Go(h.runLease)
	h.stopped.Go(h.runSweep)
	return nil
}

// Close ends all lines without farewell, then the broker. See Drain for the gentle way.
func (h *Hub) Close() error {
	var err error
	h.shutdown.Do(func() {
		if h.state.Swap(hubClosed) == hubNew {
			return
		}
		for _, k := range h.allLines() {
			k.Drop(CloseDrain)
		}
		h.stop()
		for _, f := range h.flushers {
			f.stop()
		}
		h.stopped.Wait()
		h.leaveCluster() // when nobody renews the lease any more
		err = h.broker.Close()
	})
	return err
}

// Open takes a link into the hub. It fails with [ErrTooMany] at the limit of lines and while [Hub.Full], and with
// [ErrClosed] when the hub is draining.
func (h *Hub) Open(l Link) (*Line, error) { return h.open(l, hubRunning) }

// OpenInner is Open for a link that stands in for a client who is away. It is taken while the hub drains, too: others are
// about to ask for it.
func (h *Hub) OpenInner(l Link) (*Line, error) { return h.open(l, hubDraining) }

// open takes a link in the states up to a last one.
func (h *Hub) open(l Link, last uint32) (*Line, error) {
	taken := func() bool {
		now := h.state.Load()
		return now >= hubRunning && now <= last
	}
	if !taken() {
		return nil, fmt.Errorf("open link: this node is going away: %w", ErrClosed)
	}
	if last == hubRunning && h.Full() {
		h.budget.refused.Add(1)
		return nil, fmt.Errorf("open link: clients make this node hold nearly the %d bytes that it may: %w", h.limits.Memory, ErrTooMany)
	}
	if h.lines.Add(1) > int64(h.limits.MaxLines) {
		h.lines.Add(-1)
		return nil, fmt.Errorf("open link: this node has %d, its limit: %w", h.limits.MaxLines, ErrTooMany)
	}
	f := h.flushers[int(h.turn.Add(1))%len(h.flushers)]
	k := &Line{hub: h, link: l, f: f, inner: last != hubRunning}
	if k.inner {
		h.inner.Add(1)
	}
	f.add(k)
	if !taken() { // Drain or Close may have listed the lines before this one was there
		k.Drop(CloseDrain)
		return nil, fmt.Errorf("open link: this node is going away: %w", ErrClosed)
	}
	h.observe(func(o *Observer) {
		if o.Opened != nil {
			o.Opened(k)
		}
	})
	return k, nil
}

// Lines returns how many links there are.
func (h *Hub) Lines() int { return int(h.lines.Load()) }

// Buffered returns how many bytes the logs of channels hold for links that have not taken them.
func (h *Hub) Buffered() int64 { return h.buffered.Load() }

// Flushes returns how often a link was given something to write since the hub was made: for a link on a socket that is one
// system call each. Deliveries divided by flushes say how many left together.
func (h *Hub) Flushes() uint64 {
	n := uint64(0)
	for _, f := range h.flushers {
		n += f.flushes.Load()
	}
	return n
}

func (h *Hub) allLines() []*Line {
	var all []*Line
	for _, f := range h.flushers {
		f.mu.Lock()
		for k := range f.all {
			all = append(all, k)
		}
		f.mu.Unlock()
	}
	return all
}

func (h *Hub) observe(f func(*Observer)) {
	for _, o := range h.cfg.Observers {
		f(o)
	}
}

func (h *Hub) connShard(id ConnID) *connShard {
	return &h.conns[maphash.String(h.seed, string(id))%shardCount]
}

// Conn returns a connection of this node, or nil.
func (h *Hub) Conn(id ConnID) *Conn {
	s := h.connShard(id)
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.m[id]
}
