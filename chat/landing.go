package chat

import (
	"context"
	"slices"
	"sync"
	"time"

	"madang"
)

// landTime is how long who has sent a message by another protocol is kept waiting for where it was published. It is
// stored by then, and most are published by who stores them; others follow older ones of their room.
const landTime = 2 * time.Second

// A landing is a message that somebody waits for, who wants to know where in the room's channel it was published.
type landing struct {
	key landingKey
	pos chan madang.Position // one, once it is published by this node
	old bool                 // it was stored long ago: nobody will publish it now
}

// A landingKey is by what a message is known in a channel.
type landingKey struct {
	channel    madang.Channel
	id, sender string
}

// landings are those of this node that are waited for. The zero value is ready.
type landings struct {
	mu  sync.Mutex
	all map[landingKey][]*landing
}

// expect waits for a message from now on.
func (l *landings) expect(m Message, old bool) *landing {
	x := &landing{landingKey{madang.Channel{App: m.Room.App, Name: m.Room.ID}, idIn(m), m.Sender}, make(chan madang.Position, 1), old}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all == nil {
		l.all = map[landingKey][]*landing{}
	}
	l.all[x.key] = append(l.all[x.key], x)
	return x
}

// landed tells those who wait for a message where it was published.
func (l *landings) landed(m *madang.Message, at madang.Position) {
	key := landingKey{m.Channel, m.ID, m.Sender.User}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, x := range l.all[key] {
		x.pos <- at
	}
	delete(l.all, key)
}

// forget ends the waiting for some messages.
func (l *landings) forget(some []*landing) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, x := range some {
		if l.all[x.key] = slices.DeleteFunc(l.all[x.key], func(y *landing) bool { return y == x }); len(l.all[x.key]) == 0 {
			delete(l.all, x.key)
		}
	}
}

// where returns the position of a message that has been sent; zero if it cannot be found soon.
func (f *Feature) where(ctx context.Context, x *landing) madang.Position {
	select {
	case at := <-x.pos:
		return at
	default:
	}
	if at, ok := f.published(ctx, x.key); ok || x.old {
		return at
	}
	ctx, done := context.WithTimeout(ctx, landTime)
	defer done()
	select {
	case at := <-x.pos:
		return at
	case <-ctx.Done():
	}
	at, _ := f.published(context.WithoutCancel(ctx), x.key) // by another node
	return at
}

// published looks for a message in what is kept of its channel.
func (f *Feature) published(ctx context.Context, key landingKey) (at madang.Position, ok bool) {
	page, err := f.hub.History(ctx, key.channel, madang.HistoryQuery{Reverse: true, Limit: MaxHistory, Mask: madang.Messages})
	if err != nil {
		f.log.Debug("chat: where a message was published cannot be looked up", "channel", key.channel.String(), "error", err)
		return at, false
	}
	for _, e := range page.Events {
		if e.Message != nil && e.Message.ID == key.id && e.Message.Sender.User == key.sender {
			return e.Pos, true
		}
	}
	return at, false
}
