package socketio

import (
	"crypto/rand"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"madang"
)

// A recorder keeps what the sockets of one namespace were sent lately, so that a client that was away for a moment gets
// what it missed. Encode records under the lock that also orders the units on every link (see [madang.Sequenced]), so a
// client that has seen a stamp has seen all that is older and nothing that is newer.
type recorder struct {
	srv *Server
	cfg Recovery

	mu      sync.Mutex
	records []record
	bytes   int
	lost    uint64 // stamps up to this one are no longer kept
	taking  int    // so many sockets are being taken up: nothing is forgotten meanwhile
	parked  map[string]*parked
	live    map[string]*Socket // by pid
	held    map[string]*held   // for other nodes
	moved   wanderers
}

// A record is one event that was sent, in the form of one dialect.
type record struct {
	stamp uint64
	at    time.Time
	d     dialect
	e     madang.Event
	size  int
}

func newRecorder(s *Server, cfg Recovery) *recorder {
	return &recorder{srv: s, cfg: cfg, parked: map[string]*parked{}, live: map[string]*Socket{}, held: map[string]*held{}}
}

// recoverable is the dialect of sockets that can be recovered: each event carries its offset as last argument.
type recoverable struct {
	dialect
	rec *recorder
}

// Lock implements madang.Sequenced.
func (d recoverable) Lock() { d.rec.mu.Lock() }

// Unlock implements madang.Sequenced.
func (d recoverable) Unlock() { d.rec.mu.Unlock() }

// Encode implements madang.Dialect. The lock is held.
func (d recoverable) Encode(dst []byte, e *madang.Event) ([]byte, error) {
	if e.Ask != 0 || e.Message != nil && e.Message.Volatile {
		return d.dialect.Encode(dst, e)
	}
	before := len(dst)
	dst, err := d.stamped(dst, e)
	if err == nil && len(dst) > before {
		d.rec.keep(record{stamp: e.Stamp, d: d.dialect, e: *e, size: len(dst) - before})
	}
	return dst, err
}

// stamped appends an event with its offset.
func (d recoverable) stamped(dst []byte, e *madang.Event) ([]byte, error) {
	offset := stampText(d.rec.srv.epoch, e.Stamp)
	if e.Message == nil {
		return d.presence(dst, e, offset), nil
	}
	return d.event(dst, e.Message, 0, offset)
}

// keep adds a record and forgets what is too old or too much. The lock is held.
func (r *recorder) keep(x record) {
	x.at = r.srv.hub.Now()
	r.records = append(r.records, x)
	r.bytes += x.size
	n := 0
	for r.taking == 0 && n < len(r.records) && (r.bytes > r.cfg.MaxBytes || x.at.Sub(r.records[n].at) > r.cfg.MaxDisconnectionDuration) {
		r.bytes -= r.records[n].size
		r.lost = r.records[n].stamp
		n++
	}
	if n > 0 {
		r.records = slices.Delete(r.records, 0, n)
	}
}

// since returns what a session missed after a stamp, oldest first. The lock is held.
func (r *recorder) since(stamp uint64, d dialect, id madang.ConnID, in []*madang.Subscription) []record {
	from, _ := slices.BinarySearchFunc(r.records, stamp+1, func(x record, s uint64) int {
		switch {
		case x.stamp < s:
			return -1
		case x.stamp > s:
			return 1
		}
		return 0
	})
	var missed []record
	for _, x := range r.records[from:] {
		if x.d == d && heard(&x.e, id, in) {
			missed = append(missed, x)
		}
	}
	return missed
}

// heard reports whether an event was for a connection with these subscriptions.
func heard(e *madang.Event, id madang.ConnID, in []*madang.Subscription) bool {
	a := e.Audience
	if a == nil {
		return slices.ContainsFunc(in, func(s *madang.Subscription) bool { return s.Channel() == e.Channel && wanted(e, id, s.Mask()) })
	}
	member := func(ch madang.Channel) bool {
		return slices.ContainsFunc(in, func(s *madang.Subscription) bool { return s.Channel() == ch })
	}
	return (e.Message == nil || e.Message.Skip != id) && (slices.ContainsFunc(a.In, member) || slices.Contains(a.Conns, id)) &&
		!slices.ContainsFunc(a.Except, member) && !slices.Contains(a.Without, id)
}

// wanted reports whether a subscription of a connection gets an event of its channel.
func wanted(e *madang.Event, id madang.ConnID, mask madang.Mask) bool {
	switch {
	case mask&(1<<e.Kind) == 0:
		return false
	case e.Message != nil:
		return e.Message.Skip != id
	}
	return mask&madang.Others == 0 || e.Member.Conn != id
}

// remember and forget keep the list of sockets that are here.
func (r *recorder) remember(s *Socket) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.live[s.pid] = s
}

func (r *recorder) forget(s *Socket) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.live[s.pid] == s {
		delete(r.live, s.pid)
	}
}

// newPID returns a socket's private name: who has it can take up the socket's connection. It begins with its node's.
func newPID(n madang.NodeID) string {
	var b [15]byte
	_, _ = rand.Read(b[:]) // never fails
	return string(n) + "." + base64.RawURLEncoding.EncodeToString(b[:])
}

// stampOf reads an offset of this node; ok is false for anything else.
func stampOf(epoch, offset string) (stamp uint64, ok bool) {
	e, text, found := strings.Cut(offset, ".")
	stamp, err := strconv.ParseUint(text, 36, 64)
	return stamp, found && e == epoch && err == nil
}
