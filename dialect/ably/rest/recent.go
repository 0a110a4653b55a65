package rest

import (
	"errors"
	"sync"
	"time"
)

// recent are the publishes of the last minutes whose ids the clients have chosen: those are repeated when their answer did
// not arrive. The zero value is ready.
type recent struct {
	mu    sync.Mutex
	known map[string]*outcome
	order []*outcome // by time, the oldest first
}

// An outcome is that of one publish.
type outcome struct {
	key     string
	done    chan struct{} // closed when the rest is known
	at      time.Time
	serials []string
	err     error
}

var errUnfinished = errors.New("the same publish, by another request, did not come to an end")

// Limits of what is remembered.
const (
	recentAge = 2 * time.Minute
	maxRecent = 100_000
)

// once calls publish, unless something was published under the key already or is being published: then it returns what that
// did. What failed is not remembered. An empty key is never known.
func (r *recent) once(key string, now func() time.Time, publish func() ([]string, error)) ([]string, error) {
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
	r.mu.Unlock()

	x.err = errUnfinished // what others are told if publish panics
	defer func() {
		if x.err != nil {
			r.mu.Lock()
			delete(r.known, key)
			r.mu.Unlock()
		}
		close(x.done)
	}()
	x.serials, x.err = publish()
	return x.serials, x.err
}

// forget lets go of what is old, and of the oldest when there is too much. The lock is held.
func (r *recent) forget(now time.Time) {
	n := 0
	for n < len(r.order) && (now.Sub(r.order[n].at) > recentAge || len(r.order)-n >= maxRecent) {
		if x := r.order[n]; r.known[x.key] == x {
			delete(r.known, x.key)
		}
		n++
	}
	clear(r.order[:n])
	r.order = r.order[n:]
}
