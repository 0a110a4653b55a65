package outgoing

import (
	"context"
	"sync"
	"time"

	"madang"
)

// A place is what can be left and come back to: a channel by its last subscriber, or a presence set by one user.
type place struct {
	channel madang.Channel
	member  bool // of its presence set
	user    string
}

// An absence is a departure that is not told yet.
type absence struct {
	place
	fact fact
	due  time.Time
	over bool // came back, or went again
}

// absences hold departures back. All have the same delay, so that they are told in their order.
type absences struct {
	delay     time.Duration
	elsewhere func(context.Context, []*absence) map[place]bool // who of them is back on another node
	tell      func(fact)

	mu    sync.Mutex
	queue []*absence
	open  map[place]*absence
	wake  chan struct{}
}

func newAbsences(delay time.Duration, elsewhere func(context.Context, []*absence) map[place]bool, tell func(fact)) *absences {
	return &absences{delay: delay, elsewhere: elsewhere, tell: tell, open: map[place]*absence{}, wake: make(chan struct{}, 1)}
}

// left takes a departure down.
func (a *absences) left(p place, f fact) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if old := a.open[p]; old != nil { // it was back elsewhere in between
		old.over = true
	}
	it := &absence{place: p, fact: f, due: time.Now().Add(a.delay)}
	a.open[p] = it
	a.queue = append(a.queue, it)
	a.nudge()
}

// came tells an arrival, unless its departure has not been told: then neither is.
func (a *absences) came(p place, f fact) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if it := a.open[p]; it != nil {
		it.over = true
		delete(a.open, p)
		return
	}
	a.tell(f)
}

// nudge wakes the worker. The lock is held.
func (a *absences) nudge() {
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

// run tells departures when they are due, until ctx ends.
func (a *absences) run(ctx context.Context) {
	for ctx.Err() == nil {
		wait := a.next()
		if wait == 0 {
			a.turn(ctx)
			continue
		}
		t := time.NewTimer(wait)
		select {
		case <-t.C:
		case <-a.wake:
		case <-ctx.Done():
		}
		t.Stop()
	}
}

// idle is how long nobody is waited for.
const idle = time.Hour

// next returns how long the oldest departure is still held back.
func (a *absences) next() time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.queue) == 0 {
		return idle
	}
	return max(0, time.Until(a.queue[0].due))
}

// turn tells what is due.
func (a *absences) turn(ctx context.Context) {
	a.mu.Lock()
	now, n := time.Now(), 0
	for n < len(a.queue) && !a.queue[n].due.After(now) {
		n++
	}
	due := a.queue[:n:n]
	a.queue = a.queue[n:]
	a.mu.Unlock()
	if len(due) == 0 {
		return
	}
	back := a.elsewhere(ctx, due) // may wait for other nodes; who comes back here meanwhile is still seen
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, it := range due {
		if it.over {
			continue
		}
		delete(a.open, it.place)
		if !back[it.place] {
			a.tell(it.fact)
		}
	}
}

// flush tells what is held back, due or not. The worker must have ended.
func (a *absences) flush(ctx context.Context) {
	a.mu.Lock()
	a.delay = 0
	for _, it := range a.queue {
		it.due = time.Time{}
	}
	a.mu.Unlock()
	a.turn(ctx)
}
