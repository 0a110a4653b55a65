package madang

import (
	"context"
	"fmt"
	"hash/maphash"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Memory is the engine of a single process: the reference for brokers and presences. Several hubs in one process can
// share one, each with a Broker of its own; so what happens between nodes is tested without any.
type Memory struct {
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
	epoch string
	top   uint64
	kept  []*Event
	nodes []*memoryBroker
}

// NewMemory returns an empty engine.
func NewMemory() *Memory {
	m := &Memory{now: time.Now, seed: maphash.MakeSeed(), used: true}
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
	p := m.shard(c)
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.m[c]
	if s == nil {
		if !create {
			return nil
		}
		s = &stream{epoch: m.freshEpoch()}
		p.m[c] = s
	}
	s.mu.Lock()
	return s
}

func (m *Memory) freshEpoch() string {
	m.emu.Lock()
	defer m.emu.Unlock()
	if m.used {
		m.epoch, m.used = strconv.FormatUint(random(), 36), false
	}
	return m.epoch
}

// forget drops a stream that nobody needs.
func (m *Memory) forget(c Channel) {
	p := m.shard(c)
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.m[c]
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.nodes)+len(s.kept) > 0 {
		return
	}
	delete(p.m, c)
	if s.top > 0 {
		m.emu.Lock()
		m.used = true
		m.emu.Unlock()
	}
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
		s := b.m.stream(e.Channel, keep.Count > 0)
		if s == nil { // nobody listens, nothing is kept
			pos = append(pos, Position{Epoch: "0", Offset: 1})
			continue
		}
		s.top++
		e.Pos = Position{Epoch: s.epoch, Offset: s.top}
		if e.Message != nil {
			e.Message.Pos = e.Pos
		}
		if keep.Count > 0 {
			s.kept = trimKept(append(s.kept, e), keep, b.m.now())
		}
		for _, n := range s.nodes {
			if r := n.receiver(); r != nil {
				r.Receive(e)
			}
		}
		pos = append(pos, e.Pos)
		s.mu.Unlock()
	}
	return pos, nil
}

// trimKept forgets what is over the retention.
func trimKept(kept []*Event, keep Retention, now time.Time) []*Event {
	from := max(0, len(kept)-keep.Count)
	for keep.Age > 0 && from < len(kept) && kept[from].Message != nil && now.Sub(kept[from].Message.Time) > keep.Age {
		from++
	}
	if from == 0 {
		return kept
	}
	clear(kept[:from])
	return kept[from:]
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
			idle := len(s.nodes)+len(s.kept) == 0
			s.mu.Unlock()
			if idle {
				b.m.forget(c)
			}
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
	oldest := s.top + 1
	if len(s.kept) > 0 {
		oldest = s.kept[0].Pos.Offset
	}
	since := q.Since.Offset
	if q.Since != (Position{}) && (q.Since.Epoch != s.epoch || !q.Reverse && since+1 < oldest || since > s.top) {
		return Page{}, fmt.Errorf("history of %s since %d: %w", c, since, ErrLost)
	}
	var all []*Event
	for _, e := range s.kept {
		if !q.Reverse && e.Pos.Offset > since || q.Reverse && (since == 0 || e.Pos.Offset < since) {
			all = append(all, e)
		}
	}
	if q.Reverse {
		slices.Reverse(all)
	}
	if q.Limit > 0 && len(all) > q.Limit {
		all, page.More = all[:q.Limit], true
	}
	page.Events = all
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
	defer b.mu.Unlock()
	b.recv = nil
	return nil
}
