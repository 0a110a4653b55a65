// Package trim gives memory back to the operating system when a burst of work is over.
//
// Go's collector lets the heap grow to twice what is live before it looks again, and a server that was just reconnected
// to by thousands of clients then sits there, quiet, with the waste of all their handshakes. Left alone it would keep
// that for minutes.
package trim

import (
	"context"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

const (
	// every is how often the memory is looked at.
	every = time.Second
	// quiet is how little may have been allocated since the last look, in bytes: collecting costs processor time,
	// and a busy server collects by itself.
	quiet = 1 << 20
	// worth is how much must be there to give back, in bytes.
	worth = 4 << 20
)

// Run trims until ctx ends.
func Run(ctx context.Context) {
	t := time.NewTicker(every)
	defer t.Stop()
	s := newSample()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		if s.look(); s.idle() && s.waste() > worth {
			debug.FreeOSMemory()
			s.look()
		}
	}
}

// A sample is what the runtime says of its heap.
type sample struct {
	values []metrics.Sample
	before uint64 // allocated at the look before the last
}

// Indices of values.
const (
	allocated = iota // bytes ever allocated
	live             // what the last collection found
	objects          // live and dead
	unused           // held in spans of objects
	free             // held, and not given back
)

func newSample() *sample {
	s := &sample{values: []metrics.Sample{
		allocated: {Name: "/gc/heap/allocs:bytes"},
		live:      {Name: "/gc/heap/live:bytes"},
		objects:   {Name: "/memory/classes/heap/objects:bytes"},
		unused:    {Name: "/memory/classes/heap/unused:bytes"},
		free:      {Name: "/memory/classes/heap/free:bytes"},
	}}
	s.look()
	return s
}

func (s *sample) look() {
	s.before = s.at(allocated)
	metrics.Read(s.values)
}

func (s *sample) at(i int) uint64 {
	if v := s.values[i].Value; v.Kind() == metrics.KindUint64 {
		return v.Uint64()
	}
	return 0 // before the first look, or a runtime that knows no such figure: then nothing is trimmed
}

func (s *sample) idle() bool { return s.at(allocated)-s.before < quiet }

// waste is what a collection could free, and a tenth of what is free inside spans: the rest of that is fragments.
func (s *sample) waste() uint64 {
	dead := uint64(0)
	if o, l := s.at(objects), s.at(live); o > l {
		dead = o - l
	}
	return dead + s.at(free) + s.at(unused)/10
}
