package madang

import (
	"sync"
	"sync/atomic"
)

// From refuseFrom hundredths of [Limits].Memory on newcomers are refused, until it is less than refuseTo hundredths. Between
// the two nothing changes, so that a node at its limit does not open and shut its door all the time.
const (
	refuseFrom = 80
	refuseTo   = 70
)

// countStep is by how much a share of the count has to change until the sum hears of it, as a power of two: 4 KiB.
const countStep = 12

// A budget counts the bytes that clients make this node hold besides the logs of channels, which [Hub] counts as buffered: what
// lies in own logs and half-written tails, and input that is not whole yet. It is counted in shares, so that those who count do
// not wait for each other; the sum of them is a few steps old at most.
type budget struct {
	sum    atomic.Int64 // of the shares, in whole steps
	shares [8]struct {
		n atomic.Int64
		_ [56]byte // a cache line for each
	}
	full    atomic.Bool   // newcomers are refused
	wake    chan struct{} // there may be too much
	refused atomic.Uint64 // newcomers
	closed  atomic.Uint64 // who held most
	falling []holder      // have been told to end, and may not have let go yet; of runBudget alone

	mu      sync.Mutex
	burdens map[*Burden]struct{}
}

// A Budget says how much clients make a node hold; see [Limits].Memory.
type Budget struct {
	Held    int64  // bytes: unsent units, and input that is not whole yet
	Limit   int64  // 0: there is none
	Full    bool   // newcomers are refused
	Refused uint64 // newcomers that were
	Closed  uint64 // links and requests that were ended because they held most
}

// Budget returns how much clients make this node hold.
func (h *Hub) Budget() Budget {
	b := &h.budget
	n := h.buffered.Load()
	for i := range b.shares {
		n += b.shares[i].n.Load()
	}
	return Budget{
		Held: n, Limit: max(0, h.limits.Memory), Full: b.full.Load(), Refused: b.refused.Load(), Closed: b.closed.Load(),
	}
}

// Full reports whether newcomers are refused because clients make this node hold too much: [Hub.Open] fails with [ErrTooMany],
// and whatever else would make it hold more should be refused as well.
func (h *Hub) Full() bool { return h.budget.full.Load() }

// hold counts bytes that clients make the node hold; a negative number lets go of some.
func (h *Hub) hold(share int, n int64) {
	b := &h.budget
	now := b.shares[share%len(b.shares)].n.Add(n)
	if d := now>>countStep - (now-n)>>countStep; d != 0 {
		b.sum.Add(d << countStep)
		if d > 0 {
			h.weigh()
		}
	}
}

// weigh wakes runBudget if there is too much; called after the count has grown.
func (h *Hub) weigh() {
	b := &h.budget
	if b.full.Load() || !h.holds(refuseFrom) {
		return
	}
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

// holds reports whether as many hundredths of the budget are used.
func (h *Hub) holds(hundredths int64) bool {
	most := h.limits.Memory
	return most > 0 && h.buffered.Load()+h.budget.sum.Load() >= most/100*hundredths+most%100*hundredths/100
}

// Hold says that the line's carrier holds n bytes more of input that is not whole yet, or fewer if n is negative. What a line
// that has ended holds does not count. See [Held], which keeps the difference.
func (k *Line) Hold(n int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.gone {
		k.input += int64(n)
		k.hub.hold(k.f.id, int64(n))
	}
}

// Held is what one carrier of a line holds of input that is not whole yet. The zero value is one that holds nothing. Its
// method must not be called by two goroutines at once.
type Held struct{ n int }

// Set says that the carrier of line k holds n bytes now. While that does not change it costs nothing.
func (x *Held) Set(k *Line, n int) {
	if n != x.n {
		k.Hold(n - x.n)
		x.n = n
	}
}

// A Burden is what something that is no link, such as an HTTP request, makes the node hold.
type Burden struct {
	hub  *Hub
	end  func()
	n    atomic.Int64
	told atomic.Bool // end was called
}

// NewBurden returns a Burden that holds nothing yet. end is called on a goroutine of its own, at most once, if the node has to
// get rid of it: what holds the bytes must let go of them soon. [Burden.Release] must follow in any case.
func (h *Hub) NewBurden(end func()) *Burden { return &Burden{hub: h, end: end} }

// Add says that it holds n bytes more, or fewer if n is negative. It must not be called any more when Release is.
func (b *Burden) Add(n int) {
	if n == 0 {
		return
	}
	if now := b.n.Add(int64(n)); now == int64(n) { // it held nothing before
		x := &b.hub.budget
		x.mu.Lock()
		x.burdens[b] = struct{}{}
		x.mu.Unlock()
	}
	b.hub.hold(0, int64(n))
}

// Release says that it holds nothing any more.
func (b *Burden) Release() {
	x := &b.hub.budget
	x.mu.Lock()
	delete(x.burdens, b)
	x.mu.Unlock()
	b.hub.hold(0, -b.n.Swap(0))
}
