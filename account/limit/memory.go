package limit

import (
	"container/heap"
	"context"
	"sync"
	"time"
)

// MaxKeys is how many keys a Memory counts at a time. When there are more, those go first whose window ends first: a flood of
// keys that are used once does not wash away a count that has just begun, unless there are a million after it in its window.
const MaxKeys = 1 << 20

// Memory is the Counter of a single process. Make it with [NewMemory].
type Memory struct {
	now  func() time.Time
	most int

	mu   sync.Mutex
	keys map[string]*count
	ends ends
}

// A count is a window of one key.
type count struct {
	key   string
	n     int64
	end   time.Time
	index int // in ends
}

// NewMemory returns an empty Memory. now is the clock; nil: the system's.
func NewMemory(now func() time.Time) *Memory {
	if now == nil {
		now = time.Now
	}
	return &Memory{now: now, most: MaxKeys, keys: map[string]*count{}}
}

// Add implements Counter.
func (m *Memory) Add(_ context.Context, key string, window time.Duration) (int64, time.Duration, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	m.forget(now)
	c := m.keys[key]
	if c == nil {
		c = &count{key: key, end: now.Add(window)}
		m.keys[key] = c
		heap.Push(&m.ends, c)
		if len(m.keys) > m.most {
			m.remove(m.ends[0])
		}
	}
	c.n++
	return c.n, c.end.Sub(now), nil
}

// Count implements Counter.
func (m *Memory) Count(_ context.Context, key string) (int64, time.Duration, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	m.forget(now)
	if c := m.keys[key]; c != nil {
		return c.n, c.end.Sub(now), nil
	}
	return 0, 0, nil
}

// Clear implements Counter.
func (m *Memory) Clear(_ context.Context, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if c := m.keys[key]; c != nil {
		m.remove(c)
	}
	return nil
}

// forget removes the windows that have ended.
func (m *Memory) forget(now time.Time) {
	for len(m.ends) > 0 && !m.ends[0].end.After(now) {
		m.remove(m.ends[0])
	}
}

func (m *Memory) remove(c *count) {
	heap.Remove(&m.ends, c.index)
	delete(m.keys, c.key)
}

// ends is a heap of counts, the one that ends first on top.
type ends []*count

// Len implements heap.Interface.
func (e ends) Len() int { return len(e) }

// Less implements heap.Interface.
func (e ends) Less(i, j int) bool { return e[i].end.Before(e[j].end) }

// Swap implements heap.Interface.
func (e ends) Swap(i, j int) { e[i], e[j] = e[j], e[i]; e[i].index, e[j].index = i, j }

// Push implements heap.Interface.
func (e *ends) Push(x any) {
	if c, ok := x.(*count); ok {
		c.index = len(*e)
		*e = append(*e, c)
	}
}

// Pop implements heap.Interface.
func (e *ends) Pop() any {
	last := len(*e) - 1
	c := (*e)[last]
	(*e)[last] = nil
	*e = (*e)[:last]
	return c
}
