package madang

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

const (
	// shedEvery is how often a node that holds too much looks who holds most.
	shedEvery = 25 * time.Millisecond
	// fullTime is how long newcomers are refused at most for the sake of those who are there: some of them may be there for
	// nothing else.
	fullTime = 30 * time.Second
)

// slack is how much more a log may take for units than they have bytes, as a factor; see sizeClasses.
const slack = 16

// A holder is a line or a burden with the bytes that are there because of it.
type holder struct {
	line   *Line
	burden *Burden
	n      uint64
}

// runBudget refuses newcomers while the node holds too much, and ends who holds most when that does not help. While the node
// does not, it sleeps.
func (h *Hub) runBudget() {
	for {
		select {
		case <-h.life.Done():
			return
		case <-h.budget.wake:
		}
		if !h.holds(refuseFrom) {
			continue
		}
		h.budget.full.Store(true)
		b := h.Budget()
		h.log.Warn("clients make this node hold nearly all that it may; newcomers are refused",
			"held", b.Held, "limit", b.Limit, "links", h.Lines())
		begin := h.now()
		h.shed()
		h.budget.full.Store(false)
		h.weigh() // it may have grown in just this moment
		now := h.Budget()
		h.log.Info("newcomers are taken again", "held", now.Held, "limit", now.Limit, "took", h.now().Sub(begin),
			"refused", now.Refused-b.Refused, "closed", now.Closed-b.Closed)
	}
}

// shed returns when the node holds little enough.
func (h *Hub) shed() {
	tick := time.NewTicker(shedEvery)
	defer tick.Stop()
	begin := h.now()
	for h.holds(refuseTo) {
		if h.holds(100) {
			h.relieve(100)
		} else if h.now().Sub(begin) > fullTime {
			h.relieve(refuseTo)
		}
		select {
		case <-h.life.Done():
			return
		case <-tick.C:
		}
	}
	h.budget.falling = nil
}

// relieve ends who holds most, one after another until the rest is below so many hundredths of the limit. Who holds less than
// an equal share of it is never the reason that there is too much, and stays.
func (h *Hub) relieve(hundredths int64) {
	b := &h.budget
	excess := h.buffered.Load() + b.sum.Load() - h.limits.Memory/100*hundredths
	b.falling = slices.DeleteFunc(b.falling, func(x holder) bool { return x.gone() })
	for _, x := range b.falling {
		excess -= int64(x.n)
	}
	if excess < 0 {
		return
	}
	all := h.holders()
	slices.SortFunc(all, func(a, b holder) int { return cmp.Compare(b.n, a.n) })
	share := uint64(h.limits.Memory) / uint64(len(all)+1) / slack
	for _, x := range all {
		if excess < 0 || x.n <= share {
			return
		}
		if x.end(h) {
			b.falling = append(b.falling, x)
			b.closed.Add(1)
			excess -= int64(x.n)
		}
	}
}

// holders returns all who hold something.
func (h *Hub) holders() []holder {
	var all []holder
	answers := make(chan []holder, len(h.flushers))
	for _, f := range h.flushers { // how far lines are is known to their flushers alone
		f.asked.Store(&answers)
		f.nudge()
	}
	for range h.flushers {
		select {
		case some := <-answers:
			all = append(all, some...)
		case <-h.life.Done():
			return nil
		}
	}
	b := &h.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	for x := range b.burdens {
		if n := x.n.Load(); n > 0 {
			all = append(all, holder{burden: x, n: uint64(n)})
		}
	}
	return all
}

// report answers who among this flusher's lines hold something, if that was asked.
func (f *flusher) report() {
	to := f.asked.Swap(nil)
	if to == nil {
		return
	}
	f.mu.Lock()
	all := slices.Collect(maps.Keys(f.all))
	f.mu.Unlock()
	var some []holder
	for _, k := range all {
		if n := k.lag() + k.unfinished(); n > 0 && !k.dead {
			some = append(some, holder{line: k, n: n})
		}
	}
	*to <- some
}

// unfinished returns how many bytes of input the line's carriers hold.
func (k *Line) unfinished() uint64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	return uint64(max(0, k.input))
}

// gone reports whether what it held is let go.
func (x holder) gone() bool {
	if k := x.line; k != nil {
		k.mu.Lock()
		defer k.mu.Unlock()
		return k.gone && k.subs == nil
	}
	return x.burden.n.Load() == 0
}

// end ends it; false if somebody is about it already.
func (x holder) end(h *Hub) bool {
	if x.burden != nil {
		if x.burden.told.Swap(true) {
			return false
		}
		go x.burden.end()
		return true
	}
	x.line.mu.Lock()
	before := x.line.condemned
	x.line.condemned = true
	x.line.mu.Unlock()
	if !before {
		go h.slow(x.line, x.n)
	}
	return !before
}
