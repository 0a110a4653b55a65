package token

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"
	"time"

	"madang"
)

// Nonces remember which token requests have been used.
type Nonces interface {
	// Use marks a key's nonce as used, to be remembered until some time at least. first is false if it was used before.
	// Of two calls at the same time one is first, on whichever node.
	Use(ctx context.Context, key, nonce string, until time.Time) (first bool, err error)
}

// MaxNonces is how many requests a MemoryNonces remembers: a thousand a second, in some 20 MB.
const MaxNonces = 250_000

// MemoryNonces are the Nonces of one process. Forgetting early would let a request be used again, so when they are full
// they refuse with [madang.ErrTooMany] until some expire; only who can sign requests can fill them.
type MemoryNonces struct {
	now func() time.Time
	max int

	mu      sync.Mutex
	count   int
	minutes map[int64]map[[16]byte]struct{} // by the minute in which they expire, which is then dropped as a whole
}

// NewMemoryNonces returns empty Nonces on a clock.
func NewMemoryNonces(now func() time.Time) *MemoryNonces {
	return &MemoryNonces{now: now, max: MaxNonces, minutes: map[int64]map[[16]byte]struct{}{}}
}

// Use implements Nonces.
func (m *MemoryNonces) Use(_ context.Context, key, nonce string, until time.Time) (bool, error) {
	sum := sha256.Sum256([]byte(key + "\n" + nonce))
	id := [16]byte(sum[:16])
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forget(minute(m.now()))
	for _, ids := range m.minutes {
		if _, used := ids[id]; used {
			return false, nil
		}
	}
	if m.count >= m.max {
		return false, fmt.Errorf("%d nonces are remembered, try again in a minute: %w", m.count, madang.ErrTooMany)
	}
	at := minute(until)
	if m.minutes[at] == nil {
		m.minutes[at] = map[[16]byte]struct{}{}
	}
	m.minutes[at][id] = struct{}{}
	m.count++
	return true, nil
}

// forget drops the minutes that are over.
func (m *MemoryNonces) forget(now int64) {
	for at, ids := range m.minutes {
		if at < now {
			m.count -= len(ids)
			delete(m.minutes, at)
		}
	}
}

func minute(t time.Time) int64 { return t.Unix() / 60 }
