package laravel

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"madang"
	"madang/internal/seldom"
)

// Options are what an Inlet takes from its surroundings.
type Options struct {
	// Local delivers to this node's connections only, without positions and history: for nodes that share a broker, each
	// of which has an Inlet that hears the same. Otherwise the hub publishes what comes in.
	Local bool
	// Closed reports whether nothing from Redis goes to a channel, because what is heard there must be somebody else's word; nil:
	// everything does.
	Closed func(madang.Channel) bool
	// Log gets outages and samples of what is ignored. nil discards.
	Log *slog.Logger
	// Observer is told of the connection to Redis. Its functions must not wait.
	Observer Observer
}

// An Observer is told of the connection to Redis: for metrics. Nil functions are skipped.
type Observer struct {
	Connected func(down time.Duration) // Redis is heard; down is how long it was not
	Lost      func(error)              // Redis is no longer heard
}

// An Inlet listens at Redis. Make it with [New].
type Inlet struct {
	hub      *madang.Hub
	config   Config
	options  Options
	log      *slog.Logger
	dialer   *dialer
	prefixes prefixes

	count   counters
	seldom  *seldom.Gate
	changes *changes // of presence channels, to be published

	life    context.Context // set by Start
	stop    context.CancelFunc
	stopped sync.WaitGroup
	first   chan struct{} // closed when the first attempt has ended, well or not

	mu        sync.Mutex
	closed    bool
	connected bool
	since     time.Time
	fault     error  // why it is not connected
	said      string // what has been logged about this outage
	outages   uint64
	down      time.Duration
}

// New returns an Inlet that is not listening yet. It fails if the configuration is invalid, without an address, or
// names files that cannot be read.
func New(hub *madang.Hub, c Config, o Options) (*Inlet, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if !c.On() {
		return nil, errors.New("laravel: neither url nor addresses says where Redis is")
	}
	d, err := newDialer(c)
	if err != nil {
		return nil, err
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Inlet{
		hub: hub, config: c, options: o, log: o.Log, dialer: d, prefixes: newPrefixes(c.Prefixes),
		changes: newChanges(), first: make(chan struct{}), since: hub.Now(), fault: errNotStarted, seldom: seldom.New(quiet),
	}, nil
}

var errNotStarted = errors.New("not started")

// Start begins to listen and returns after the first attempt to connect. If that failed the reason is logged and the
// Inlet goes on trying: Redis may come later than this server. It ends with ctx or Close. Start it once.
func (i *Inlet) Start(ctx context.Context) error {
	i.mu.Lock()
	if i.closed || i.life != nil {
		i.mu.Unlock()
		return fmt.Errorf("laravel: start: closed or started before: %w", madang.ErrClosed)
	}
	i.life, i.stop = context.WithCancel(ctx)
	i.mu.Unlock()
	i.stopped.Go(i.run)
	<-i.first
	return nil
}

// Close ends listening and returns when nothing more is delivered.
func (i *Inlet) Close() error {
	i.mu.Lock()
	i.closed = true
	stop := i.stop
	i.mu.Unlock()
	if stop != nil {
		stop()
	}
	i.stopped.Wait()
	return nil
}

// Ready returns nil while Redis is heard, and otherwise why it is not.
func (i *Inlet) Ready(context.Context) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.connected {
		return nil
	}
	return fmt.Errorf("laravel: %s is not heard since %s: %w", i.config.place(), i.since.Format(time.RFC3339), i.fault)
}
