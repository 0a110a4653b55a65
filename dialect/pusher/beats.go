package pusher

import (
	"container/heap"
	"sync"
	"time"

	"madang"
)

// beats are the times at which clients are asked whether they are there, or should have answered. One timer serves all:
// a timer of each one's own would be a good part of what an idle connection costs. A client that is heard moves nothing
// here, it only notes the time.
type beats struct {
	start time.Time // times count from here

	mu    sync.Mutex
	queue beatQueue
	timer *time.Timer
}

// now returns the time on the clock of the beats.
func (b *beats) now() time.Duration { return time.Since(b.start) }

// set makes a client's turn come after a while; false if it has ended.
func (b *beats) set(c *client, wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if c.beatless {
		return
	}
	c.due = b.now() + wait
	if c.place > 0 {
		heap.Fix(&b.queue, int(c.place)-1)
	} else {
		heap.Push(&b.queue, c)
	}
	if b.queue[0] == c {
		b.wake()
	}
}

// drop forgets a client for good.
func (b *beats) drop(c *client) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c.beatless = true
	if c.place > 0 {
		heap.Remove(&b.queue, int(c.place)-1)
	}
}

// wake sets the timer to the next turn; the lock is held.
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

// ring gives their turn to the clients for which it is time.
func (b *beats) ring() {
	var due []*client
	b.mu.Lock()
	for now := b.now(); len(b.queue) > 0 && b.queue[0].due <= now; {
		due = append(due, heap.Pop(&b.queue).(*client))
	}
	b.wake()
	b.mu.Unlock()
	for _, c := range due {
		c.beat()
	}
}

// heard notes that the client is there.
func (c *client) heard() { c.last.Store(int64(c.srv.beats.now())) }

// beat is a client's turn: it was heard lately, or is asked, or has not answered. While something of it is being handled
// its answer may be waiting to be read.
func (c *client) beat() {
	b, cfg := &c.srv.beats, &c.srv.cfg
	silent := b.now() - time.Duration(c.last.Load())
	switch {
	case silent < cfg.PingInterval:
		c.asked.Store(false)
		b.set(c, cfg.PingInterval-silent)
	case c.handling.Load():
		b.set(c, cfg.PongTimeout)
	case !c.asked.Swap(true):
		c.line.Send(pingUnit())
		b.set(c, cfg.PongTimeout)
	default:
		c.line.Close(madang.CloseTimeout)
	}
}

// A beatQueue is a heap of clients, the next turn first. A client knows its place in it, counted from 1.
type beatQueue []*client

func (q beatQueue) Len() int           { return len(q) }
func (q beatQueue) Less(i, j int) bool { return q[i].due < q[j].due }

func (q beatQueue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].place, q[j].place = int32(i+1), int32(j+1)
}

// Push implements heap.Interface.
func (q *beatQueue) Push(x any) {
	c := x.(*client)
	*q = append(*q, c)
	c.place = int32(len(*q))
}

// Pop implements heap.Interface.
func (q *beatQueue) Pop() any {
	old := *q
	n := len(old) - 1
	c := old[n]
	old[n] = nil
	*q = old[:n]
	c.place = 0
	return c
}
