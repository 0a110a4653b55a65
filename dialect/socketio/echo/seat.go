package echo

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"madang"
	"madang/dialect/socketio"
)

const (
	// authorizeTime is how long a subscription may take, the questions about it included.
	authorizeTime = 30 * time.Second
	// maxAtOnce is how many subscriptions of one socket are asked about at a time. A page has a handful of channels, which
	// are so let in without waiting long for each other; and of the 64 questions that a backend is asked at a time, unless
	// it is configured otherwise, no less than 16 sockets can take all.
	maxAtOnce = 4
	// maxPending is how many more may wait for that; a client that wants more is not read meanwhile.
	maxPending = 1000
)

// A seat is what is kept of a socket that subscribes to channels: its requests for each channel are carried out in their
// order, those for different channels beside each other.
type seat struct {
	b *binding
	s *socketio.Socket

	mu      sync.Mutex
	room    sync.Cond // waits for fewer pending requests
	lanes   []*lane   // of channels that have requests
	running int       // lanes with a goroutine
	pending int       // requests in the lanes that have not begun
	ended   bool
	spent   bucket        // of client events
	auth    string        // raw JSON from which proof was made
	proof   *madang.Proof // the newest; most clients send the same each time

	telling sync.Mutex // held while hooks are told, that they hear of a coming before its going; taken before mu
	stays   []stay     // kept only if there are hooks; under mu
}

// A lane has the requests for one channel.
type lane struct {
	channel string
	todo    []request
	running bool
	cancel  context.CancelFunc // ends what is being carried out
}

// A request is a subscribe or an unsubscribe.
type request struct {
	subscription
	leave bool
}

// seat returns the seat of a socket, making it.
func (b *binding) seat(s *socketio.Socket) *seat {
	b.mu.Lock()
	t := b.seats[s]
	known := t != nil
	if !known {
		t = &seat{b: b, s: s}
		t.room.L = &t.mu
		b.seats[s] = t
	}
	b.mu.Unlock()
	if !known {
		s.OnDisconnect(func(madang.CloseReason) { t.end() })
	}
	return t
}

// end drops what waits, ends what is being carried out, and tells that the socket has left its channels.
func (t *seat) end() {
	t.b.mu.Lock()
	delete(t.b.seats, t.s)
	t.b.mu.Unlock()
	t.telling.Lock()
	defer t.telling.Unlock()
	t.mu.Lock()
	t.ended = true
	for _, l := range t.lanes {
		l.todo = nil
		if l.cancel != nil {
			l.cancel()
		}
	}
	stays := t.stays
	t.stays, t.pending = nil, 0
	t.room.Broadcast()
	t.mu.Unlock()
	for _, s := range stays {
		t.b.hooks.Left(context.Background(), t.event(s))
	}
}

// take has a request carried out: at once if it is quick and its channel has no others before it, else on a lane. Requests
// of one socket come one after another.
func (t *seat) take(r request, quick bool) {
	if !quick || t.busy(r.channel) {
		t.put(r)
		return
	}
	ctx, done := context.WithTimeout(context.Background(), authorizeTime) // not the socket's: that would stay with it
	defer done()
	t.carryOut(ctx, r)
}

// busy reports whether a channel has requests that are not carried out yet.
func (t *seat) busy(channel string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.lane(channel) != nil
}

// lane returns the lane of a channel, or nil; the lock is held.
func (t *seat) lane(channel string) *lane {
	for _, l := range t.lanes {
		if l.channel == channel {
			return l
		}
	}
	return nil
}

// put gives a request to the lane of its channel. Leaving overtakes what has not begun and ends what has: the client
// does not want it any more.
func (t *seat) put(r request) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for t.pending >= maxPending && !t.ended {
		t.room.Wait()
	}
	if t.ended {
		return
	}
	l := t.lane(r.channel)
	if l == nil {
		l = &lane{channel: r.channel}
		t.lanes = append(t.lanes, l)
	}
	if r.leave {
		t.pending -= len(l.todo)
		l.todo = nil
		if l.cancel != nil {
			l.cancel()
		}
	}
	l.todo = append(l.todo, r)
	t.pending++
	t.dispatch()
}

// dispatch gives goroutines to lanes that wait for one; the lock is held.
func (t *seat) dispatch() {
	for _, l := range t.lanes {
		if t.running == maxAtOnce {
			return
		}
		if !l.running {
			l.running = true
			t.running++
			go t.work(l)
		}
	}
}

// work carries out the requests of a lane, and gives it up when there are none.
func (t *seat) work(l *lane) {
	for {
		t.mu.Lock()
		if len(l.todo) == 0 {
			t.lanes = slices.DeleteFunc(t.lanes, func(o *lane) bool { return o == l })
			t.running--
			t.dispatch()
			t.mu.Unlock()
			return
		}
		r := l.todo[0]
		l.todo = l.todo[1:]
		t.pending--
		t.room.Signal()
		ctx, cancel := context.WithTimeout(context.Background(), authorizeTime)
		l.cancel = cancel
		t.mu.Unlock()
		t.carryOut(ctx, r)
		cancel()
	}
}

// carryOut does what a request wants. A panic in a policy is a refusal: a lane's goroutine has nobody above it.
func (t *seat) carryOut(ctx context.Context, r request) {
	defer func() {
		if v := recover(); v != nil {
			t.b.log.Error("a subscription panicked and is refused", "conn", t.s.ID(), "channel", r.channel,
				"panic", fmt.Sprint(v), "stack", string(debug.Stack()))
			t.tell(errorEvent, r.channel, http.StatusInternalServerError)
		}
	}()
	if r.leave {
		t.depart(ctx, t.b.channel(r.channel))
		return
	}
	t.join(ctx, r.subscription)
}

// tell sends an answer of the server's own.
func (t *seat) tell(event string, args ...any) {
	if err := t.s.Tell(event, args...); err != nil {
		t.b.log.Error("an answer could not be written", "conn", t.s.ID(), "event", event, "error", err)
	}
}
