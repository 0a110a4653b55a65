package socketio

import (
	"math/rand/v2"
	"sync"
	"time"

	"madang"
)

// restartSpread is within what time sockets are ended that have missed something: a broker that fails over loses events of
// many channels at once, and their clients should not all come back in the same moment.
const restartSpread = 4 * time.Second

// A fate is whether a socket has missed something for good. It is shared by the socket, by what stands in for it while its
// client is away, and by the socket that takes its place: one that was not whole must not be taken up as if it were.
type fate struct {
	wandered bool // it has come from another node

	mu      sync.Mutex
	missed  bool
	live    *Socket          // that is it now; nil while the client is away
	waiting bool             // functions that wait for a loss are still to be called, for these channels
	in      []madang.Channel // empty: for any
}

// lost reports whether something was missed.
func (f *fate) lost() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.missed
}

// park notes that the client is away.
func (f *fate) park() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.live = nil
}

// pass makes a socket the one that it is about, and does what is still to be done about what was missed.
func (f *fate) pass(s *Socket) {
	f.mu.Lock()
	f.live = s
	missed, waiting, in := f.missed, f.waiting, f.in
	f.waiting, f.in = false, nil
	f.mu.Unlock()
	if missed {
		s.endSoon()
	}
	if waiting {
		s.tellMissed(in)
	}
}

// lose notes that something was missed.
func (f *fate) lose() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.missed && f.live != nil {
		f.live.endSoon()
	}
	f.missed = true
}

// tell has the functions called that wait for a loss, now or when the client is back.
func (f *fate) tell(in []madang.Channel) {
	f.mu.Lock()
	live := f.live
	if live == nil {
		if unknown := len(in) == 0 || f.waiting && f.in == nil; unknown {
			f.in = nil
		} else {
			f.in = append(f.in, in...)
		}
		f.waiting = true
	}
	f.mu.Unlock()
	if live != nil {
		live.tellMissed(in)
	}
}

// Restart makes the client of a socket that can be recovered connect anew, within a few seconds and without being recovered:
// the only way in which the protocol says that something was missed. A socket that cannot be recovered is left as it is,
// because nothing was promised to it; see [Namespace.OnMissed].
func (s *Socket) Restart() {
	if s.fate != nil {
		s.fate.lose()
	}
}

// endSoon ends the client's connection without DISCONNECT.
func (s *Socket) endSoon() {
	session := s.client.session
	time.AfterFunc(rand.N(restartSpread), func() { session.End(madang.CloseDrain) })
}

// Missed implements madang.Misser.
func (o owner) Missed(in []*madang.Subscription) {
	o.connected()
	switch {
	case len(o.ns.missers()) == 0:
		o.Restart()
	case o.fate == nil:
		o.tellMissed(channelsOf(in))
	default:
		o.fate.tell(channelsOf(in))
	}
}

// tellMissed calls the functions that wait for a loss.
func (s *Socket) tellMissed(in []madang.Channel) {
	for _, f := range s.ns.missers() {
		s.guarded("a function that waited for a loss", func() { f(s, in) })
	}
}

func channelsOf(subs []*madang.Subscription) (all []madang.Channel) {
	for _, s := range subs {
		all = append(all, s.Channel())
	}
	return all
}

// A standIn is the owner of what stands in for a socket of a namespace whose client is away.
type standIn struct {
	p  *parked
	ns *Namespace
}

// Disconnect implements madang.Owner: the client will not be recovered.
func (x standIn) Disconnect(r madang.CloseReason) {
	x.p.fate.lose()
	x.p.line.Drop(r)
}

// Closed implements madang.Owner.
func (standIn) Closed(madang.CloseReason) {}

// Missed implements madang.Misser.
func (x standIn) Missed(in []*madang.Subscription) {
	if len(x.ns.missers()) == 0 {
		x.p.fate.lose()
		return
	}
	x.p.fate.tell(channelsOf(in))
}
