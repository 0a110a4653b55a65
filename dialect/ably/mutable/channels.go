package mutable

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"sync"

	"madang"
	"madang/dialect/ably/capability"
	"madang/dialect/ably/edits"
	"madang/dialect/ably/shape"
)

// Options are what Channels work with.
type Options struct {
	// Patterns are the channels whose messages can be changed and annotated, written as in capabilities: "*" is all,
	// "chat:*" those that begin with chat: and have one segment more or several.
	Patterns []string
	// Retain says how much of a channel is kept; what is older than that cannot be changed.
	Retain func(madang.Channel) madang.Retention
	// MaxMessage is the size of a message in bytes, with what was appended to it.
	MaxMessage int
	// Kept reports whether the messages of a channel are kept elsewhere, where alone they can be changed; nil: none's are.
	// They can be annotated all the same.
	Kept func(context.Context, madang.Channel) (bool, error)
	// Log gets what goes wrong on this side; nil: nobody.
	Log *slog.Logger
}

// Channels change messages. They are safe for concurrent use.
type Channels struct {
	hub     *madang.Hub
	o       Options
	allowed capability.Set
	log     *slog.Logger

	seed  maphash.Seed
	locks [64]chan struct{} // by channel; of room for one: a change is seen by the next one on this node

	mu  sync.Mutex
	due map[madang.Channel]map[string]bool // messages whose annotations have changed, by serial; while somebody sees to them
}

// Kinds are those of the events that a channel's messages are made of.
const Kinds = madang.Messages | madang.Asides | madang.Notes

// New returns what changes messages on a hub.
func New(hub *madang.Hub, o Options) (*Channels, error) {
	allowed, err := ParsePatterns(o.Patterns)
	if err != nil {
		return nil, err
	}
	c := &Channels{hub: hub, o: o, allowed: allowed, log: o.Log, seed: maphash.MakeSeed(), due: map[madang.Channel]map[string]bool{}}
	for i := range c.locks {
		c.locks[i] = make(chan struct{}, 1)
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	return c, nil
}

// ParsePatterns reads patterns of channels. The error says which is wrong.
func ParsePatterns(patterns []string) (capability.Set, error) {
	all := map[string][]string{}
	for _, p := range patterns {
		b, err := json.Marshal(map[string][]string{p: {"*"}})
		if err == nil {
			_, err = capability.Parse(string(b))
		}
		if err != nil {
			return capability.Set{}, fmt.Errorf("mutable: %q is no pattern of channels: %w", p, err)
		}
		all[p] = []string{"*"}
	}
	if len(all) == 0 {
		return capability.Set{}, nil
	}
	b, err := json.Marshal(all)
	if err != nil {
		return capability.Set{}, fmt.Errorf("mutable: %w", err)
	}
	return capability.Parse(string(b))
}

// Allowed reports whether messages of a channel can be changed and annotated.
func (c *Channels) Allowed(ch madang.Channel) bool { return c.allowed.Ops(ch.Name) != 0 }

// Check is Allowed with the error for the client.
func (c *Channels) Check(ch madang.Channel) error {
	if c.Allowed(ch) {
		return nil
	}
	return shape.Info(shape.CodeMutable, "Messages of this channel cannot be updated, deleted, appended to or annotated; "+
		"the server's setting mutable names the channels where they can.")
}

// lock takes the lock of a channel, and returns what gives it back. It fails if ctx ends before.
func (c *Channels) lock(ctx context.Context, ch madang.Channel) (unlock func(), err error) {
	l := c.locks[maphash.String(c.seed, ch.Name)%uint64(len(c.locks))]
	select {
	case l <- struct{}{}:
		return func() { <-l }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("change a message of %s: %w", ch, ctx.Err())
	}
}

// missing is what is said of messages that are not there.
func missing() error {
	return shape.Info(shape.CodeNotFound, "There is no such message, or it is no longer kept.")
}

// Message returns a message with all that has happened to it. One that is not there is an error for the client.
func (c *Channels) Message(ctx context.Context, ch madang.Channel, serial string) (*edits.Message, error) {
	at, ok := shape.ParseSerial(serial)
	if !ok || at.Offset == 0 || shape.MessageSerial(at) != serial {
		return nil, shape.Info(shape.CodeBadValue, "This is not the serial of a message.")
	}
	before := madang.Position{Epoch: at.Epoch, Offset: at.Offset - 1}
	page, err := c.hub.History(ctx, ch, madang.HistoryQuery{Since: before, Mask: Kinds})
	if errors.Is(err, madang.ErrLost) { // it was changed lately, or is gone, or never was
		page, err = c.hub.History(ctx, ch, madang.HistoryQuery{Mask: Kinds})
	}
	if err != nil {
		return nil, err
	}
	var log edits.Log
	for _, e := range page.Events {
		if e.Pos == at || edits.About(e, serial) {
			log.Add(e)
		}
	}
	if m := log.Message(serial); m != nil {
		return m, nil
	}
	return nil, missing()
}

// Messages returns all of a channel's messages that are kept, in the order in which they were published first, and where the
// channel stands.
func (c *Channels) Messages(ctx context.Context, ch madang.Channel) ([]*edits.Message, madang.Position, error) {
	page, err := c.hub.History(ctx, ch, madang.HistoryQuery{Mask: Kinds})
	if err != nil {
		return nil, madang.Position{}, err
	}
	var log edits.Log
	for _, e := range page.Events {
		log.Add(e)
	}
	return log.Messages(), page.Top, nil
}

// Latest returns a message as it is now, with what its annotations come to.
func (c *Channels) Latest(m *edits.Message) *madang.Message { return m.Summed(c.o.MaxMessage) }
