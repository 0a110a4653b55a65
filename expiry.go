package madang

import (
	"container/heap"
	"sync"
	"time"
)

// noticeBefore is how long before its expiry a principal's connection is told.
const noticeBefore = time.Minute

// An Expirer is an Owner that wants to know a minute before its connection's principal expires, so that the client can
// be told to renew it. It is not called for a principal that lives for a shorter time.
type Expirer interface {
	Owner
	Expiring(*Principal)
}

// deadlines are the times at which principals expire, or are about to. One timer serves all connections of a hub.
type deadlines struct {
	mu    sync.Mutex
	queue deadlineQueue
	timer *time.Timer
}

// A deadline is the next such time of one connection.
type deadline struct {
	at     time.Time
	conn   *Conn
	who    *Principal
	index  int  // in the queue; -1: not there
	notice bool // the principal has a while to live yet
}

// watch sees to it that a connection hears of its principal's expiry; c.deadline is guarded by the queue's lock.
func (d *deadlines) watch(c *Conn, p *Principal) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.drop(c)
	if p.Expires.IsZero() {
		return
	}
	x := &deadline{at: p.Expires, conn: c, who: p}
	if _, wants := c.owner.(Expirer); wants && p.Expires.Sub(c.hub.now()) > noticeBefore {
		x.at, x.notice = p.Expires.Add(-noticeBefore), true
	}
	c.deadline = x
	heap.Push(&d.queue, x)
	if x.index == 0 {
		d.wake(c.hub)
	}
}

// forget drops the deadline of a connection that has ended.
func (d *deadlines) forget(c *Conn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.drop(c)
}

func (d *deadlines) drop(c *Conn) {
	if c.deadline != nil && c.deadline.index >= 0 {
		heap.Remove(&d.queue, c.deadline.index)
	}
	c.deadline = nil
}

// wake sets the timer to the next deadline; the lock is held.
func (d *deadlines) wake(h *Hub) {
	if len(d.queue) == 0 {
		return
	}
	wait := d.queue[0].at.Sub(h.now())
	if d.timer == nil {
		d.timer = time.AfterFunc(wait, func() { d.due(h) })
	} else {
		d.timer.Reset(wait)
	}
}

// due handles the deadlines that have come.
func (d *deadlines) due(h *Hub) {
	var due []deadline
	d.mu.Lock()
	now := h.now()
	for len(d.queue) > 0 && !d.queue[0].at.After(now) {
		x := d.queue[0]
		due = append(due, *x)
		if x.notice {
			x.at, x.notice = x.who.Expires, false
			heap.Fix(&d.queue, 0)
		} else {
			heap.Pop(&d.queue)
		}
	}
	d.wake(h)
	d.mu.Unlock()
	for _, x := range due {
		if x.notice {
			x.conn.owner.(Expirer).Expiring(x.who)
		} else {
			x.conn.expire(x.who)
		}
	}
}

// A deadlineQueue is a heap, the next deadline first.
type deadlineQueue []*deadline

func (q deadlineQueue) Len() int           { return len(q) }
func (q deadlineQueue) Less(i, j int) bool { return q[i].at.Before(q[j].at) }

func (q deadlineQueue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].index, q[j].index = i, j
}

// Push implements heap.Interface.
func (q *deadlineQueue) Push(x any) {
	d := x.(*deadline)
	d.index = len(*q)
	*q = append(*q, d)
}

// Pop implements heap.Interface.
func (q *deadlineQueue) Pop() any {
	old := *q
	n := len(old) - 1
	x := old[n]
	old[n] = nil
	*q = old[:n]
	x.index = -1
	return x
}
