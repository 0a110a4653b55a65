package hook

import "sync"

// A lane is a queue without an end of its own: the bound is one for all lanes.
type lane struct {
	wake chan struct{} // has one when there may be something to take

	mu     sync.Mutex
	jobs   []job
	closed bool
}

// A job is an event on its way.
type job struct {
	kind string
	Event
}

// put adds a job, unless the lane is closed.
func (l *lane) put(j job) (ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	l.jobs = append(l.jobs, j)
	l.nudge()
	return true
}

// take removes the oldest. more is false when the lane is closed and empty.
func (l *lane) take() (j job, ok, more bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.jobs) == 0 {
		l.jobs = nil // and the array with it
		return job{}, false, !l.closed
	}
	j, l.jobs[0] = l.jobs[0], job{}
	l.jobs = l.jobs[1:]
	return j, true, true
}

// end closes the lane.
func (l *lane) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.nudge()
}

// nudge wakes who takes. The lock is held.
func (l *lane) nudge() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}
