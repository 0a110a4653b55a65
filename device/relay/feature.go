package relay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"madang"
	"madang/device"
	"madang/device/pairing"
	"madang/shared"
)

// Config is what can be set about the relay. Begin with Defaults.
type Config struct {
	Device  device.Config  `yaml:",inline"`
	Pairing pairing.Config `doc:"the code by which somebody pairs with a hub"`
}

// Defaults returns the configuration for when nothing is set.
func Defaults() Config { return Config{Device: device.Defaults(), Pairing: pairing.Defaults()} }

// Validate reports what cannot work.
func (c Config) Validate() error { return errors.Join(c.Device.Validate(), c.Pairing.Validate()) }

// A Store is what the relay keeps its data in.
type Store interface {
	device.Store
	pairing.Store
}

// Deps are what a Feature needs of others.
type Deps struct {
	Store Store
	// Key is the key of codes: see [pairing.New].
	Key []byte
	// Audience is what hubs that have a key of their own must name as this server; empty: the id of the app.
	Audience string
	// Sign, Locked, Paces and Now are as in [device.Deps].
	Sign   func(context.Context, device.Claims) (string, error)
	Locked func(ctx context.Context, app, person string) (bool, error)
	Paces  shared.Counts
	Now    func() time.Time
	Log    *slog.Logger // nil: none
}

// A Feature is devices on a hub. Make it with Open, then Start it.
type Feature struct {
	rules   *device.Service
	pairing *pairing.Pairing
	hub     *madang.Hub
	store   Store
	now     func() time.Time
	log     *slog.Logger
	ear     *madang.Listener
	waiting waiters
	lookout lookout
	// audience is Deps.Audience.
	audience string
	boxes    boxes
	counts   counts

	life    context.Context
	stop    context.CancelFunc
	running sync.WaitGroup
}

var (
	_ device.Outlet  = (*Feature)(nil)
	_ pairing.Screen = (*Feature)(nil)
	_ pairing.Looker = (*Feature)(nil)
)

// Open makes the feature and registers its procedures; the hub must not be running yet. The hub must be given Observer and
// Policy, or something that asks them. The store stays the caller's to close, after Close.
func Open(hub *madang.Hub, c Config, d Deps) (*Feature, error) {
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	f := &Feature{hub: hub, store: d.Store, now: d.Now, log: d.Log, audience: d.Audience}
	f.boxes.wake, f.lookout.wake = make(chan struct{}, 1), make(chan struct{}, 1)
	f.life, f.stop = context.WithCancel(context.Background())
	var err error
	if f.pairing, err = pairing.New(c.Pairing, d.Key, d.Store, f, pairing.WithLog(d.Log), pairing.WithClocks(d.Now, nil)); err != nil {
		return nil, err
	}
	f.rules, err = device.New(c.Device, device.Deps{
		Store: d.Store, Pairing: f.pairing, Outlet: f, Sign: d.Sign, Locked: d.Locked, Paces: d.Paces, Now: d.Now, Log: d.Log,
	})
	if err != nil {
		return nil, err
	}
	for name, p := range f.procedures() {
		hub.Handle(name, p)
	}
	return f, nil
}

// Service returns the rules.
func (f *Feature) Service() *device.Service { return f.rules }

// How often a Feature looks for commands that have expired, and for what is kept no longer. All nodes do; who comes second
// finds nothing.
const (
	expireEvery = time.Second
	sweepEvery  = time.Hour
)

// Start begins to end commands that nobody answers, and to hear of those that ended on other nodes; and it looks for boxes that
// were there when all nodes died, and are not any more. The hub must be running.
func (f *Feature) Start(ctx context.Context) (err error) {
	if f.ear, err = f.hub.Listen(ctx, madang.Channel{Name: nodesName}, f.heard); err != nil {
		return fmt.Errorf("relay: start: %w", err)
	}
	if err := f.lookAtAll(ctx); err != nil {
		f.ear.Close()
		return fmt.Errorf("relay: start: %w", err)
	}
	f.running.Go(f.expire)
	f.running.Go(f.watch)
	f.running.Go(f.keepLooking)
	return nil
}

// Close ends what Start began.
func (f *Feature) Close() error {
	f.stop()
	f.running.Wait()
	if f.ear != nil {
		f.ear.Close()
	}
	return nil
}

func (f *Feature) expire() {
	expire, sweep := time.NewTicker(expireEvery), time.NewTicker(sweepEvery)
	defer expire.Stop()
	defer sweep.Stop()
	for {
		var err error
		select {
		case <-f.life.Done():
			return
		case <-expire.C:
			_, err = f.rules.Expire(f.life)
		case <-sweep.C:
			err = f.rules.Sweep(f.life)
		}
		if err != nil && f.life.Err() == nil {
			f.log.Warn("relay: what has expired could not be ended; this will be tried again", "error", err)
		}
	}
}

// Observer returns what the feature must be told of the hub: without it a box that has gone is taken to be there.
func (f *Feature) Observer() *madang.Observer {
	return &madang.Observer{
		Connected: func(c *madang.Conn) { f.counts.connected(c, 1) },
		Closed: func(c *madang.Conn, r madang.CloseReason) {
			f.counts.connected(c, -1)
			f.boxes.closed(c, r)
		},
		Left:    f.boxes.left,
		Lent:    f.lent,
		Vacated: f.boxes.vacated,
	}
}
