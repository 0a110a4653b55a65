package madang

import (
	"context"
	"slices"
)

// tellAtOnce is how many departures are told with one call of the broker.
const tellAtOnce = 100

// A DepartureLedger is a [Presence] that remembers the departures which its Sweep reports, and reports them again after a
// while, to this node or another: until it is told that everybody knows. So none is lost with an answer that does not arrive,
// or with the node that was to tell it; one may be told twice.
type DepartureLedger interface {
	Presence
	// Told says of departures that everybody knows.
	Told(ctx context.Context, gone []Departure) error
}

// runSweep sweeps up after dead nodes.
func (h *Hub) runSweep() {
	for {
		select {
		case <-h.life.Done():
			return
		case <-h.sweeps:
		}
		gone, err := h.presence.Sweep(h.life)
		if err != nil {
			h.log.Warn("sweeping up after dead nodes failed", "error", err)
		}
		for some := range slices.Chunk(gone, tellAtOnce) {
			told := h.tellGone(h.life, some)
			if l, ok := h.presence.(DepartureLedger); ok && len(told) > 0 {
				if err := l.Told(h.life, told); err != nil {
					h.log.Warn("departures that were told may be told again", "error", err)
				}
			}
		}
	}
}

// tellGone tells of the departures of dead nodes' members, and returns those of which everybody has been told.
func (h *Hub) tellGone(ctx context.Context, gone []Departure) (told []Departure) {
	members := map[Retention][]Departure{}
	for _, d := range gone {
		if d.Channel == (Channel{Name: nodesName}) || h.sweptOccupied(d) { // a node, not a member of anything that people see
			told = append(told, d)
			continue
		}
		keep := h.presenceRetention(d.Channel)
		members[keep] = append(members[keep], d)
	}
	for keep, some := range members {
		events := make([]*Event, len(some))
		for i := range some {
			events[i] = &Event{Kind: LeaveEvent, Channel: some[i].Channel, Member: &some[i].Member, Last: some[i].Last}
		}
		at, err := h.broker.Publish(ctx, events, keep)
		if err != nil {
			h.log.Warn("departures could not be told", "error", err)
		}
		for i, d := range some {
			if err == nil || i < len(at) && at[i] != (Position{}) {
				h.observeDeparture(d)
				told = append(told, d)
			}
		}
	}
	return told
}
