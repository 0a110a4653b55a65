package madang

import (
	"math"
	"sync/atomic"
	"time"
)

const openEnd = math.MaxUint64

// A Subscription is a cursor into the log of a channel. It opens held: the dialect sends its welcome (the answer to the
// client, what is replayed) with [Line.Send], then calls Open, and what was published meanwhile follows.
type Subscription struct {
	conn    *Conn
	line    *Line
	log     *log
	channel *channel
	mask    atomic.Uint32 // a Mask

	// Grant is what the policy said; nil if it was not asked.
	Grant *Grant
	proof atomic.Pointer[Proof] // what the client had sent to get it; nil: nothing

	expiry atomic.Pointer[time.Timer] // of the grant; nil: it does not expire

	cur   uint64        // the next byte to send; set once under the log's lock, then the flusher's own
	after uint64        // units of messages up to this offset were replayed; written before Open
	since uint64        // units up to this stamp were replayed; written before Open
	from  atomic.Uint64 // 0: held; else the stamp of its opening: its units never merge as older than that
	end   atomic.Uint64 // the cursor's last place: openEnd, where the log stood when it left, or 0 when the link is gone
}

// Channel returns what it subscribes to.
func (s *Subscription) Channel() Channel { return s.channel.name }

// Mask returns the kinds of events that it wants.
func (s *Subscription) Mask() Mask { return Mask(s.mask.Load()) }

// SetMask changes the kinds of events that it wants, for everything that has not left yet.
func (s *Subscription) SetMask(m Mask) { s.mask.Store(uint32(m)) }

// Open ends the holding. What came meanwhile is sent behind everything that was sent to the link so far; with a
// [Sequenced] dialect it is passed over, because it could not leave in its order any more. Opening again does nothing.
func (s *Subscription) Open() {
	if q := s.log.seq; q != nil {
		q.Lock()
		defer q.Unlock()
		s.OpenSince(s.log.hub.Stamp())
		return
	}
	s.open(0, 0)
}

// OpenAfter opens a subscription whose welcome replayed the channel's history up to an offset.
func (s *Subscription) OpenAfter(offset uint64) { s.open(offset, 0) }

// OpenSince opens a subscription whose welcome replayed everything up to a stamp. The caller holds the [Sequenced]
// dialect's lock since it took the stamp: a link must not get what is newer from one of its subscriptions before
// another one is open.
func (s *Subscription) OpenSince(stamp uint64) { s.open(0, stamp) }

func (s *Subscription) open(after, since uint64) {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	if s.from.Load() != 0 {
		return
	}
	s.release()
	s.after, s.since = after, since
	s.log.after = max(s.log.after, after)
	s.log.queue(s.line.f.id)
	s.from.Store(s.log.hub.clock.Add(1))
}

// leave ends the subscription; what was published before is still delivered. It disappears from the lists of its log
// and its line when its flusher has sent that.
// It reports whether the subscription had not ended before.
func (s *Subscription) leave() bool {
	s.stopExpiry()
	l := s.log
	l.mu.Lock()
	defer l.mu.Unlock()
	if s.end.Load() != openEnd {
		return false
	}
	l.seal()
	s.release()
	end := l.head.Load()
	if s.from.Load() == 0 {
		end = 0
	}
	s.end.Store(end)
	l.queue(s.line.f.id)
	return true
}

// revoke ends a subscription that nobody asked to end.
func (s *Subscription) revoke() {
	if o, ok := s.conn.owner.(Revoker); s.leave() && ok {
		o.Revoked(s.Channel())
	}
}

// limit ends the subscription when its grant does; the zero time is never.
func (s *Subscription) limit(end time.Time) {
	s.stopExpiry()
	if !end.IsZero() {
		s.expiry.Store(time.AfterFunc(end.Sub(s.line.hub.now()), s.revoke))
	}
}

func (s *Subscription) stopExpiry() {
	if t := s.expiry.Swap(nil); t != nil {
		t.Stop()
	}
}

// drop ends a subscription whose link is gone.
func (s *Subscription) drop() {
	s.stopExpiry()
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	s.release()
	s.end.Store(0)
	s.log.queue(s.line.f.id)
}

// filters reports whether some units of a segment might not be for this subscription.
func (s *Subscription) filters(g *segment) bool {
	return g.mixed || s.after != 0 || s.since != 0 || !s.Mask().has(MessageEvent)
}

// wants reports whether a unit is for this subscription. Runs on the flusher.
func (s *Subscription) wants(u *unit) bool {
	return !s.skips(u) && s.Mask().has(u.kind) &&
		(u.offset == 0 || u.offset > s.after) && u.stamp > s.since && (!u.volatile || u.stamp > s.line.readied)
}

// skips reports whether a unit leaves out this connection, or is about it and not wanted.
func (s *Subscription) skips(u *unit) bool {
	return u.skip != 0 && u.skip == s.conn.number && (!Presences.has(u.kind) || s.Mask()&Others != 0)
}
