package madang

import (
	"context"
	"time"
)

// A Broker carries events between the nodes of a cluster and keeps the recent ones of channels that have a history.
// [NewMemory] serves one process and is the reference; madangtest has the suite that every Broker must pass.
type Broker interface {
	// Publish gives each event its position in its channel's stream, appends it there if keep says so, and delivers
	// it to every node that subscribes, this one included. Both happen or neither. The events of one channel are
	// delivered in the order of their positions; delivery is at most once, and a gap shows in the positions.
	// The broker owns the events afterwards.
	Publish(ctx context.Context, events []*Event, keep Retention) ([]Position, error)

	// Subscribe makes this node receive the channels' events: all that are published after it has returned. The Hub
	// calls it for the first local subscriber, and Unsubscribe after the last.
	Subscribe(ctx context.Context, channels ...Channel) error
	Unsubscribe(ctx context.Context, channels ...Channel) error

	// History returns a page of a channel's stream, or [ErrLost] when the position asked for is no longer there: when
	// something of the kinds asked for came after it and is not kept. Asides, notes and transient messages that were never
	// meant to be kept are not missed.
	History(ctx context.Context, c Channel, q HistoryQuery) (Page, error)

	// Start begins to deliver to r and returns when deliveries flow.
	Start(ctx context.Context, r Receiver) error

	// Close ends deliveries.
	Close() error
}

// A Receiver takes what a Broker delivers. Calls for one channel come one after another; calls for different channels
// may come at once. Receive does not wait for readers.
type Receiver interface{ Receive(*Event) }

// Retention says how much of a channel's stream is kept. The zero value keeps nothing.
type Retention struct {
	Count int           // messages, with asides and notes among them
	Age   time.Duration // 0: no limit of age

	// Presence keeps changes of the presence set as well: as many as messages and for as long, but counted apart, so that
	// people who come and go drive no message out.
	Presence bool
}

// of returns how many events of a kind are kept.
func (r Retention) of(k Kind) int {
	switch {
	case spoken.has(k), Presences.has(k) && r.Presence:
		return max(r.Count, 0)
	}
	return 0
}

// HistoryQuery selects a page of a stream.
type HistoryQuery struct {
	Mask    Mask     // which kinds of events; zero: messages
	Since   Position // exclusive; zero: from the oldest kept (or the newest, with Reverse)
	Limit   int      // entries; 0: all that is kept
	Reverse bool     // newest first
}

// A Page is a part of a stream. Top is the position of the newest event of the channel, kept or not.
type Page struct {
	Events []*Event
	Top    Position
	More   bool
}
