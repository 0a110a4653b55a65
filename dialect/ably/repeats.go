package ably

import (
	"sync"
	"time"

	"madang/dialect/ably/protocol"
)

// acks are the last answers to a client's messages, for when it sends them again.
type acks struct {
	next int64    // the serial that has not been answered yet
	last []answer // of the serials before it; the newest last
}

// An answer is what became of a client's message.
type answer struct {
	serials []string            // of what was published
	refused *protocol.ErrorInfo // why nothing was done
}

// frame is the answer to the message of a serial.
func (a answer) frame(serial int64) *protocol.Frame {
	out := &protocol.Frame{Action: protocol.Ack, MsgSerial: serial, Count: 1, Error: a.refused}
	if a.refused != nil {
		out.Action = protocol.Nack
	} else if a.serials != nil {
		out.Res = []protocol.Result{{Serials: a.serials}}
	}
	return out
}

// maxAcks is how many answers are kept. A client whose answer is not among them any more has been silent for that many.
const maxAcks = 256

// find returns the answer to a serial that has been answered.
func (a *acks) find(serial int64) (known answer, ok bool) {
	if i := int64(len(a.last)) - (a.next - serial); serial < a.next && i >= 0 {
		return a.last[i], true
	}
	return answer{}, false
}

// add notes the answer to the next serial. A client that begins to count anew, or leaves some out, begins anew here.
func (a *acks) add(serial int64, done answer) {
	if serial != a.next || len(a.last) == 0 {
		a.last = nil
	}
	a.next = serial + 1
	if len(a.last) >= maxAcks {
		clear(a.last[:1])
		a.last = a.last[1:]
	}
	a.last = append(a.last, done)
}

// recent are the ids under which something was published lately.
type recent struct {
	mu    sync.Mutex
	known map[string]published
	order []string // the oldest first
	held  int      // serials
}

type published struct {
	serials []string
	at      time.Time
}

// Limits of what is remembered.
const (
	recentAge = 2 * time.Minute
	maxRecent = 100_000 // serials
)

// find returns the serials of what was published under a key.
func (r *recent) find(key string, now time.Time) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forget(now)
	return r.known[key].serials
}

// add notes what was published under a key.
func (r *recent) add(key string, serials []string, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forget(now)
	if _, ok := r.known[key]; ok || len(serials) == 0 {
		return
	}
	if r.known == nil {
		r.known = map[string]published{}
	}
	r.known[key] = published{serials, now}
	r.held += len(serials)
	r.order = append(r.order, key)
}

// forget lets go of what is old, and of the oldest when there is too much.
func (r *recent) forget(now time.Time) {
	n := 0
	for n < len(r.order) && (now.Sub(r.known[r.order[n]].at) > recentAge || r.held > maxRecent) {
		r.held -= len(r.known[r.order[n]].serials)
		delete(r.known, r.order[n])
		n++
	}
	if n > 0 {
		clear(r.order[:n])
		r.order = r.order[n:]
	}
}
