// Package beats gives many connections their turn, each at its own time, with a single timer: a timer of each one's own
// would be a good part of what an idle connection costs. Whoever has turns keeps a [Turn] in its own struct, so that a
// turn that is waited for costs one pointer in the queue and no allocation.
//
// A dialect asks its clients, when their turn comes, whether they are still there. A client that is heard in the meantime
// should not move its turn but only note the time, because that happens far more often than turns come.
package beats

import (
	"container/heap"
	"sync"
	"time"
)

// A Turn is the place of one T in a [Queue], whose lock guards it. The zero Turn waits for nothing. It must not be copied
// and belongs to one queue.
type Turn struct {
	due   time.Duration // on the queue's clock
	place int32         // in the heap, counted from 1; 0: none
	ended bool
}

// A Queue knows when each T has its next turn. Its methods may be called at the same time.
type Queue[T any] struct {
	start time.Time // the clock counts from here
	ring  func(*T)

	mu    sync.Mutex
	queue turns[T]
	timer *time.Timer // nil: nobody has had a turn yet
}

// New returns a Queue. The Turn of a T is found with turn, which must only return its address. What is to be done is ring:
// it is called without the queue's lock, may call the queue again, and must not block, because those that are due with it
// wait for it. Those that are due later do not, so that it may run for several at once. It may still be called for a T that
// is being taken out.
func New[T any](turn func(*T) *Turn, ring func(*T)) *Queue[T] {
	return &Queue[T]{start: time.Now(), ring: ring, queue: turns[T]{turn: turn}}
}

// Now returns the time on the queue's clock, which began with the queue and is not set back or forth. It fits in an atomic
// integer, for those who note when a client was heard.
func (q *Queue[T]) Now() time.Duration { return time.Since(q.start) }

// Set makes a turn come after a while, instead of when it was to come. Whoever was ended gets none.
func (q *Queue[T]) Set(t *T, wait time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	turn := q.queue.turn(t)
	if turn.ended {
		return
	}
	turn.due = q.Now() + wait
	if turn.place > 0 {
		heap.Fix(&q.queue, int(turn.place)-1)
	} else {
		heap.Push(&q.queue, t)
	}
	if q.queue.list[0] == t {
		q.wake()
	}
}

// Drop takes a turn out until it is set again.
func (q *Queue[T]) Drop(t *T) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.drop(q.queue.turn(t))
}

// End takes a turn out for good: to set it again does nothing, even where that was under way.
func (q *Queue[T]) End(t *T) {
	q.mu.Lock()
	defer q.mu.Unlock()
	turn := q.queue.turn(t)
	turn.ended = true
	q.drop(turn)
}

func (q *Queue[T]) drop(turn *Turn) {
	if turn.place > 0 {
		heap.Remove(&q.queue, int(turn.place)-1)
	}
}

// Len returns how many wait for their turn.
func (q *Queue[T]) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.queue.Len()
}

// wake sets the timer to the next turn; the lock is held. When that turn is put off or dropped the timer stays as it is,
// and finds nobody.
func (q *Queue[T]) wake() {
	if q.queue.Len() == 0 {
		return
	}
	wait := q.queue.first().due - q.Now()
	if q.timer == nil {
		q.timer = time.AfterFunc(wait, q.round)
	} else {
		q.timer.Reset(wait)
	}
}

// round gives those their turn whose time has come.
func (q *Queue[T]) round() {
	var due []*T
	q.mu.Lock()
	for now := q.Now(); q.queue.Len() > 0 && q.queue.first().due <= now; {
		due = append(due, heap.Pop(&q.queue).(*T))
	}
	q.wake()
	q.mu.Unlock()
	for _, t := range due {
		q.ring(t)
	}
}
