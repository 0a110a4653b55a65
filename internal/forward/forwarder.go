package forward

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"madang"
)

// Why a request could not be forwarded.
var (
	// ErrNoNode says that the node is not there, or no longer: whatever it kept is gone.
	ErrNoNode = errors.New("the node is not there")
	// ErrAway says that the nodes cannot talk to each other now, or have too much to talk about. Trying again may work.
	ErrAway = errors.New("the other nodes cannot be reached now")
)

// Options are what a Forwarder works with.
type Options struct {
	Hub *madang.Hub // must be running when requests come
	// Service names what is served; it is the same on all nodes, and unique on each.
	Service string
	// Serve serves requests of other nodes. It must not forward again. The answer's header holds what the other node has
	// set, and is what the client will get.
	Serve http.Handler
	Log   *slog.Logger // nil: nobody is told
}

// maxWaiting is how many bytes wait to be read, in all.
const maxWaiting = 64 << 20

// A Forwarder is one node's part of a service whose requests may reach the wrong node.
type Forwarder struct {
	o       Options
	most    int          // streams in either direction
	waiting atomic.Int64 // bytes that have come and are not read yet
	opened  atomic.Bool

	opening sync.Mutex // held while somebody opens
	refused time.Time  // when opening failed last

	mu    sync.Mutex
	next  uint64
	links map[madang.NodeID]*link
	open  [2]int // streams that were asked here, and elsewhere
	timed bool   // a tick is due
	known nodes
}

// New returns a Forwarder.
func New(o Options) *Forwarder {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	r := &Forwarder{o: o, links: map[madang.NodeID]*link{}, most: 2 * o.Hub.Limits().MaxLines} // each session has one that waits, and one that brings
	r.known.turn = make(chan struct{}, 1)
	return r
}

// NodeOf returns the node that an id names which begins with a node's name and a dot; false if there is none. Whether there is
// such a node is another question.
func NodeOf(id string) (madang.NodeID, bool) {
	n, _, ok := strings.Cut(id, ".")
	if !ok || n == "" || len(n) > 20 || strings.Trim(n, "0123456789") != "" {
		return "", false
	}
	return madang.NodeID(n), true
}

func (r *Forwarder) channel(n madang.NodeID) madang.Channel {
	return madang.Channel{Name: "$node." + string(n) + "/" + r.o.Service}
}

const (
	openTime  = 2 * time.Second // that opening may take
	againTime = 5 * time.Second // until it is tried again
)

// Open begins to hear other nodes. A node does that before it gives out the first id by which others will find it; when it
// returns nil they can. It costs nothing where that has been done.
func (r *Forwarder) Open(ctx context.Context) error {
	if r.opened.Load() {
		return nil
	}
	r.opening.Lock()
	defer r.opening.Unlock()
	if r.opened.Load() {
		return nil
	}
	if !r.refused.IsZero() && time.Since(r.refused) < againTime {
		return fmt.Errorf("forward: listening for other nodes failed a moment ago: %w", ErrAway)
	}
	ctx, done := context.WithTimeout(ctx, openTime)
	defer done()
	if _, err := r.o.Hub.Listen(ctx, r.channel(r.o.Hub.Node()), r.hear); err != nil { // as long as the hub lives
		r.refused = time.Now()
		return fmt.Errorf("forward: listen for other nodes: %w", err)
	}
	r.opened.Store(true)
	return nil
}

// link returns what is known of a node; mu is held.
func (r *Forwarder) link(to madang.NodeID) *link {
	l := r.links[to]
	if l == nil {
		l = &link{home: r, to: to, mine: map[uint64]*stream{}, theirs: map[uint64]*stream{}, used: time.Now(), heard: time.Now()}
		r.links[to] = l
	}
	if !r.timed {
		r.timed = true
		time.AfterFunc(aliveTime, r.tick)
	}
	return l
}

// tick looks after the links as long as there are any.
func (r *Forwarder) tick() {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	for to, l := range r.links {
		if !l.tick(now) {
			delete(r.links, to)
		}
	}
	if r.timed = len(r.links) > 0; r.timed {
		time.AfterFunc(aliveTime, r.tick)
	}
}

// hear takes a letter. It is called in the order in which each node has sent.
func (r *Forwarder) hear(e *madang.Event) {
	if e.Message == nil {
		return
	}
	t, err := parseLetter(e.Message.Data)
	if err != nil {
		r.o.Log.Error("a letter of another node cannot be read", "channel", e.Channel.String(), "error", err)
		return
	}
	r.mu.Lock()
	l := r.link(madang.NodeID(t.from))
	ok := l.accept(t)
	r.mu.Unlock()
	for rest := t.frames; ok && len(rest) > 0; {
		var f frame
		if f, rest, err = next(rest); err != nil {
			r.o.Log.Error("a letter of another node cannot be read", "node", t.from, "error", err)
			l.reset(errFormat)
			return
		}
		l.take(f)
	}
}

// take takes a frame.
func (l *link) take(f frame) {
	r := l.home
	switch f.op {
	case opAlive:
		return
	case opReset:
		l.renumber()
		return
	case opAsk:
		r.asked(l, f)
		return
	}
	books := l.mine
	if f.asked {
		books = l.theirs
	}
	r.mu.Lock()
	s := books[f.stream]
	r.mu.Unlock()
	switch {
	case s == nil: // it has ended here
	case f.op == opAbort:
		l.drop(s)
		s.close(errAborted)
	default:
		if err := s.take(f); err != nil {
			r.o.Log.Error("what another node has sent cannot be used", "node", l.to, "error", err)
			s.close(err)
		}
	}
}

func randomEpoch() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // it never fails
	return binary.LittleEndian.Uint64(b[:]) | 1
}

// Streams returns how many forwarded requests are under way: asked of other nodes, and served for them.
func (r *Forwarder) Streams() (asked, served int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.open[0], r.open[1]
}

// nodes are those that lived a moment ago.
type nodes struct {
	turn   chan struct{} // holds one while somebody asks
	mu     sync.Mutex
	list   []madang.NodeID
	listed time.Time
}

const (
	nodesTime = time.Second            // that the list is good for
	nodesRest = 250 * time.Millisecond // between two times of asking: clients can name what they like
)

// lives reports whether a node is alive, as far as its lease says.
func (r *Forwarder) lives(ctx context.Context, n madang.NodeID) (bool, error) {
	k := &r.known
	look := func(good time.Duration) (found, sure bool) {
		k.mu.Lock()
		defer k.mu.Unlock()
		return slices.Contains(k.list, n), time.Since(k.listed) < good
	}
	if found, sure := look(nodesTime); found && sure {
		return true, nil
	}
	asked := time.Now()
	select {
	case k.turn <- struct{}{}:
		defer func() { <-k.turn }()
	case <-ctx.Done():
		return false, ctx.Err()
	}
	if found, sure := look(time.Since(asked)); sure { // somebody else has asked meanwhile
		return found, nil
	}
	k.mu.Lock()
	rest := nodesRest - time.Since(k.listed)
	k.mu.Unlock()
	if found, _ := look(0); !found && rest > 0 {
		select {
		case <-time.After(rest):
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
	list, err := r.o.Hub.Nodes(ctx)
	if err != nil {
		return false, fmt.Errorf("forward: which nodes are there: %w: %w", ErrAway, err)
	}
	k.mu.Lock()
	k.list, k.listed = list, time.Now()
	k.mu.Unlock()
	return slices.Contains(list, n), nil
}
