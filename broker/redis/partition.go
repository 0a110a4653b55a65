package redis

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"madang"
)

// A partition is a part of the channels: what this node subscribes to there, and the connection over which it hears that.
type partition struct {
	b     *Broker
	id    int
	keys  keys
	wake  chan struct{} // there is something to do for the session
	first chan struct{} // closed when it is heard for the first time
	once  sync.Once

	missing missing // answers of sweeps

	silent atomic.Pointer[fault] // commands are not answered; nil: they are
	full   atomic.Pointer[fault] // they are, but nothing new is taken
	noting sync.Mutex            // taken to change these
	again  chan struct{}         // another partition is answered again: find out now
	echoed atomic.Int64          // when a probe has come back last, in nanoseconds

	mu      sync.Mutex
	deaf    *fault                   // what is published is not heard; nil: it is
	subs    map[string]*subscription // what is wanted, by stream
	changed []string                 // streams that are newly wanted, or no longer

	gapsMu sync.Mutex      // taken while a subscription's lock is held, and nothing else while it is
	gaps   []*subscription // that want to know what they have missed
}

// A fault is what does not work, and since when.
type fault struct {
	err   error
	since time.Time
}

func newPartition(b *Broker, id int, k keys) *partition {
	return &partition{
		b: b, id: id, keys: k, wake: make(chan struct{}, 1), again: make(chan struct{}, 1), first: make(chan struct{}), subs: map[string]*subscription{},
	}
}

func (p *partition) nudge() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// refuse returns an error if it is known that nothing can be done now: better than to let everybody wait and find out.
func (p *partition) refuse() error {
	if p.b.life.Err() != nil {
		return fmt.Errorf("redis: this broker was closed: %w", madang.ErrClosed)
	}
	if f := p.silent.Load(); f != nil {
		return fmt.Errorf("for %v: %w", p.b.now().Sub(f.since).Round(time.Millisecond), f.err)
	}
	return nil
}

// fault returns what does not work.
func (p *partition) fault() error {
	if f := p.silent.Load(); f != nil {
		return f.err
	}
	if f := p.full.Load(); f != nil {
		return f.err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.deaf != nil {
		return fmt.Errorf("what is published is not heard: %w", p.deaf.err)
	}
	return nil
}

// level is how loud to say something of one partition: as a rule all of them have the same to say, and once is enough.
func level(loud slog.Level, once bool) slog.Level {
	if once {
		return loud
	}
	return slog.LevelDebug
}

// run connects again and again.
func (p *partition) run() {
	const firstRetry = 50 * time.Millisecond
	pause := firstRetry
	for {
		heard := false
		err := p.session(func() {
			heard = true
			p.up()
		})
		if p.b.life.Err() != nil {
			return
		}
		p.down(err)
		if heard {
			pause = firstRetry
		}
		// Nodes that lost the same Redis must not come back at the same moment.
		select {
		case <-time.After(pause/2 + rand.N(pause/2+1)):
		case <-p.b.life.Done():
			return
		}
		pause = min(2*pause, p.b.config.RetryMax)
	}
}

// up notes that the partition is heard.
func (p *partition) up() {
	p.mu.Lock()
	was := p.deaf
	p.deaf = nil
	p.mu.Unlock()
	p.once.Do(func() { close(p.first) })
	if was != nil {
		left := p.b.count.deaf.Add(-1)
		p.b.log.Log(p.b.life, level(slog.LevelInfo, left == 0), "what is published in Redis is heard again", "partition", p.id,
			"after", p.b.now().Sub(was.since).Round(time.Millisecond), "not_heard", left)
	}
}

// down notes that it is not.
func (p *partition) down(err error) {
	p.mu.Lock()
	was := p.deaf
	if was == nil {
		p.deaf = &fault{err, p.b.now()}
	} else {
		p.deaf = &fault{err, was.since}
	}
	p.mu.Unlock()
	if was == nil {
		n := p.b.count.deaf.Add(1)
		p.b.count.outages.Add(1)
		p.b.log.Log(p.b.life, level(slog.LevelWarn, n == 1), "what is published in Redis is not heard", "partition", p.id,
			"redis", where(p.b.where), "error", err)
	}
}

// probe publishes something again and again, so that it is known whether Redis answers and takes what is new before anybody
// needs it, and whether what is published comes back; see session.
func (p *partition) probe() {
	t := time.NewTicker(p.b.config.Heartbeat)
	defer t.Stop()
	command := "PUBLISH"
	if p.b.cluster {
		command = "SPUBLISH"
	}
	probe := call{p.b.scripts.probe, []string{p.keys.probe(p.b.name)}, []string{command, milliseconds(2 * p.b.config.Heartbeat)}}
	for {
		err := p.b.run(p.b.life, probe)[0].Error()
		if p.b.life.Err() != nil {
			return
		}
		why := p.b.explain(context.Background(), err)
		if refusing(err) {
			p.heedFull(why)
			why = nil // it answers
		} else if err == nil {
			p.heedFull(nil)
		}
		p.heed(why)
		select {
		case <-t.C:
		case <-p.again:
		case <-p.b.life.Done():
			return
		}
	}
}

// heed notes whether commands are answered.
func (p *partition) heed(err error) {
	back := err == nil && p.silent.Load() != nil
	p.note(&p.silent, &p.b.count.silent, err, "Redis does not answer", "Redis answers again")
	if !back {
		return
	}
	for _, q := range p.b.partitions { // as a rule it is the same server
		if q.silent.Load() != nil {
			select {
			case q.again <- struct{}{}:
			default:
			}
		}
	}
}

// heedFull notes whether what is new is taken.
func (p *partition) heedFull(err error) {
	p.note(&p.full, &p.b.count.full, err, "Redis refuses what is new", "Redis takes what is new again")
}

// note notes and tells the begin and the end of a fault that a number of partitions have.
func (p *partition) note(f *atomic.Pointer[fault], having *atomic.Int64, err error, begins, ends string) {
	p.noting.Lock()
	defer p.noting.Unlock()
	was := f.Load()
	switch {
	case err == nil && was != nil:
		f.Store(nil)
		left := having.Add(-1)
		p.b.log.Log(p.b.life, level(slog.LevelInfo, left == 0), ends, "partition", p.id,
			"after", p.b.now().Sub(was.since).Round(time.Millisecond), "others", left)
	case err != nil && was == nil:
		f.Store(&fault{err, p.b.now()})
		n := having.Add(1)
		p.b.log.Log(p.b.life, level(slog.LevelWarn, n == 1), begins, "partition", p.id, "error", err)
	case err != nil:
		f.Store(&fault{err, was.since})
	}
}

// close ends deliveries: when it has returned none is under way.
func (p *partition) close() {
	p.mu.Lock()
	subs := p.subs
	p.subs = map[string]*subscription{}
	p.mu.Unlock()
	for _, s := range subs {
		s.end(fmt.Errorf("redis: this broker was closed: %w", madang.ErrClosed))
	}
}
