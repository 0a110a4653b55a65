package madang

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// An ownUnit is a unit of a line's own log: finished bytes that may be shared with other lines.
type ownUnit struct {
	stamp    uint64
	b        []byte
	volatile bool
	last     bool          // the farewell comes here
	shared   *atomic.Int32 // how many have b in their logs; nil: this one alone
}

// A Line is the hub's end of a [Link]. It has a log of its own for what is meant for this link alone, which keeps its
// order with everything from the channels.
type Line struct {
	hub   *Hub
	link  Link
	f     *flusher
	inner bool // it stands in for a client

	mu      sync.Mutex
	own     []ownUnit       // consumed by the flusher
	subs    []*Subscription // of all its connections
	conns   []*Conn
	queued  bool // in the flusher's dirty list for its own log
	dropped bool // Drop was called
	gone    bool // ended: nothing more is sent
	ending  bool // the farewell is in the own log
	reason  CloseReason

	condemned bool  // it holds too much; somebody is ending it
	input     int64 // bytes of input that is not whole yet; see Hold

	ownBytes atomic.Int64
	corked   atomic.Bool

	// The flusher's own.
	turn    uint64          // the turn that collected it
	ownTurn uint64          // the turn that found its own log dirty
	first   *Subscription   // the first dirty subscription of this turn
	more    []*Subscription // the others
	behind  bool            // some log was left unread: look at all subscriptions, not just the dirty ones
	blocked bool            // waits for Ready
	dead    bool            // ended by the flusher
	said    bool            // the farewell was taken
	kept    int             // bytes that the link still has to write; changed under mu
	readied uint64          // volatile units up to this stamp came while it was blocked
	over    time.Time       // since when its lag has been over the limit
}

// Send appends one unit to the line's own log. The bytes must not change afterwards. It never waits; a line that is
// gone drops it, and one that lags beyond the hard limit is ended.
func (k *Line) Send(b []byte) { k.push(ownUnit{b: b}) }

// SendVolatile is Send for a unit that is dropped when the link is not writable.
func (k *Line) SendVolatile(b []byte) { k.push(ownUnit{b: b, volatile: true}) }

// push adds a unit; false if the line takes no more.
func (k *Line) push(u ownUnit) bool {
	n := k.ownBytes.Add(int64(len(u.b)))
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.gone || k.ending {
		k.ownBytes.Add(-int64(len(u.b)))
		return false
	}
	if u.shared == nil {
		k.hub.hold(k.f.id, int64(len(u.b)))
	}
	if n > int64(k.hub.limits.HardLag) && !k.condemned {
		k.condemned = true
		go k.hub.slow(k, uint64(n)) // apart: the caller may hold locks
	}
	k.append(u)
	return true
}

// letGo counts units that leave the own log.
func (k *Line) letGo(units []ownUnit) {
	n := int64(0)
	for i := range units {
		if u := &units[i]; u.shared == nil || u.shared.Add(-1) == 0 {
			n += int64(len(u.b))
		}
	}
	if n > 0 {
		k.hub.hold(k.f.id, -n)
	}
}

// keep notes what the link still has to write. Runs on the flusher.
func (k *Line) keep(n int) {
	if n == k.kept {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.gone { // else Drop has counted it
		k.hub.hold(k.f.id, int64(n-k.kept))
		k.kept = n
	}
}

// append adds to the own log; under mu. As in log.append: first the flusher's list, then the stamp.
func (k *Line) append(u ownUnit) {
	if !k.queued {
		k.queued = true
		k.f.dirtyLine(k)
	}
	u.stamp = k.hub.clock.Add(1)
	k.own = append(k.own, u)
}

// Ready says that the link can take more: after a Flush that took less than all or kept something. It is harmless
// at other times.
func (k *Line) Ready() { k.f.readyLine(k) }

// Cork keeps everything that is sent from leaving until Uncork, so that a dialect can say yes to its client first and
// then do what the yes promises, and the client learns of it when it is done. It must be for moments only.
func (k *Line) Cork() { k.corked.Store(true) }

// Uncork ends Cork. It is harmless without one.
func (k *Line) Uncork() {
	if !k.corked.Swap(false) {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.queued && !k.gone {
		k.queued = true
		k.f.dirtyLine(k)
	}
}

// Close ends the line in good order: what was sent before, then the dialect's farewell, then Link.Close. A link that
// does not take that within the limits for slow readers is ended all the same.
func (k *Line) Close(r CloseReason) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.gone || k.ending {
		return
	}
	k.append(ownUnit{last: true})
	k.ending, k.reason = true, r
}

// Drop ends the line at once: its carrier is gone, or nothing more may be sent to it.
func (k *Line) Drop(r CloseReason) {
	k.mu.Lock()
	if k.dropped {
		k.mu.Unlock()
		return
	}
	k.dropped = true
	k.mu.Unlock()
	// First the link: while the own log and the subscriptions end one after another, a batch has units of some and lacks
	// older ones of others. If that reached a client which resumes later, it would never get those.
	if err := closeLink(k.link, r); err != nil {
		k.hub.log.Error("a link could not be closed", "link", fmt.Sprintf("%T", k.link), "error", err)
	}
	k.mu.Lock()
	k.gone = true
	conns, own := k.conns, k.own
	k.conns, k.own = nil, nil
	k.letGo(own)
	k.hub.hold(k.f.id, -k.input-int64(k.kept))
	k.input = 0
	k.mu.Unlock()
	if len(own) > 0 {
		k.ownBytes.Store(0)
	}
	k.f.remove(k)
	if k.inner {
		k.hub.inner.Add(-1)
	}
	k.hub.lines.Add(-1)
	for _, c := range conns {
		if p, ok := c.owner.(Parker); ok {
			p.Park(r)
		}
	}
	k.mu.Lock()
	subs := k.subs // until here, a Parker could see what its connection subscribes to
	k.subs = nil
	k.mu.Unlock()
	for _, s := range subs {
		s.drop()
	}
	for _, c := range conns {
		c.finish(r)
	}
}

// Gone reports whether the line has ended.
func (k *Line) Gone() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.gone
}

// lag returns how many bytes the link has not taken: over all its logs, and what it keeps of a half-written unit.
// The figure is a moment's.
func (k *Line) lag() uint64 {
	n := uint64(k.kept) + uint64(max(0, k.ownBytes.Load()))
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, s := range k.subs {
		if end := min(s.log.head.Load(), s.end.Load()); end > s.cur {
			n += end - s.cur
		}
	}
	return n
}

// subscriptions returns a copy of the list.
func (k *Line) subscriptions() []*Subscription {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.subs)
}

// addSub adds a subscription; false if the line is gone.
func (k *Line) addSub(s *Subscription) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.gone {
		return false
	}
	k.subs = append(k.subs, s)
	return true
}

func (k *Line) removeSub(s *Subscription) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if i := slices.Index(k.subs, s); i >= 0 {
		n := len(k.subs) - 1
		k.subs[i], k.subs[n] = k.subs[n], nil
		k.subs = k.subs[:n]
	}
}

func (k *Line) addConn(c *Conn) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.gone || k.ending {
		return false
	}
	k.conns = append(k.conns, c)
	return true
}

func (k *Line) removeConn(c *Conn) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if i := slices.Index(k.conns, c); i >= 0 {
		k.conns = slices.Delete(k.conns, i, i+1)
	}
}
