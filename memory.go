package madang

import (
	"context"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Memory is the engine of a single process: the reference for brokers and presences. Several hubs in one process can
// share one, each with a Broker of its own; so what happens between nodes is tested without any.
type Memory struct {
	// MaxKept is about how many bytes of events are kept in all, whatever the retentions say. When there is no room, channels
	// in which something is published keep less of it. It must not change once the engine is used. Default 256 MiB.
	MaxKept int64

	kept atomic.Int64
	now  func() time.Time
	seed maphash.Seed
	part [shardCount]memoryShard

	emu   sync.Mutex
	epoch string // of streams that begin now
	used  bool   // a stream of this epoch was forgotten: the next one needs another

	memoryPresence
}

type memoryShard struct {
	mu sync.Mutex
	m  map[Channel]*stream
}

// A stream is what Memory keeps of one channel. It is forgotten when nobody listens and nothing is kept; a later one has
// another epoch.
type stream struct {
	mu    sync.Mutex // held while delivering: that is what keeps the order
	gone  bool       // forgotten; look it up anew
	epoch string
	top   uint64
	kept  [2]shelf      // messages, and changes of the presence set
	age   time.Duration // of the retention, as last asked for
	aging *time.Timer   // runs while something kept has an age
	nodes []*memoryBroker
}

// NewMemory returns an empty engine.
func NewMemory() *Memory {
	m := &Memory{MaxKept: 256 << 20, now: time.Now, seed: maphash.MakeSeed(), used: true}
	for i := range m.part {
		m.part[i].m = map[Channel]*stream{}
	}
	m.memoryPresence.init(func() time.Time { return m.now() })
	return m
}

// Broker returns a node's end of the engine.
func (m *Memory) Broker() Broker { return &memoryBroker{m: m} }

func (m *Memory) shard(c Channel) *memoryShard {
	return &m.part[maphash.String(m.seed, c.Name)%shardCount]
}

// stream returns the channel's stream, locked, making it if wanted.
func (m *Memory) stream(c Channel, create bool) *stream {
	for {
		p := m.shard(c)
		p.mu.Lock()
		s := p.m[c]
		if s == nil && create {
			s = &stream{epoch: m.freshEpoch()}
			p.m[c] = s
		}
		p.mu.Unlock()
		if s == nil {
			return nil
		}
		s.mu.Lock() // not under the shard's lock: a delivery may take its time
		if !s.gone {
			return s
		}
		s.mu.Unlock()
	}
}

func (m *Memory) freshEpoch() string {
	m.emu.Lock()
	defer m.emu.Unlock()
	if m.used {
		m.epoch, m.used = strconv.FormatUint(random()>>29, 36), false // short: it is in every serial that clients are told
	}
	return m.epoch
}

// release unlocks a stream, and forgets it if nobody needs it.
func (m *Memory) release(c Channel, s *stream) {
	defer s.mu.Unlock()
	if len(s.nodes) > 0 || s.holds() {
		return
	}
	s.gone = true
	if s.top > 0 { // before there can be another stream, which must not have this one's epoch
		m.emu.Lock()
		m.used = true
		m.emu.Unlock()
	}
	p := m.shard(c)
	p.mu.Lock()
	delete(p.m, c)
	p.mu.Unlock()
}

// keep adds an event to what is kept.
func (m *Memory) keep(c Channel, s *stream, e *Event, keep Retention) {
	shelf, count := s.shelf(e.Kind), keep.of(e.Kind)
	if shelf == nil {
		return
	}
	if count == 0 {
		if !e.passing() {
			shelf.lost = e.Pos.Offset
		}
		return
	}
	s.age = keep.Age
	shelf.kept = append(shelf.kept, keptEvent{e, m.now()})
	more := e.weight() - shelf.drop(len(shelf.kept)-count)
	for m.kept.Load()+more > m.MaxKept && len(shelf.kept) > 0 {
		more -= shelf.drop(1)
	}
	m.kept.Add(more)
	m.expire(c, s)
}

// expire lets go of what has become too old, and comes back for the rest.
func (m *Memory) expire(c Channel, s *stream) {
	if s.age <= 0 {
		return
	}
	now := m.now()
	var next time.Time
	for i := range s.kept {
		freed, at := s.kept[i].expire(now.Add(-s.age))
		m.kept.Add(-freed)
		if !at.IsZero() && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	if next.IsZero() || s.aging != nil {
		return
	}
	s.aging = time.AfterFunc(next.Add(s.age).Sub(now), func() {
		s.mu.Lock()
		s.aging = nil
		m.expire(c, s)
		m.release(c, s)
	})
}

type memoryBroker struct {
	m    *Memory
	mu   sync.RWMutex
	recv Receiver
}

// Publish implements Broker.
func (b *memoryBroker) Publish(_ context.Context, events []*Event, keep Retention) ([]Position, error) {
	pos := make([]Position, 0, len(events))
	for _, e := range events {
		s := b.m.stream(e.Channel, keep.of(e.Kind) > 0)
		if s == nil { // nobody listens, nothing is kept
			pos = append(pos, Position{Epoch: "0", Offset: 1})
			continue
		}
		pos = append(pos, b.m.publish(s, e, keep))
	}
	return pos, nil
}

// publish adds an event to a locked stream, and unlocks it when it is delivered.
func (m *Memory) publish(s *stream, e *Event, keep Retention) Position {
	defer s.mu.Unlock()
	s.top++
	e.Pos = Position{Epoch: s.epoch, Offset: s.top}
	if e.Message != nil {
		e.Message.Pos = e.Pos
	}
	m.keep(e.Channel, s, e, keep)
	for _, n := range s.nodes {
		if r := n.receiver(); r != nil {
			r.Receive(e)
		}
	}
	return e.Pos
}

func (b *memoryBroker) receiver() Receiver {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.recv
}

// Subscribe implements Broker.
func (b *memoryBroker) Subscribe(_ context.Context, chs ...Channel) error {
	for _, c := range chs {
		s := b.m.stream(c, true)
		if !slices.Contains(s.nodes, b) {
			s.nodes = append(slices.Clone(s.nodes), b)
		}
		s.mu.Unlock()
	}
	return nil
}

// Unsubscribe implements Broker.
func (b *memoryBroker) Unsubscribe(_ context.Context, chs ...Channel) error {
	for _, c := range chs {
		if s := b.m.stream(c, false); s != nil {
			s.nodes = slices.DeleteFunc(slices.Clone(s.nodes), func(o *memoryBroker) bool { return o == b })
			b.m.release(c, s)
		}
	}
	return nil
}

// History implements Broker.
func (b *memoryBroker) History(_ context.Context, c Channel, q HistoryQuery) (Page, error) {
	s := b.m.stream(c, false)
	if s == nil {
		if q.Since != (Position{}) {
			return Page{}, fmt.Errorf("history of %s since %d: %w", c, q.Since.Offset, ErrLost)
		}
		return Page{}, nil
	}
	defer s.mu.Unlock()
	page := Page{Top: Position{Epoch: s.epoch, Offset: s.top}}
	set(&q.Mask, Messages)
	since := q.Since.Offset
	if q.Since != (Position{}) && (q.Since.Epoch != s.epoch || !q.Reverse && since < s.lost(q.Mask) || since > s.top) {
		return Page{}, fmt.Errorf("history of %s since %d: %w", c, since, ErrLost)
	}
	page.Events = s.events(q)
	if q.Limit > 0 && len(page.Events) > q.Limit {
		page.Events, page.More = page.Events[:q.Limit], true
	}
	return page, nil
}

// Start implements Broker.
func (b *memoryBroker) Start(_ context.Context, r Receiver) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.recv = r
	return nil
}

// Close implements Broker.
func (b *memoryBroker) Close() error {
	b.mu.Lock()
	b.recv = nil
	b.mu.Unlock()
	for i := range b.m.part {
		p := &b.m.part[i]
		p.mu.Lock()
		all := slices.Collect(maps.Keys(p.m))
		p.mu.Unlock()
		if err := b.Unsubscribe(context.Background(), all...); err != nil {
			return err
		}
	}
	return nil
}
