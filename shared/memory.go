package shared

import (
	"context"
	"fmt"
	"sync"
	"time"

	"madang"
)

// How much a [Memory] remembers at a time.
const (
	MaxCounts = 1 << 20   // windows and buckets
	MaxClaims = 250_000   // keys
	MaxHeld   = 128 << 20 // bytes of their replies
)

// Memory is [Counts] and [Keys] of a single process. Make it with [NewMemory].
//
// It is bounded. When there are more windows and buckets than [MaxCounts], those go first that would end, or be full again,
// first: a flood of keys that are used once does not wash away a count that has just begun, unless there are a million after
// it in its window. Keys are never forgotten early: when there are too many, Claim refuses.
type Memory struct {
	now func() time.Time

	counts, claims table
	held, mostHeld int // bytes of replies
	mu             sync.Mutex
	marks          uint64
}

// NewMemory returns an empty Memory. now is the clock; nil: the system's.
func NewMemory(now func() time.Time) *Memory {
	if now == nil {
		now = time.Now
	}
	return &Memory{now: now, counts: newTable(MaxCounts), claims: newTable(MaxClaims), mostHeld: MaxHeld}
}

// Windows and buckets are in one table: the first letter of a key keeps them apart.
const window, bucket = "w", "b"

// Add implements [Counts].
func (m *Memory) Add(_ context.Context, key string, w time.Duration) (int64, time.Duration, error) {
	if err := Check(key, w); err != nil {
		return 0, 0, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	m.counts.forget(now)
	e := m.counts.all[window+key]
	if e == nil {
		e = m.counts.put(window+key, now.Add(w))
		m.counts.bound()
	}
	e.n++
	return e.n, e.end.Sub(now), nil
}

// Count implements [Counts].
func (m *Memory) Count(_ context.Context, key string) (int64, time.Duration, error) {
	if err := CheckKey(key); err != nil {
		return 0, 0, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	m.counts.forget(now)
	if e := m.counts.all[window+key]; e != nil {
		return e.n, e.end.Sub(now), nil
	}
	return 0, 0, nil
}

// Clear implements [Counts].
func (m *Memory) Clear(_ context.Context, key string) error {
	if err := CheckKey(key); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if e := m.counts.all[window+key]; e != nil {
		m.counts.remove(e)
	}
	return nil
}

// Take implements [Counts]. Of a bucket it is remembered when it will be full again, which says all (GCRA).
func (m *Memory) Take(_ context.Context, key string, r Rate) (Answer, error) {
	if err := CheckKey(key); err != nil {
		return Answer{}, err
	}
	if err := r.Validate(); err != nil {
		return Answer{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	m.counts.forget(now)
	every, full := r.Every(), now
	whole := time.Duration(r.Burst) * every
	e := m.counts.all[bucket+key]
	if e != nil {
		full = e.end
	}
	if longest := now.Add(whole); full.After(longest) {
		full = longest // the clock was set back, or the rate was another
	}
	full = full.Add(every)
	if wait := full.Sub(now) - whole; wait > 0 {
		return Answer{Retry: wait}, nil
	}
	if e == nil {
		m.counts.put(bucket+key, full)
		m.counts.bound()
	} else {
		m.counts.move(e, full)
	}
	return Answer{Allowed: true, Left: int((whole - full.Sub(now)) / every)}, nil
}

// Claim implements [Keys].
func (m *Memory) Claim(_ context.Context, key string, lease time.Duration) (Claim, error) {
	if err := Check(key, lease); err != nil {
		return Claim{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	m.forgetClaims(now)
	if e := m.claims.all[key]; e != nil {
		return Claim{Reply: e.reply}, nil
	}
	if len(m.claims.all) >= m.claims.most {
		return Claim{}, fmt.Errorf("shared: %d keys are remembered, and no more: %w", len(m.claims.all), madang.ErrTooMany)
	}
	e := m.claims.put(key, now.Add(lease))
	m.marks++
	e.mark = fmt.Sprint(m.marks)
	return Claim{First: true, Mark: e.mark}, nil
}

// Settle implements [Keys].
func (m *Memory) Settle(_ context.Context, key, mark string, reply []byte, keep time.Duration) error {
	if err := Check(key, keep); err != nil {
		return err
	}
	if err := CheckReply(reply); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	m.forgetClaims(now)
	e := m.claims.all[key]
	switch {
	case e == nil || e.reply != nil || e.mark != mark:
		return fmt.Errorf("shared: the claim has ended: %w", madang.ErrNotFound)
	case m.held+len(reply) > m.mostHeld:
		return fmt.Errorf("shared: replies of %d bytes are remembered, and no more: %w", m.held, madang.ErrTooMany)
	}
	e.reply = append([]byte{}, reply...)
	m.held += len(reply)
	m.claims.move(e, now.Add(keep))
	return nil
}

// Release implements [Keys].
func (m *Memory) Release(_ context.Context, key, mark string) error {
	if err := CheckKey(key); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if e := m.claims.all[key]; e != nil && e.reply == nil && e.mark == mark {
		m.claims.remove(e)
	}
	return nil
}

// forgetClaims removes the keys whose time is over. The lock is held.
func (m *Memory) forgetClaims(now time.Time) {
	for _, e := range m.claims.forget(now) {
		m.held -= len(e.reply)
	}
}
