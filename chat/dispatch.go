package chat

import (
	"context"
	"fmt"
	"sync"
	"time"

	"madang"
)

const (
	publishTime   = 5 * time.Second // how long one publication may take
	dispatchBatch = 256             // entries published at a time
	retryAfter    = time.Second     // when the broker did not take an entry
	lookEvery     = time.Second     // for entries whose claimant has died, or that were postponed
)

// A dispatcher publishes what is in the outbox. A message is published by whoever stored it if no older one of its room
// waits; all others are left to the dispatcher of some node, which claims them in the order of their room. As entries of
// a room are handed out only when the older ones are done, each room is published in the order of its seqs, whatever the
// number of nodes. Who has finished an entry looks for the next: so none stays behind.
type dispatcher struct {
	f    *Feature
	wake chan struct{}

	mu    sync.Mutex
	acked []int64 // published; the store does not know yet

	round sync.Mutex // one round at a time
}

func newDispatcher(f *Feature) *dispatcher {
	return &dispatcher{f: f, wake: make(chan struct{}, 1)}
}

// nudge makes the dispatcher look.
func (d *dispatcher) nudge() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// recover frees what this node held when it died, and publishes all that is free.
func (d *dispatcher) recover(ctx context.Context) error {
	if _, err := d.f.rules.store.Release(ctx, d.f.rules.node); err != nil {
		return fmt.Errorf("free what this node had left unpublished: %w", err)
	}
	return d.drain(ctx)
}

func (d *dispatcher) run() {
	t := time.NewTicker(min(lookEvery, d.f.rules.lease/2))
	defer t.Stop()
	for {
		select {
		case <-d.f.life.Done():
			return
		case <-d.wake:
		case <-t.C:
		}
		if err := d.drain(d.f.life); err != nil && d.f.life.Err() == nil {
			d.f.log.Warn("chat: publishing what is stored was interrupted, and goes on later", "error", err)
		}
	}
}

// drain settles what has been published and publishes whatever is free, until there is nothing.
func (d *dispatcher) drain(ctx context.Context) error {
	d.round.Lock()
	defer d.round.Unlock()
	for {
		if err := d.settle(ctx); err != nil {
			return err
		}
		now := d.f.rules.now()
		list, err := d.f.rules.store.Claim(ctx, Claim{
			By: d.f.rules.node, Now: now, Until: now.Add(d.f.rules.lease), Limit: dispatchBatch,
		})
		if err != nil {
			return fmt.Errorf("claim: %w", err)
		}
		if len(list) == 0 {
			return nil
		}
		if err := d.publish(ctx, list, d.namesOf(ctx, list)); err != nil {
			return err
		}
	}
}

// settle tells the store what has been published.
func (d *dispatcher) settle(ctx context.Context) error {
	d.mu.Lock()
	ids := d.acked
	d.acked = nil
	d.mu.Unlock()
	if len(ids) == 0 {
		return nil
	}
	if err := d.f.rules.store.Ack(ctx, ids...); err != nil {
		d.mu.Lock()
		d.acked = append(d.acked, ids...)
		d.mu.Unlock()
		return fmt.Errorf("acknowledge: %w", err)
	}
	return nil
}

// publish publishes entries that this node holds, in their order. It does not end with the request that caused it.
func (d *dispatcher) publish(ctx context.Context, list []OutboxEntry, names map[UserRef]User) error {
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), min(publishTime, d.f.rules.lease/2))
	defer done()
	ids := make([]int64, 0, len(list))
	var own, elsewhere []*madang.Message
	for _, e := range list {
		ids = append(ids, e.ID)
		ev, also := d.f.messageEvents(e, names)
		own, elsewhere = append(own, ev...), append(elsewhere, also...)
	}
	// All in one call: to most brokers that is one trip. What fails in part is published again as a whole, so that no place
	// misses a message that another one has; the seqs tell what has come twice.
	at, err := d.f.hub.Publish(ctx, append(own, elsewhere...)...)
	if err != nil {
		until := d.f.rules.now().Add(retryAfter)
		if err := d.f.rules.store.Postpone(context.WithoutCancel(ctx), until, ids...); err != nil {
			d.f.log.Warn("chat: entries of the outbox wait for the end of their lease", "count", len(ids), "error", err)
		}
		return fmt.Errorf("publish %d messages: %w", len(list), err)
	}
	for i, m := range elsewhere {
		d.f.landings.landed(m, at[len(own)+i])
	}
	d.mu.Lock()
	d.acked = append(d.acked, ids...)
	d.mu.Unlock()
	return nil
}

// messageEvents are what clients hear of a new message: itself, and that its sender has read everything up to it; and the
// message once more in each place where others listen.
func (f *Feature) messageEvents(e OutboxEntry, names map[UserRef]User) (own, elsewhere []*madang.Message) {
	m := e.Message
	s := said{Message: m, name: names[UserRef{App: m.Room.App, ID: m.Sender}].Name}
	s.view = encode(viewMessage(m, s.name))
	own = append(own, event(RoomChannel(m.Room), eventMessage, m.Sender, s.view))
	for _, p := range f.places {
		if !p.hears(m.Room.ID) {
			continue
		}
		also := p.say(s)
		also.Channel, also.Sender = p.channel(m.Room), madang.Sender{User: m.Sender}
		elsewhere = append(elsewhere, also)
	}
	for _, out := range [][]*madang.Message{own, elsewhere} {
		for _, told := range out {
			told.Skip = e.Skip
		}
	}
	if m.Sender != "" {
		own = append(own, f.readEvent(m.Room, e.Members, m.Sender, m.Seq))
	}
	return own, elsewhere
}

// readEvent says how far a member has read: to all, or in a large room to themselves.
func (f *Feature) readEvent(ref RoomRef, members int, user string, seq int64) *madang.Message {
	to := RoomChannel(ref)
	if members > f.rules.config.ReceiptMembers {
		to = madang.UserChannel(ref.App, user)
	}
	return event(to, eventRead, user, readEvent{Room: ref.ID, User: user, Seq: seq})
}

// namesOf looks up the senders. Without their names messages are published all the same.
func (d *dispatcher) namesOf(ctx context.Context, list []OutboxEntry) map[UserRef]User {
	byApp := map[string][]string{}
	for _, e := range list {
		byApp[e.Message.Room.App] = append(byApp[e.Message.Room.App], e.Message.Sender)
	}
	names := map[UserRef]User{}
	for app, ids := range byApp {
		users, err := d.f.rules.store.Users(ctx, app, ids...)
		if err != nil {
			d.f.log.Warn("chat: names of senders could not be looked up", "error", err)
		}
		for _, u := range users {
			names[u.Ref] = u
		}
	}
	return names
}
