package laravel

import (
	"context"
	"sync"

	"madang"
)

// mostChanges is how many channels may wait to be told of while Redis is slow or away.
const mostChanges = 10_000

// changes are the channels in which somebody has come or gone, each once, in the order in which that began.
type changes struct {
	mu      sync.Mutex
	known   map[madang.Channel]bool
	waiting []madang.Channel
	more    chan struct{} // has room for one word that something waits
	idle    bool          // who takes them has found none
	settled []chan struct{}
}

func newChanges() *changes {
	return &changes{known: map[madang.Channel]bool{}, more: make(chan struct{}, 1)}
}

// add notes a channel. It returns false if that is one too many.
func (q *changes) add(c madang.Channel) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.known[c] {
		return true
	}
	if len(q.waiting) >= mostChanges {
		return false
	}
	q.known[c] = true
	q.waiting = append(q.waiting, c)
	select {
	case q.more <- struct{}{}:
	default:
	}
	return true
}

// next takes the first channel, waiting for one. It returns false when ctx has ended. One goroutine at a time may call it.
func (q *changes) next(ctx context.Context) (madang.Channel, bool) {
	for {
		if ctx.Err() != nil {
			return madang.Channel{}, false
		}
		if c, ok := q.take(); ok {
			return c, true
		}
		select {
		case <-q.more:
		case <-ctx.Done():
		}
	}
}

func (q *changes) take() (madang.Channel, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		q.waiting = nil // the memory of a rush
		q.idle = true
		for _, s := range q.settled {
			close(s)
		}
		q.settled = nil
		return madang.Channel{}, false
	}
	q.idle = false
	c := q.waiting[0]
	q.waiting = q.waiting[1:]
	delete(q.known, c)
	return c, true
}

// settle waits until who takes the channels is done with all of them, or ctx ends.
func (q *changes) settle(ctx context.Context) {
	q.mu.Lock()
	if q.idle && len(q.waiting) == 0 {
		q.mu.Unlock()
		return
	}
	done := make(chan struct{})
	q.settled = append(q.settled, done)
	q.mu.Unlock()
	select {
	case <-done:
	case <-ctx.Done():
	}
}
