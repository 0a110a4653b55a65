package live

import "sync"

// A queue is what waits to be done, each thing once.
type queue[T comparable] struct {
	mu   sync.Mutex
	due  map[T]struct{}
	wake chan struct{}
}

func (q *queue[T]) put(all ...T) {
	q.mu.Lock()
	if q.due == nil {
		q.due = map[T]struct{}{}
	}
	for _, x := range all {
		q.due[x] = struct{}{}
	}
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// take returns what waits, and empties the queue.
func (q *queue[T]) take() map[T]struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	all := q.due
	q.due = nil
	return all
}
