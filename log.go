package madang

import (
	"math"
	"sync"
	"sync/atomic"
)

// A log holds what one channel's subscribers of one dialect have not all been sent yet, encoded. A subscription is a
// cursor into it. History is the Broker's, never the log's.
type log struct {
	hub     *Hub
	dialect Dialect
	seq     Sequenced // the dialect, if it is one
	joiner  Joiner    // the dialect, if it is one

	mu    sync.Mutex
	head  atomic.Uint64 // written under mu
	segs  []*segment    // nil when drained: a quiet channel owns no buffer
	parts []part        // by flusher
	held  int           // members that are not open yet
	after uint64        // the newest offset up to which a member has had the channel's history replayed
}

// A part is what one flusher keeps about a log.
type part struct {
	queued  bool            // in the flusher's dirty list; under mu
	low     uint64          // no member's cursor is below this; under mu
	members []*Subscription // appended under mu by anyone, removed under mu by the flusher alone

	// The flusher's own: the snapshot of this turn.
	turn uint64 // of the snapshot
	took uint64 // when the log was last taken from the dirty list
	head uint64 // everything before it has a stamp within the cut
	view []segment
}

func newLog(h *Hub, d Dialect) *log {
	l := &log{hub: h, dialect: d, parts: make([]part, len(h.flushers))}
	l.seq, _ = d.(Sequenced)
	l.joiner, _ = d.(Joiner)
	return l
}

// append encodes the event once and adds it for all subscribers. skip is the number of the one that does not get it.
func (l *log) append(e *Event, skip uint64) error {
	if l.seq != nil {
		l.seq.Lock()
		defer l.seq.Unlock()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	// Queue first, then take the stamp: whoever reads a clock that covers this stamp and then its dirty list finds the
	// log there, and whoever then takes the lock finds the unit.
	if !l.queueAll() {
		return nil
	}
	e.Stamp = l.hub.clock.Add(1)
	if done, err := l.join(e, skip); done || err != nil {
		return err
	}
	s := l.tail()
	buf, err := encode(l.dialect, s.buf, e)
	size := len(buf) - len(s.buf)
	if err != nil || size == 0 {
		return err
	}
	if cap(buf) != cap(s.buf) { // it did not fit behind the others, and lies in an array of its own now
		s = l.grow(size)
		buf = append(s.buf, buf[len(buf)-size:]...)
	}
	s.buf = buf
	u := unit{stamp: e.Stamp, offset: e.Pos.Offset, skip: skip, end: uint32(len(buf)), kind: e.Kind}
	u.volatile = e.Message != nil && e.Message.Volatile
	s.mixed = s.mixed || skip != 0 || u.volatile || u.kind != MessageEvent
	s.units = append(s.units, u)
	s.epoch, s.sealed = e.Pos.Epoch, false
	l.head.Store(s.end())
	return nil
}

// queueAll puts the log on the list of every flusher that has members; it reports whether there was any.
func (l *log) queueAll() (some bool) {
	for i := range l.parts {
		if len(l.parts[i].members) > 0 {
			some = true
			l.queue(i)
		}
	}
	return some
}

// queue puts the log on a flusher's dirty list; under mu.
func (l *log) queue(i int) {
	if p := &l.parts[i]; !p.queued {
		p.queued = true
		l.hub.flushers[i].dirtyLog(l)
	}
}

// tail returns the segment to append to, making the first.
func (l *log) tail() *segment {
	if n := len(l.segs); n > 0 {
		return l.segs[n-1]
	}
	return l.grow(0)
}

// grow adds a segment of the class above what is pending already. A first segment that was found too small is replaced.
func (l *log) grow(size int) *segment {
	classes := sizeClasses()
	want := max(size, classes[0])
	if n := len(l.segs); n > 0 {
		last := l.segs[n-1]
		want = max(size, min(cap(last.buf)+1, maxBatch))
		if len(last.units) == 0 {
			l.hub.buffered.Add(-int64(cap(last.buf)))
			l.segs = l.segs[:n-1]
		}
	}
	for _, c := range classes {
		if c >= want {
			want = c
			break
		}
	}
	s := &segment{base: l.head.Load(), buf: make([]byte, 0, want)}
	l.segs = append(l.segs, s)
	l.hub.buffered.Add(int64(want))
	l.hub.weigh()
	return s
}

// look takes this turn's snapshot for one flusher: the segments up to the cut. It reports whether newer units wait.
func (l *log) look(i int, turn, cut uint64, dequeue bool) (newer bool) {
	p := &l.parts[i]
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seal()
	p.turn = turn
	p.head = l.head.Load()
	p.view = p.view[:0]
	for _, s := range l.segs {
		p.view = append(p.view, *s)
	}
	for k := len(p.view) - 1; k >= 0; k-- {
		s := &p.view[k]
		u := len(s.units)
		for u > 0 && s.units[u-1].stamp > cut {
			u--
		}
		if u == len(s.units) {
			break
		}
		newer = true
		s.buf, s.units = s.buf[:s.start(u)], s.units[:u]
		p.head = s.end()
		if u > 0 {
			break
		}
		p.view = p.view[:k]
	}
	if dequeue {
		p.queued = newer // if so the flusher keeps it for its next turn
	}
	return newer
}

// settle ends a turn for one flusher: members that are gone leave, and segments that nobody needs are let go.
func (l *log) settle(i int) (left []*Subscription) {
	p := &l.parts[i]
	clear(p.view)
	if cap(p.view) > 8 {
		p.view = nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	p.low = math.MaxUint64
	for k := 0; k < len(p.members); {
		if s := p.members[k]; s.cur >= s.end.Load() {
			left = append(left, s)
			n := len(p.members) - 1
			p.members[k] = p.members[n]
			p.members[n] = nil
			p.members = p.members[:n]
		} else {
			p.low = min(p.low, s.cur)
			k++
		}
	}
	if len(p.members) == 0 {
		p.members = nil
	}
	l.trim()
	return left
}

// trim lets go of the segments before the lowest cursor of all partitions; under mu.
func (l *log) trim() {
	low := uint64(math.MaxUint64)
	for k := range l.parts {
		if len(l.parts[k].members) > 0 {
			low = min(low, l.parts[k].low)
		}
	}
	k := 0
	for k < len(l.segs) && l.segs[k].end() <= low {
		l.hub.buffered.Add(-int64(cap(l.segs[k].buf)))
		l.segs[k] = nil
		k++
	}
	if k == len(l.segs) {
		l.segs = nil
	} else {
		l.segs = l.segs[k:]
	}
}

// enter adds a subscription at the head.
func (l *log) enter(s *Subscription) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seal()
	l.held++
	p := &l.parts[s.line.f.id]
	s.cur = l.head.Load()
	if len(p.members) == 0 || s.cur < p.low {
		p.low = s.cur
	}
	p.members = append(p.members, s)
}

// conns calls f for the connection of every subscription that has not ended.
func (l *log) conns(f func(*Conn)) { l.subs(func(s *Subscription) { f(s.conn) }) }

// subs calls f for every subscription that has not ended.
func (l *log) subs(f func(*Subscription)) {
	l.mu.Lock()
	var all []*Subscription
	for i := range l.parts {
		for _, s := range l.parts[i].members {
			if s.end.Load() == openEnd {
				all = append(all, s)
			}
		}
	}
	l.mu.Unlock()
	for _, s := range all {
		f(s)
	}
}
