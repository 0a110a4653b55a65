package pairing

import (
	"sync"
	"time"
)

// lives measures how long codes have lived by a clock that has no steps. What another process has begun is measured from
// when it is first seen.
type lives struct {
	elapsed func() time.Duration

	mu  sync.Mutex
	end map[string]time.Duration // by id of code
}

// begin notes that a code lives that long from now.
func (l *lives) begin(id string, left time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.put(id, left)
}

// alive reports whether a code still lives, of which that much is left by the other clock, and never more than most.
func (l *lives) alive(id string, left, most time.Duration) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := l.end[id]; !ok {
		l.put(id, min(left, most))
	}
	return l.elapsed() < l.end[id]
}

// put adds a code, and forgets those that ended so long ago that nobody will ask for them by any clock. The lock is held.
func (l *lives) put(id string, left time.Duration) {
	now := l.elapsed()
	if l.end == nil {
		l.end = map[string]time.Duration{}
	}
	for other, end := range l.end {
		if now > end+forgetLives {
			delete(l.end, other)
		}
	}
	l.end[id] = now + left
}

// forgetLives is how long the end of a code is remembered: the clock would have to be set back by more for a code to be taken
// for one that has not been seen.
const forgetLives = 24 * time.Hour
