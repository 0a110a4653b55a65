// Package seldom keeps a storm of one kind from filling the log.
package seldom

import (
	"sync"
	"time"
)

// maxSubjects bounds how many subjects a [Gate] tells apart at a time; the others are one.
const maxSubjects = 100

// A Gate lets one report of each subject pass in a while and counts the others. The zero value is not ready; use [New].
type Gate struct {
	every time.Duration
	mu    sync.Mutex
	last  map[string]*silence
}

// A silence began when a subject was reported.
type silence struct {
	since   time.Time
	skipped int
}

// New returns a Gate that lets a subject pass once in every.
func New(every time.Duration) *Gate {
	return &Gate{every: every, last: map[string]*silence{}}
}

// Allow reports whether to speak of a subject now, and how often it was passed over since the last time.
func (g *Gate) Allow(subject string) (skipped int, ok bool) {
	now := time.Now()
	g.mu.Lock()
	defer g.mu.Unlock()
	q := g.last[subject]
	if q == nil {
		if len(g.last) >= maxSubjects {
			g.forget(now)
		}
		if len(g.last) >= maxSubjects {
			subject = "" // a storm of subjects is one, too
		}
		if q = g.last[subject]; q == nil {
			q = &silence{since: now.Add(-g.every)}
			g.last[subject] = q
		}
	}
	if now.Sub(q.since) < g.every {
		q.skipped++
		return 0, false
	}
	skipped, q.skipped, q.since = q.skipped, 0, now
	return skipped, true
}

// forget drops the subjects that may be spoken of again.
func (g *Gate) forget(now time.Time) {
	for subject, q := range g.last {
		if now.Sub(q.since) >= g.every {
			delete(g.last, subject)
		}
	}
}
