package redis

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"

	"madang"
)

// own is what this node has put into presence sets. Redis can lose it, and others can think that this node is dead.
type own struct {
	lease atomic.Int64 // as last asked for, in nanoseconds
	parts []ownPart
}

func (o *own) init(n int) { o.parts = make([]ownPart, n) }

func (o *own) leaseTime() time.Duration {
	if d := time.Duration(o.lease.Load()); d > 0 {
		return d
	}
	return defaultLease
}

// An ownPart is that of one partition.
type ownPart struct {
	busy sync.RWMutex // read: something of the node's own changes; write: it is compared with Redis

	mu      sync.Mutex
	entries map[place]madang.Member
	doubts  map[place]*madang.Member // changes that may or may not have been made; with an entry: one that is to be removed
	born    string                   // what the leases were called when Redis last had all of it
	run     string                   // and which process that was
}

// A place is where an entry is.
type place struct {
	c  madang.Channel
	id madang.ConnID
}

func (o *ownPart) put(c madang.Channel, m madang.Member) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.entries == nil {
		o.entries = map[place]madang.Member{}
	}
	o.entries[place{c, m.Conn}] = m
	delete(o.doubts, place{c, m.Conn})
}

// remove returns the entry as this node has put it, or nil.
func (o *ownPart) remove(c madang.Channel, id madang.ConnID) *madang.Member {
	o.mu.Lock()
	defer o.mu.Unlock()
	m, ok := o.entries[place{c, id}]
	if !ok {
		return nil
	}
	delete(o.entries, place{c, id})
	return &m
}

// doubt notes that it is not known whether a change was made. What was to be removed is m.
func (o *ownPart) doubt(c madang.Channel, id madang.ConnID, m *madang.Member) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.doubts == nil {
		o.doubts = map[place]*madang.Member{}
	}
	if m != nil || o.doubts[place{c, id}] == nil {
		o.doubts[place{c, id}] = m
	}
}

// A lease is what Redis says when one is renewed.
type lease struct {
	born, run string
	had       bool
}

// Keep implements [madang.Presence]. It also puts right what went wrong with this node's entries since the last call.
func (b *Broker) Keep(ctx context.Context, n madang.NodeID, ttl time.Duration) error {
	b.own.lease.Store(int64(ttl))
	var errs []error
	var calls []call
	var asked []*partition
	for _, p := range b.partitions {
		if err := p.refuse(); err != nil {
			errs = append(errs, err)
			continue
		}
		asked = append(asked, p)
		calls = append(calls, call{b.scripts.keep, []string{p.keys.here(), p.keys.leases(), p.keys.born()},
			[]string{string(n), milliseconds(ttl), freshEpoch()}})
	}
	if len(calls) > 0 {
		for i, r := range b.run(ctx, calls...) {
			l, err := readLease(r)
			if err != nil {
				err = b.explain(ctx, err)
			} else {
				err = b.mend(ctx, asked[i], n, l)
			}
			if err != nil {
				errs = append(errs, err)
			}
		}
	}
	if len(errs) > 0 {
		return fmt.Errorf("redis: renew the lease of node %s: %w", n, errors.Join(errs...))
	}
	return nil
}

func readLease(r rueidis.RedisResult) (l lease, err error) {
	f, err := r.ToArray()
	if err != nil {
		return l, err
	}
	if len(f) != 3 {
		return l, fmt.Errorf("unexpected answer of %d parts", len(f))
	}
	l.born, _ = f[0].ToString()
	l.run, _ = f[1].ToString()
	had, err := f[2].AsInt64()
	l.had = had == 1
	return l, err
}
