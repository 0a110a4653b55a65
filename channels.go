package madang

import (
	"context"
	"fmt"
	"hash/maphash"
	"slices"
	"sync"
	"sync/atomic"
)

// A channel is what this node knows about a Channel with local subscribers or listeners.
type channel struct {
	name Channel

	mu   sync.Mutex // serialises coming and going, and the broker's subscription
	refs int
	dead bool // vacated; look it up anew

	logs      atomic.Pointer[[]*log] // one for each dialect
	listeners atomic.Pointer[[]*Listener]
	tide      tide
}

type channelShard struct {
	mu sync.RWMutex
	m  map[Channel]*channel
}

func (h *Hub) channelShard(c Channel) *channelShard {
	return &h.channels[maphash.String(h.seed, c.Name)%shardCount]
}

// lookup returns the channel if it has subscribers here, or nil.
func (h *Hub) lookup(c Channel) *channel {
	s := h.channelShard(c)
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.m[c]
}

// occupy calls use with the channel, locked and subscribed at the broker, and counts one more reference.
func (h *Hub) occupy(ctx context.Context, name Channel, use func(*channel)) error {
	for {
		s := h.channelShard(name)
		s.mu.Lock()
		c := s.m[name]
		if c == nil {
			c = &channel{name: name}
			s.m[name] = c
		}
		s.mu.Unlock()
		c.mu.Lock()
		if c.dead { // vacated between the look-up and the lock
			c.mu.Unlock()
			continue
		}
		first := c.refs == 0
		if first {
			if err := h.broker.Subscribe(ctx, name); err != nil {
				h.bury(c)
				c.mu.Unlock()
				return fmt.Errorf("subscribe %s: %w", name, err)
			}
		}
		c.refs++
		use(c)
		if first {
			h.noteOccupied(name, true)
		}
		c.mu.Unlock()
		if first {
			h.observe(func(o *Observer) {
				if o.Occupied != nil {
					o.Occupied(name)
				}
			})
		}
		return nil
	}
}

// vacate takes a reference back; after the last the broker's subscription ends.
func (h *Hub) vacate(ctx context.Context, c *channel) {
	c.mu.Lock()
	c.refs--
	empty := c.refs == 0
	if empty {
		// First the broker, then the map: whoever came for the name meanwhile waits for the lock and looks it up anew.
		// The other way round, a new channel could subscribe just before this one unsubscribes, and hear nothing.
		if err := h.broker.Unsubscribe(ctx, c.name); err != nil {
			h.log.Warn("unsubscribe failed", "channel", c.name.String(), "error", err)
		}
		h.bury(c)
		h.noteOccupied(c.name, false)
	}
	c.mu.Unlock()
	if empty {
		h.observe(func(o *Observer) {
			if o.Vacated != nil {
				o.Vacated(c.name)
			}
		})
	}
}

// bury removes the channel from the map; its lock is held.
func (h *Hub) bury(c *channel) {
	c.dead = true
	s := h.channelShard(c.name)
	s.mu.Lock()
	delete(s.m, c.name)
	s.mu.Unlock()
}

// log returns the channel's log for a dialect, making it; the channel's lock is held.
func (c *channel) log(h *Hub, d Dialect) *log {
	old := c.all()
	for _, l := range old {
		if l.dialect == d {
			return l
		}
	}
	l := newLog(h, d)
	logs := append(slices.Clone(old), l)
	c.logs.Store(&logs)
	return l
}

func (c *channel) all() []*log {
	if p := c.logs.Load(); p != nil {
		return *p
	}
	return nil
}

// conns calls f for each connection that subscribes.
func (c *channel) conns(f func(*Conn)) {
	for _, l := range c.all() {
		l.conns(f)
	}
}

// A Listener is server code that hears a channel, on every node that listens.
type Listener struct {
	hub *Hub
	c   *channel
	f   func(*Event)
}

// Listen calls f for every event of the channel, in the order of the stream, from now on until Close. f must not wait.
func (h *Hub) Listen(ctx context.Context, name Channel, f func(*Event)) (*Listener, error) {
	l := &Listener{hub: h, f: f}
	err := h.occupy(ctx, name, func(c *channel) {
		l.c = c
		all := []*Listener{l}
		if p := c.listeners.Load(); p != nil {
			all = append(slices.Clone(*p), l)
		}
		c.listeners.Store(&all)
	})
	if err != nil {
		return nil, err
	}
	return l, nil
}

// Close ends listening. Closing again does nothing.
func (l *Listener) Close() {
	l.c.mu.Lock()
	all := slices.Clone(*l.c.listeners.Load())
	i := slices.Index(all, l)
	if i >= 0 {
		all = slices.Delete(all, i, i+1)
		l.c.listeners.Store(&all)
	}
	l.c.mu.Unlock()
	if i >= 0 {
		l.hub.vacate(l.hub.life, l.c)
	}
}

// Subscribers returns how many connections of this node subscribe to the channel.
func (h *Hub) Subscribers(name Channel) int {
	n := 0
	if c := h.lookup(name); c != nil {
		c.conns(func(*Conn) { n++ })
	}
	return n
}

// A janitor takes subscriptions that have ended out of the books, apart from the flushers: leaving a channel may ask
// the broker, which may wait.
type janitor struct {
	mu   sync.Mutex
	left []*Subscription
	wake chan struct{}
}

func (j *janitor) nudge() {
	select {
	case j.wake <- struct{}{}:
	default:
	}
}

// left hands ended subscriptions to the janitor.
func (h *Hub) left(subs []*Subscription) {
	if len(subs) == 0 {
		return
	}
	h.janitor.mu.Lock()
	h.janitor.left = append(h.janitor.left, subs...)
	h.janitor.mu.Unlock()
	h.janitor.nudge()
}

func (h *Hub) sweepLeft() {
	for {
		select {
		case <-h.janitor.wake:
		case <-h.life.Done():
			return
		}
		h.janitor.mu.Lock()
		subs := h.janitor.left
		h.janitor.left = nil
		h.janitor.mu.Unlock()
		for _, s := range subs {
			s.line.removeSub(s)
			h.vacate(h.life, s.channel)
		}
	}
}
