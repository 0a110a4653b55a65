package madang

import (
	"sync"
	"sync/atomic"
	"time"
)

// weighEvery is how often stalled links are weighed.
const weighEvery = 100 * time.Millisecond

// A flusher owns a partition of the lines and is the only one to write to their links. It never waits for one.
//
// A turn: read the clock, take the lists of what is dirty, collect each line once, write to it once. There is no timer:
// at rest a message leaves at once; under load batches grow by themselves.
type flusher struct {
	hub  *Hub
	id   int
	wake chan struct{}

	mu    sync.Mutex
	logs  []*log  // with something new
	lines []*Line // with something new in their own log
	ready []*Line // whose links can take more
	all   map[*Line]struct{}
	quit  bool

	asked atomic.Pointer[chan []holder] // somebody wants to know who holds what

	// Of its own goroutine.
	turn    uint64
	cut     uint64  // this turn writes nothing newer
	again   []*log  // next turn's: units beyond the cut
	retry   []*Line // next turn's
	touched []*Line
	looked  []*log
	stalled map[*Line]struct{}
	weighed time.Time
	batch   Batch
	merge   merger

	flushes atomic.Uint64 // written by its own goroutine alone
}

func newFlusher(h *Hub, id int) *flusher {
	return &flusher{
		hub: h, id: id, wake: make(chan struct{}, 1),
		all: map[*Line]struct{}{}, stalled: map[*Line]struct{}{},
	}
}

func (f *flusher) dirtyLog(l *log) {
	f.mu.Lock()
	f.logs = append(f.logs, l)
	f.poke()
}

func (f *flusher) dirtyLine(k *Line) {
	f.mu.Lock()
	f.lines = append(f.lines, k)
	f.poke()
}

func (f *flusher) readyLine(k *Line) {
	f.mu.Lock()
	f.ready = append(f.ready, k)
	f.poke()
}

// poke unlocks, and wakes the flusher if this was the first entry since it took the lists.
func (f *flusher) poke() {
	first := len(f.logs)+len(f.lines)+len(f.ready) == 1
	f.mu.Unlock()
	if first {
		f.nudge()
	}
}

func (f *flusher) nudge() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

func (f *flusher) add(k *Line) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all[k] = struct{}{}
}

func (f *flusher) remove(k *Line) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.all, k)
}

func (f *flusher) stop() {
	f.mu.Lock()
	f.quit = true
	f.mu.Unlock()
	f.nudge()
}

func (f *flusher) run() {
	tick := time.NewTimer(time.Hour)
	defer tick.Stop()
	var logs []*log
	var lines, ready []*Line
	for {
		f.wait(tick)
		// The clock first, then the lists, then the heads: every unit stamped within the cut will be found.
		f.cut = f.hub.clock.Load()
		f.mu.Lock()
		logs, f.logs = f.logs, logs[:0]
		lines, f.lines = f.lines, lines[:0]
		ready, f.ready = f.ready, ready[:0]
		quit := f.quit
		f.mu.Unlock()
		if quit {
			return
		}
		f.turn++
		logs, f.again = append(logs, f.again...), f.again[:0]
		f.collect(logs, lines, ready)
		for i, k := range f.touched {
			f.flush(k)
			k.first, k.more = nil, nil
			f.touched[i] = nil
		}
		f.touched = f.touched[:0]
		for i, l := range f.looked {
			f.hub.left(l.settle(f.id))
			f.looked[i] = nil
		}
		f.looked = f.looked[:0]
		clear(logs)
		clear(lines)
		clear(ready)
		f.weigh()
		f.report()
	}
}

// wait returns when there may be something to do.
func (f *flusher) wait(tick *time.Timer) {
	switch {
	case len(f.again)+len(f.retry) > 0:
		// Another turn at once; but publishers go first, so that batches grow.
	case len(f.stalled) > 0:
		tick.Reset(weighEvery)
		select {
		case <-f.wake:
		case <-tick.C:
		}
	default:
		<-f.wake
	}
}

// collect finds the lines of this turn, and what of theirs is dirty.
func (f *flusher) collect(logs []*log, lines, ready []*Line) {
	for _, k := range ready {
		f.unblock(k)
	}
	retry := f.retry
	f.retry = nil
	for _, k := range retry {
		f.touch(k)
	}
	for _, k := range lines {
		f.touch(k)
		k.ownTurn = f.turn
		k.mu.Lock()
		k.queued = false
		k.mu.Unlock()
	}
	for _, l := range logs {
		if l.parts[f.id].took != f.turn { // it may be in the list and among the leftovers
			l.parts[f.id].took = f.turn
			f.collectLog(l)
		}
	}
}

// collectLog notes a dirty log with each line that has not seen all of it.
func (f *flusher) collectLog(l *log) {
	p := &l.parts[f.id]
	newer := f.look(l, true)
	l.mu.Lock()
	members := p.members
	l.mu.Unlock()
	for _, s := range members {
		from := s.from.Load()
		if from == 0 {
			continue
		}
		if from > f.cut {
			newer = true
			continue
		}
		if s.cur >= min(p.head, s.end.Load()) {
			continue
		}
		k := s.line
		f.touch(k)
		if k.first == nil {
			k.first = s
		} else {
			k.more = append(k.more, s)
		}
	}
	if newer {
		l.mu.Lock()
		p.queued = true
		l.mu.Unlock()
		f.again = append(f.again, l)
	}
}

// unblock lets a line be written to again.
func (f *flusher) unblock(k *Line) {
	if !k.blocked {
		return
	}
	k.blocked = false
	k.keep(0)
	k.readied = f.cut
	k.behind = true
	delete(f.stalled, k)
	f.touch(k)
	for _, s := range k.subscriptions() { // so that their logs let go of what this line was holding
		s.log.mu.Lock()
		s.log.queue(f.id)
		s.log.mu.Unlock()
	}
}

func (f *flusher) touch(k *Line) {
	if k.turn != f.turn {
		k.turn = f.turn
		f.touched = append(f.touched, k)
	}
}

func (f *flusher) look(l *log, dequeue bool) bool {
	newer := l.look(f.id, f.turn, f.cut, dequeue)
	f.looked = append(f.looked, l)
	return newer
}
