package redis

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/redis/rueidis"
)

// maxNames is how many channels one command subscribes to.
const maxNames = 256

// errUnsubscribed ends a session whose subscription Redis has taken away: a Cluster has moved the slot.
var errUnsubscribed = errors.New("redis ended a subscription")

// A session is the life of one connection over which what is published is heard.
type session struct {
	p      *partition
	client rueidis.DedicatedClient
	has    map[string]bool // what Redis was asked to send, by stream
	taken  chan struct{}   // it stopped sending something
	asked  int             // how many confirmations of an unsubscription will come
}

// session connects, subscribes to what is wanted, catches up, calls ready, and does what comes until the connection or the
// broker ends.
func (p *partition) session(ready func()) error {
	client, release := p.b.client.Dedicate()
	defer release()
	defer client.Close()
	s := &session{p: p, client: client, has: map[string]bool{}, taken: make(chan struct{}, 1)}
	ended := client.SetPubSubHooks(rueidis.PubSubHooks{OnMessage: s.hear, OnSubscription: s.confirmed})
	p.echoed.Store(p.b.now().UnixNano())
	if err := s.subscribe([]string{p.keys.probe(p.b.name)}); err != nil {
		return err
	}
	if p.id == 0 { // what nodes agreed on may have gone with all else
		if err := p.b.agree(p.b.life); err != nil {
			return err
		}
	}
	p.everything()
	if err := s.work(); err != nil {
		return err
	}
	ready()
	t := time.NewTicker(p.b.config.Heartbeat)
	defer t.Stop()
	keep := time.NewTicker(p.b.config.Forget / 4)
	defer keep.Stop()
	for {
		select {
		case <-keep.C:
			p.touch()
		case <-p.wake:
			if err := s.work(); err != nil {
				return err
			}
		case <-t.C:
			if quiet := p.b.now().Sub(time.Unix(0, p.echoed.Load())); quiet > 2*p.b.config.Heartbeat+p.b.config.Timeout {
				return fmt.Errorf("what is published has not come back for %v: %w", quiet.Round(time.Millisecond), ErrUnavailable)
			}
		case <-s.taken:
			return errUnsubscribed
		case err := <-ended:
			return fmt.Errorf("the connection has ended: %w: %w", ErrUnavailable, errors.Join(err))
		case <-p.b.life.Done():
			return p.b.life.Err()
		}
	}
}

// touch makes Redis remember the streams that are heard here, however quiet they are: when one is forgotten nobody knows any
// more whether something came while a node was cut off, or after a position that a client has. It is tried several times before
// one would be forgotten.
func (p *partition) touch() {
	p.mu.Lock()
	names := slices.Collect(maps.Keys(p.subs))
	p.mu.Unlock()
	for _, some := range chunks(names, maxNames) {
		if err := p.b.run(p.b.life, call{p.b.scripts.touch, some, []string{milliseconds(p.b.config.Forget)}})[0].Error(); err != nil {
			p.b.log.Debug("streams could not be kept from being forgotten; trying again", "partition", p.id, "error", err)
			return
		}
	}
}

// everything makes the session subscribe to all that is wanted, and hold it back until it is known what was missed.
func (p *partition) everything() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.changed = p.changed[:0]
	for name, x := range p.subs {
		p.changed = append(p.changed, name)
		x.hold()
	}
}

// work does what has come together.
func (s *session) work() error {
	p := s.p
	p.gapsMu.Lock()
	gaps := p.gaps
	p.gaps = nil
	p.gapsMu.Unlock()
	p.mu.Lock()
	changed := p.changed
	p.changed = nil
	var fresh []*subscription
	var more, less []string
	for _, name := range changed {
		x := p.subs[name]
		switch {
		case x != nil && !s.has[name]:
			more, fresh = append(more, name), append(fresh, x)
			s.has[name] = true
			x.join(s)
		case x != nil:
			fresh = append(fresh, x)
			x.join(s)
		case s.has[name]:
			less = append(less, name)
			delete(s.has, name)
		}
	}
	p.mu.Unlock()
	for _, some := range chunks(less, maxNames) {
		if err := s.unsubscribe(some); err != nil {
			return err
		}
	}
	for _, some := range chunks(more, maxNames) {
		if err := s.subscribe(some); err != nil {
			return err
		}
	}
	return p.catchUp(append(fresh, gaps...))
}

// chunks splits a list.
func chunks[T any](all []T, most int) (parts [][]T) {
	for ; len(all) > most; all = all[most:] {
		parts = append(parts, all[:most:most])
	}
	if len(all) > 0 {
		parts = append(parts, all)
	}
	return parts
}

// subscribe returns when Redis has confirmed all of the channels.
func (s *session) subscribe(names []string) error {
	b := s.client.B()
	if s.p.b.cluster {
		return s.do(b.Ssubscribe().Channel(names...).Build())
	}
	return s.do(b.Subscribe().Channel(names...).Build())
}

func (s *session) unsubscribe(names []string) error {
	s.p.mu.Lock()
	s.asked += len(names)
	s.p.mu.Unlock()
	b := s.client.B()
	if s.p.b.cluster {
		return s.do(b.Sunsubscribe().Channel(names...).Build())
	}
	return s.do(b.Unsubscribe().Channel(names...).Build())
}

// do sends a command, and waits until an answer to a later one shows that it has been done in full.
func (s *session) do(c rueidis.Completed) error {
	ctx, done := context.WithTimeout(s.p.b.life, s.p.b.config.Timeout)
	defer done()
	s.p.b.count.commands.Add(2)
	err := s.client.Do(ctx, c).Error()
	if err == nil {
		err = s.client.Do(ctx, s.client.B().Ping().Build()).Error()
	}
	return s.p.b.explain(ctx, err)
}

// confirmed hears what Redis says about subscriptions.
func (s *session) confirmed(n rueidis.PubSubSubscription) {
	if n.Kind != "unsubscribe" && n.Kind != "sunsubscribe" {
		return
	}
	s.p.mu.Lock()
	s.asked--
	unasked := s.asked < 0
	s.p.mu.Unlock()
	if unasked {
		select {
		case s.taken <- struct{}{}:
		default:
		}
	}
}

// hear takes what was published.
func (s *session) hear(m rueidis.PubSubMessage) {
	p := s.p
	p.mu.Lock()
	x := p.subs[m.Channel]
	p.mu.Unlock()
	if x != nil {
		x.hear(s, m.Message)
		return
	}
	if m.Channel == p.keys.probe(p.b.name) {
		p.echoed.Store(p.b.now().UnixNano())
	}
}
