package repeats

import (
	"errors"
	"sync"
	"time"

	"madang"
	"madang/shared"
)

// Recent are the publishes of the last minutes. The zero value is ready, and safe for concurrent use.
type Recent struct {
	others shared.Keys

	mu    sync.Mutex
	known map[string]*outcome
	order []*outcome // by time, the oldest first
	held  int        // what all of them weigh
}

// New returns Recent of several nodes that all of them remember in others; nil: this node is alone.
func New(others shared.Keys) *Recent { return &Recent{others: others} }

// An outcome is that of one publish.
type outcome struct {
	key     string
	done    chan struct{} // closed when the rest is known
	at      time.Time
	serials []string
	weight  int  // its entry, and the serials
	gone    bool // it is not among the recent ones any more
	err     error
}

var errUnfinished = errors.New("the same publish, by another request, did not come to an end")

// Limits of what is remembered.
const (
	maxAge  = 2 * time.Minute
	maxHeld = 100_000 // of what they weigh
)

// Once calls publish, which returns serials, unless something was published under the key in the last two minutes or is being
// published: then it returns what that did. What failed is not remembered. An empty key is never known.
func (r *Recent) Once(key string, now func() time.Time, publish func() ([]string, error)) ([]string, error) {
	if key == "" {
		return publish()
	}
	r.mu.Lock()
	r.forget(now())
	if x := r.known[key]; x != nil {
		r.mu.Unlock()
		<-x.done
		return x.serials, x.err
	}
	x := &outcome{key: key, done: make(chan struct{}), at: now()}
	if r.known == nil {
		r.known = map[string]*outcome{}
	}
	r.known[key] = x
	r.order = append(r.order, x)
	r.weigh(x, 1)
	r.mu.Unlock()

	x.err = errUnfinished // what others are told if publish panics
	defer func() {
		r.mu.Lock()
		if x.err != nil && r.known[key] == x {
			delete(r.known, key)
		}
		r.weigh(x, len(x.serials))
		r.mu.Unlock()
		close(x.done)
	}()
	x.serials, x.err = r.among(key, publish)
	return x.serials, x.err
}

// Key is what a repeated publish has in common with the first, if its client has chosen the ids: the channel, the sender and
// the first message's id.
func Key(first *madang.Message) string {
	return first.Channel.String() + "\x00" + first.Sender.User + "\x00" + first.ID
}

// weigh notes that an outcome holds more, unless it has been let go of. The lock is held.
func (r *Recent) weigh(x *outcome, more int) {
	if !x.gone {
		x.weight += more
		r.held += more
	}
}

// forget lets go of what is old, and of the oldest when there is too much. The lock is held.
func (r *Recent) forget(now time.Time) {
	n := 0
	for n < len(r.order) && (now.Sub(r.order[n].at) > maxAge || r.held >= maxHeld) {
		x := r.order[n]
		r.held -= x.weight
		x.gone = true
		if r.known[x.key] == x {
			delete(r.known, x.key)
		}
		n++
	}
	clear(r.order[:n])
	r.order = r.order[n:]
}
