package rest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"madang"
	"madang/device"
)

// boxes are the hubs that ask this node by requests.
type boxes struct {
	open  func(context.Context, *madang.Principal) (*boxLink, error)
	lease time.Duration

	mu     sync.Mutex
	all    map[string]*box // by serial
	closed bool
}

// A box is a hub that asks by requests. Until its lease is over it has a connection like any other hub.
type box struct {
	serial string

	mu    sync.Mutex
	link  *boxLink // nil: it has not been connected yet
	over  bool     // its lease: another box takes its place
	lease *time.Timer
	turn  chan struct{}        // closed when another request of the hub takes over; nil: there is none
	given map[string]time.Time // when commands were given last, by id
}

// A turn is one request of a hub. Of several at once the newest is answered: the others are overtaken.
type turn struct {
	box       *box
	link      *boxLink
	overtaken <-chan struct{}
	end       func()
}

// ask begins a request of a hub; the turn must be ended.
func (b *boxes) ask(ctx context.Context, p *madang.Principal, serial string) (turn, error) {
	for {
		x, err := b.of(serial)
		if err != nil {
			return turn{}, err
		}
		t, ok, err := x.ask(ctx, b, p)
		if ok || err != nil {
			return t, err
		}
	}
}

// of returns the box of a hub.
func (b *boxes) of(serial string) (*box, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return nil, fmt.Errorf("hub %s: %w", serial, madang.ErrClosed)
	}
	x := b.all[serial]
	if x == nil {
		if b.all == nil {
			b.all = map[string]*box{}
		}
		x = &box{serial: serial}
		b.all[serial] = x
	}
	return x, nil
}

// drop forgets a box.
func (b *boxes) drop(x *box) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.all[x.serial] == x {
		delete(b.all, x.serial)
	}
}

// ask is false if the box's lease is over.
func (x *box) ask(ctx context.Context, b *boxes, p *madang.Principal) (t turn, ok bool, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.over {
		return t, false, nil
	}
	if x.link == nil || x.link.gone() {
		link, err := b.open(ctx, p)
		if err != nil {
			x.over = true
			b.drop(x)
			return t, false, err
		}
		x.link, x.given = link, nil
	}
	if x.lease == nil {
		x.lease = time.AfterFunc(b.lease, func() { x.expire(b) })
	}
	x.lease.Stop()
	if x.turn != nil {
		close(x.turn)
	}
	mine := make(chan struct{})
	x.turn = mine
	return turn{x, x.link, mine, func() {
		x.mu.Lock()
		defer x.mu.Unlock()
		if x.turn == mine {
			x.turn = nil
			x.lease.Reset(b.lease)
		}
	}}, true, nil
}

// expire ends the connection of a hub that has not asked for as long as its lease, unless it has come back at the last moment.
func (x *box) expire(b *boxes) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.turn != nil || x.over {
		return
	}
	x.over = true
	if x.link != nil {
		x.link.end()
	}
	b.drop(x)
}

// leave ends a connection of the hub that is not the one by which it is taken to be there.
func (x *box) leave(l *boxLink) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.link == l {
		x.link = nil
	}
	l.end()
}

// close ends all of them. Requests under way come to their end by that.
func (b *boxes) close() {
	b.mu.Lock()
	all := b.all
	b.all, b.closed = nil, true
	b.mu.Unlock()
	for _, x := range all {
		x.mu.Lock()
		x.over = true
		if x.lease != nil {
			x.lease.Stop()
		}
		if x.link != nil {
			x.link.end()
		}
		x.mu.Unlock()
	}
}

// again is after how long a command that the hub has not answered is given again: the answer to its request may have been lost.
const again = 3 * time.Second

// give returns what of the open commands of a hub to give now, and after how long to look again.
func (x *box) give(open []device.Command, now time.Time) (due []device.Command, next time.Duration) {
	x.mu.Lock()
	defer x.mu.Unlock()
	next = time.Hour
	given := map[string]time.Time{}
	for _, c := range open {
		if c.State != device.Sent || !c.ExpiresAt.After(now) {
			continue
		}
		last, had := x.given[c.ID]
		if since := now.Sub(last); had && since >= 0 && since < again {
			given[c.ID] = last
			next = min(next, again-since)
			continue
		}
		given[c.ID] = now
		due = append(due, c)
	}
	x.given = given
	return due, next
}
