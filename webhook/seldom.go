package webhook

import (
	"sync"
	"time"
)

// seldomKeys bounds how many subjects a [Seldom] knows at a time.
const seldomKeys = 1000

// A Seldom keeps a storm of one kind from filling the log: it lets one report of each subject pass in a while and counts
// the others. The zero value is not ready; use [NewSeldom].
type Seldom struct {
	every time.Duration
	mu    sync.Mutex
	last  map[string]*silence
}

// A silence began when a subject was reported.
type silence struct {
	since   time.Time
	skipped int
}

// NewSeldom returns a Seldom that lets a subject pass once in every.
func NewSeldom(every time.Duration) *Seldom {
	return &Seldom{every: every, last: map[string]*silence{}}
}

// Allow reports whether to speak of a subject now, and how often it was passed over since the last time.
func (s *Seldom) Allow(subject string) (skipped int, ok bool) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.last[subject]
	if q != nil && now.Sub(q.since) < s.every {
		q.skipped++
		return 0, false
	}
	if q == nil {
		if len(s.last) >= seldomKeys {
			clear(s.last) // rather than forget the oldest: who has that many subjects gets a few lines more
		}
		q = &silence{}
		s.last[subject] = q
	}
	skipped, q.skipped, q.since = q.skipped, 0, now
	return skipped, true
}
