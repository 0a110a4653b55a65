package chat

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"madang"
)

// A Feature is chat on a hub: a Service whose changes are heard at once. It answers the procedures of chat and tells the
// connections it has welcomed what happens in their rooms. Make it with Open, then Start it.
type Feature struct {
	rules  *Service
	hub    *madang.Hub
	log    *slog.Logger
	policy madang.Policy
	seen   *seenCache
	lobby  lobby
	places []place
	guests *guestbook

	landings landings

	outbox  *dispatcher
	teller  *teller
	people  *people
	changes *changer

	life    context.Context
	stop    context.CancelFunc
	running sync.WaitGroup
}

// Open makes the feature and registers its procedures; the hub must not be running yet. The hub must be given Observer
// and Policy, or something that asks them. The store stays the caller's to close, after Close.
func Open(hub *madang.Hub, store Store, c Config, options ...Option) (*Feature, error) {
	s, err := New(c, store, options...)
	if err != nil {
		return nil, err
	}
	if s.node == "" {
		s.node = "node-" + string(hub.Node())
	}
	f := &Feature{
		rules: s, hub: hub, log: s.log, policy: Policy(), seen: newSeenCache(s.now),
		places: c.places(), guests: newGuestbook(hub),
	}
	f.life, f.stop = context.WithCancel(context.Background())
	f.outbox = newDispatcher(f)
	f.teller = newTeller(f)
	f.people = newPeople(f)
	f.changes = newChanger(f)
	for name, p := range f.procedures() {
		hub.Handle(name, p)
	}
	return f, nil
}

// Start publishes what was left unpublished when this node, or another one, died, and goes on until Close.
func (f *Feature) Start(ctx context.Context) error {
	if f.life.Err() != nil {
		return fmt.Errorf("chat: start: %w", errStopped)
	}
	if err := f.changes.listen(ctx); err != nil {
		return fmt.Errorf("chat: start: %w", err)
	}
	if err := f.outbox.recover(ctx); err != nil {
		return fmt.Errorf("chat: start: %w", err)
	}
	f.running.Go(f.outbox.run)
	f.running.Go(f.teller.run)
	f.running.Go(f.people.run)
	f.running.Go(f.changes.run)
	return nil
}

// Drain publishes what is committed and not published yet, as far as it can before ctx ends.
func (f *Feature) Drain(ctx context.Context) {
	if err := f.outbox.drain(ctx); err != nil && !errors.Is(err, context.Canceled) {
		f.log.Warn("chat: some messages will be published by another node or after the next start", "error", err)
	}
}

// Close ends what Start began. Calls that are under way may still finish.
func (f *Feature) Close() error {
	f.stop()
	f.running.Wait()
	f.people.close()
	f.changes.close()
	return nil
}

// Observer returns what the feature must be told of the hub: without it there are neither presence nor unread events, and
// connections that have ended are not forgotten.
func (f *Feature) Observer() *madang.Observer {
	return &madang.Observer{
		Joined: f.people.joined, Left: f.people.left, Received: f.teller.received, Closed: f.guests.closed,
	}
}

// UserOf returns who a principal is in chat.
func UserOf(p *madang.Principal) UserRef { return UserRef{App: p.App, ID: p.User} }
