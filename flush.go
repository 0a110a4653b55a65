package madang

import (
	"errors"
	"fmt"
	"time"
)

// flush writes one batch to a line's link.
func (f *flusher) flush(k *Line) {
	if k.blocked || k.dead || k.corked.Load() {
		k.behind = true
		return
	}
	if k.said {
		f.end(k)
		return
	}
	if !k.behind && k.ownTurn != f.turn && len(k.more) == 0 {
		if k.first != nil {
			f.single(k, k.first)
		}
	} else {
		f.gather(k)
	}
	if !k.blocked && !k.behind { // it has taken everything: its lag begins anew
		k.over = time.Time{}
	}
}

// single is the common case: one log, and mostly one piece of it: no copy at all.
func (f *flusher) single(k *Line, s *Subscription) {
	p := &s.log.parts[f.id]
	limit := min(p.head, s.end.Load())
	if s.cur >= limit { // dropped since it was collected
		return
	}
	i := len(p.view) - 1
	for i > 0 && p.view[i].base > s.cur {
		i--
	}
	g := &p.view[i]
	from := g.find(uint32(s.cur - g.base))
	to := len(g.units)
	if limit < g.end() {
		to = g.find(uint32(limit - g.base))
	}
	if s.filters(g) {
		for from < to && !s.wants(&g.units[from]) {
			from++
		}
		s.cur = g.base + uint64(g.start(from))
		stop := from
		for stop < to && s.wants(&g.units[stop]) {
			stop++
		}
		to = stop
	}
	if from < to {
		start := g.start(from)
		f.batch = Batch{bytes: g.buf[start:g.units[to-1].end], base: start, units: g.units[from:to]}
		n, ok := f.write(k)
		if !ok {
			return
		}
		if n > 0 {
			s.cur = g.base + uint64(g.units[from+n-1].end)
		}
	}
	if !k.blocked && s.cur < limit { // more segments, or behind a unit that was not wanted: once more, next turn
		f.later(k)
	}
}

// gather merges what several logs have for a line and writes it.
func (f *flusher) gather(k *Line) {
	m := &f.merge
	more := m.collect(f, k)
	full := m.fill(k)
	k.behind = false
	if len(m.units) > 0 {
		f.batch = Batch{bytes: m.out, units: m.units, copied: true}
		n, ok := f.write(k)
		if !ok {
			m.reset()
			return
		}
		m.advance(k, n)
		if n == len(m.units) && m.said {
			k.said = true
			if !k.blocked {
				f.end(k)
			}
			m.reset()
			return
		}
	} else {
		m.advance(k, 0)
	}
	m.reset()
	if !k.blocked && (full || more) {
		f.later(k)
	}
}

// later makes a line look at all its logs in the next turn.
func (f *flusher) later(k *Line) {
	k.behind = true
	f.retry = append(f.retry, k)
}

// write hands the batch to the link; false if that ended the line.
func (f *flusher) write(k *Line) (units int, ok bool) {
	f.flushes.Add(1)
	n, err := flushTo(k.link, &f.batch)
	if err != nil {
		f.fail(k, err)
		return 0, false
	}
	if n < f.batch.Len() || f.batch.kept > 0 {
		k.blocked, k.behind = true, true
		k.keep(f.batch.kept)
		f.stalled[k] = struct{}{}
	}
	return n, true
}

// end is the end of a line that has said farewell.
func (f *flusher) end(k *Line) {
	k.mu.Lock()
	r := k.reason
	k.mu.Unlock()
	f.kill(k, r)
}

// fail ends a line whose link has failed: the far end's doing, or a mistake in the link's own code.
func (f *flusher) fail(k *Line, err error) {
	r := CloseGone
	if _, ours := errors.AsType[*panicError](err); ours {
		r = CloseError
		f.hub.log.Error("a link has failed and was ended", "link", fmt.Sprintf("%T", k.link), "error", err)
	}
	f.kill(k, r)
}

// kill ends a line. What follows from that (leaving presence sets, handlers) may wait and runs apart.
func (f *flusher) kill(k *Line, r CloseReason) {
	if k.dead {
		return
	}
	k.dead = true
	delete(f.stalled, k)
	go k.Drop(r)
}
