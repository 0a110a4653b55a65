package carrier

import (
	"container/heap"
	"sync"
	"time"
)

// beats are the times at which sessions' heartbeats are due. One timer serves all sessions of a server: a timer of each
// one's own would be a good part of what an idle session costs.
type beats struct {
	start time.Time // times count from here

	mu    sync.Mutex
	queue beatQueue
	timer *time.Timer
}

// now returns the time on the clock of the beats.
func (b *beats) now() time.Duration { return time.Since(b.start) }

// set makes a session's heartbeat due after a while, instead of when it was. The session's lock is held.
func (b *beats) set(k *Session, wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	k.due = b.now() + wait
	if k.place > 0 {
		heap.Fix(&b.queue, int(k.place)-1)
	} else {
		heap.Push(&b.queue, k)
	}
	if b.queue[0] == k {
		b.wake()
	}
}

// drop forgets a session.
func (b *beats) drop(k *Session) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if k.place > 0 {
		heap.Remove(&b.queue, int(k.place)-1)
	}
}

// wake sets the timer to the next heartbeat; the lock is held.
func (b *beats) wake() {
	if len(b.queue) == 0 {
		return
	}
	wait := b.queue[0].due - b.now()
	if b.timer == nil {
		b.timer = time.AfterFunc(wait, b.ring)
	} else {
		b.timer.Reset(wait)
	}
}

// ring tells the sessions whose heartbeats are due.
func (b *beats) ring() {
	var due []*Session
	b.mu.Lock()
	for now := b.now(); len(b.queue) > 0 && b.queue[0].due <= now; {
		due = append(due, heap.Pop(&b.queue).(*Session))
	}
	b.wake()
	b.mu.Unlock()
	for _, k := range due {
		k.beatTime()
	}
}

// A beatQueue is a heap of sessions, the next heartbeat first. A session knows its place in it, counted from 1.
type beatQueue []*Session

func (q beatQueue) Len() int           { return len(q) }
func (q beatQueue) Less(i, j int) bool { return q[i].due < q[j].due }

func (q beatQueue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].place, q[j].place = int32(i+1), int32(j+1)
}

// Push implements heap.Interface.
func (q *beatQueue) Push(x any) {
	k := x.(*Session)
	*q = append(*q, k)
	k.place = int32(len(*q))
}

// Pop implements heap.Interface.
func (q *beatQueue) Pop() any {
	old := *q
	n := len(old) - 1
	k := old[n]
	old[n] = nil
	*q = old[:n]
	k.place = 0
	return k
}
