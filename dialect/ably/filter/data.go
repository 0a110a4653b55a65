package filter

import (
	"encoding/json"
	"sync"

	"madang/dialect/ably/protocol"
)

// A Reader reads messages' data for the filters that share it. A channel may have many filters, which all look at one message
// after the other, and what reading costs depends on the publisher: each message's data is read once for all of them. The
// zero value is ready; it is safe for concurrent use.
type Reader struct {
	mu   sync.Mutex
	last [4]read // of a few messages: several are published at the same time
	next int
}

// A read is data that has been read.
type read struct {
	from []byte // never written again, as messages are not
	v    any    // nor is this: no filter can change what it is given
}

// value returns what data is to expressions.
func (r *Reader) value(d protocol.Data) any {
	switch {
	case d.Kind == protocol.Text:
		return string(d.Bytes)
	case d.Kind != protocol.Value || len(d.Bytes) == 0:
		return nil
	}
	r.mu.Lock()
	for i := range r.last {
		if from := r.last[i].from; len(from) == len(d.Bytes) && &from[0] == &d.Bytes[0] {
			v := r.last[i].v
			r.mu.Unlock()
			return v
		}
	}
	r.mu.Unlock()
	var v any
	if json.Unmarshal(d.Bytes, &v) != nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last[r.next] = read{d.Bytes, v}
	r.next = (r.next + 1) % len(r.last)
	return v
}
