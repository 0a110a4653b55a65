package outgoing

import "sync"

// maxBytes bounds what waits for one endpoint, and maxBody what one request has of it, whatever the number of events.
const (
	maxBytes = 16 << 20
	maxBody  = 1 << 20
)

// A queue keeps facts in their order until they are taken. It never waits: what does not fit makes room for itself by
// dropping the oldest.
type queue struct {
	most int
	wake chan struct{} // has one when there may be something new

	mu     sync.Mutex
	items  []*item
	bytes  int
	counts map[string]*item // by channel: the subscription_count that waits
}

// An item is a fact in a queue.
type item struct {
	channel string
	json    []byte // nil: a newer one has taken its place
	count   bool
}

func newQueue(most int) *queue {
	return &queue{most: most, wake: make(chan struct{}, 1), counts: map[string]*item{}}
}

// push adds a fact and returns how many were dropped for it. Of a channel's counts only the newest is kept.
func (q *queue) push(f fact) (dropped int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	it := &item{channel: f.channel.Name, json: f.json, count: f.kind == subscriptionCount}
	if it.count {
		if old := q.counts[it.channel]; old != nil {
			q.bytes -= len(old.json)
			old.json = nil
		}
		q.counts[it.channel] = it
	}
	q.items = append(q.items, it)
	q.bytes += len(it.json)
	for len(q.items) > q.most || q.bytes > maxBytes && len(q.items) > 1 {
		if q.shift().json != nil {
			dropped++
		}
	}
	select {
	case q.wake <- struct{}{}:
	default:
	}
	return dropped
}

// shift removes the oldest. The lock is held.
func (q *queue) shift() *item {
	it := q.items[0]
	q.items[0] = nil
	q.items = q.items[1:]
	q.bytes -= len(it.json)
	if it.count && q.counts[it.channel] == it {
		delete(q.counts, it.channel)
	}
	return it
}

// take removes what fits into a request.
func (q *queue) take(most int) (facts [][]byte) {
	q.mu.Lock()
	defer q.mu.Unlock()
	size := 0
	for len(q.items) > 0 && len(facts) < most && (size == 0 || size+len(q.items[0].json) <= maxBody) {
		if it := q.shift(); it.json != nil {
			facts = append(facts, it.json)
			size += len(it.json)
		}
	}
	if len(q.items) == 0 {
		q.items = nil // and the array with it
	}
	return facts
}

// len returns how many wait.
func (q *queue) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.items)
}
