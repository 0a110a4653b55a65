package socket

import "sync"

// maxResting is how many workers are kept that have nothing to do. They are kept for their stacks, which have grown.
const maxResting = 32

// A crew is the goroutines that read what has come in and handle it. A Handler may wait, so there are as many as it
// takes; but as long as none waits, hardly more than there are processors.
//
// The rule that makes both true: while the queue is not empty, one worker has been woken and has not taken anything
// from it yet. A worker that takes something and leaves more behind wakes the next one, unless one is on its way. So
// whoever waits never holds up the queue, and whoever does not wait mostly finds the next task itself, without anybody
// being woken for it.
type crew struct {
	mu      sync.Mutex
	tasks   queue
	resting []chan struct{} // of the workers without work; the latest is woken first, its stack being warm
	coming  bool            // a worker was woken and has not looked yet
	ended   bool
}

// A queue is a list of connections, each at most once in one queue.
type queue struct{ first, last *polled }

func (q *queue) push(c *polled) { q.append(queue{c, c}) }

func (q *queue) append(more queue) {
	if q.first == nil {
		q.first = more.first
	} else {
		q.last.next = more.first
	}
	q.last = more.last
}

func (q *queue) pop() *polled {
	c := q.first
	if c != nil {
		q.first, c.next = c.next, nil
		if q.first == nil {
			q.last = nil
		}
	}
	return c
}

// add gives connections their turns. It does not wait for them.
func (w *crew) add(q queue) {
	if q.first == nil {
		return
	}
	w.mu.Lock()
	w.tasks.append(q)
	w.call()
	w.mu.Unlock()
}

// call wakes a worker unless one is coming. The lock is held.
func (w *crew) call() {
	if w.coming {
		return
	}
	w.coming = true
	if n := len(w.resting); n > 0 {
		w.resting[n-1] <- struct{}{} // has room
		w.resting[n-1] = nil
		w.resting = w.resting[:n-1]
		return
	}
	go w.work()
}

// work is a worker, which has been called.
func (w *crew) work() {
	bell := make(chan struct{}, 1)
	for called := true; called; {
		c, resting := w.take(true, bell)
		for c != nil {
			c.turn()
			c, resting = w.take(false, bell)
		}
		if !resting {
			return
		}
		_, called = <-bell
	}
}

// take returns the next task. If there is none, the worker waits for its bell from now on, or is not needed any more.
// called says that it comes because it was called.
func (w *crew) take(called bool, bell chan struct{}) (c *polled, resting bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if called {
		w.coming = false
	}
	if c = w.tasks.pop(); c != nil {
		if w.tasks.first != nil {
			w.call()
		}
		return c, false
	}
	if w.ended || len(w.resting) == maxResting {
		return nil, false
	}
	w.resting = append(w.resting, bell)
	return nil, true
}

// end lets workers go when there is nothing more to do.
func (w *crew) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	for _, bell := range w.resting {
		close(bell)
	}
	w.resting = nil
}
