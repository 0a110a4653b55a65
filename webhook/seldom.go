package webhook

import (
	"sync"
	"time"
)

// seldomKeys bounds how many subjects a [Seldom] tells apart at a time; the others are one.
const seldomKeys = 100

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
	if q == nil {
		if len(s.last) >= seldomKeys {
			s.forget(now)
		}
		if len(s.last) >= seldomKeys {
			subject = "" // a storm of subjects is one, too
		}
		if q = s.last[subject]; q == nil {
			q = &silence{since: now.Add(-s.every)}
			s.last[subject] = q
		}
	}
	if now.Sub(q.since) < s.every {
		q.skipped++
		return 0, false
	}
	skipped, q.skipped, q.since = q.skipped, 0, now
	return skipped, true
}

// forget drops the subjects that may be spoken of again.
func (s *Seldom) forget(now time.Time) {
	for subject, q := range s.last {
		if now.Sub(q.since) >= s.every {
			delete(s.last, subject)
		}
	}
}
