package madang

import (
	"maps"
	"slices"
	"time"
)

// farewellTime is how long a link may take for what was sent before its farewell.
const farewellTime = 5 * time.Second

// weigh ends the lines that have lagged too much for too long, and the worst when the hub holds too much.
func (f *flusher) weigh() {
	full := f.hub.buffered.Load() > f.hub.limits.MaxBuffered
	if len(f.stalled) == 0 && !full {
		return
	}
	now := f.hub.now()
	if now.Sub(f.weighed) < weighEvery/2 {
		return
	}
	f.weighed = now
	for k := range f.stalled {
		if lag := k.lag(); k.Gone() { // nobody will ever call Ready
			delete(f.stalled, k)
		} else if f.tooSlow(k, lag, now) {
			f.slow(k, lag)
		}
	}
	if full {
		f.relieve()
	}
}

// relieve ends the worst of this flusher's lines. It need not be stalled: a subscription that nobody opens holds a
// channel's units just as well.
func (f *flusher) relieve() {
	f.mu.Lock()
	all := slices.Collect(maps.Keys(f.all))
	f.mu.Unlock()
	var worst *Line
	var most uint64
	for _, k := range all {
		if lag := k.lag(); lag > most && !k.dead {
			worst, most = k, lag
		}
	}
	if worst != nil {
		f.slow(worst, most)
	}
}

// tooSlow applies the limits to one stalled line and its lag.
func (f *flusher) tooSlow(k *Line, lag uint64, now time.Time) bool {
	lim := &f.hub.limits
	k.mu.Lock()
	ending := k.ending
	k.mu.Unlock()
	switch {
	case lag > lim.HardLag:
		return true
	case lag <= lim.MaxLag && !ending:
		k.over = time.Time{}
		return false
	case k.over.IsZero():
		k.over = now
		return false
	case ending:
		return now.Sub(k.over) > farewellTime
	}
	return now.Sub(k.over) > lim.MaxOver
}

// slow ends a line from the flusher.
func (f *flusher) slow(k *Line, lag uint64) {
	if k.dead {
		return
	}
	k.dead = true
	delete(f.stalled, k)
	go f.hub.slow(k, lag)
}

// slow ends a line that does not take what it is sent.
func (h *Hub) slow(k *Line, lag uint64) {
	h.observe(func(o *Observer) {
		if o.Slow != nil {
			o.Slow(k, lag)
		}
	})
	k.Drop(CloseSlow)
}
