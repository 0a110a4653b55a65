package redis

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"madang"
)

// Bounds of one script: others wait while it runs.
const (
	maxBatchEvents = 256
	maxBatchBytes  = 4 << 20
)

// Shelves of a stream. Events on none are missed by nobody.
const (
	noShelf = iota
	spokenShelf
	presenceShelf
)

const (
	spoken = madang.Messages | madang.Asides | madang.Notes
	orders = 1 << 4 // events between hubs, see madang.Control; their publisher says which of them may not be missed
)

func has(m madang.Mask, k madang.Kind) bool { return m&(1<<k) != 0 }

// A batch is what one script publishes: events of one partition.
type batch struct {
	p     *partition
	at    []int // which of the events that Publish was given
	chans map[madang.Channel]int
	keys  []string
	args  []string
	size  int
}

// Publish implements [madang.Broker]. The events of a partition are one script, up to 256 events and 4 MiB. If some scripts
// fail the positions of their events are zero.
func (b *Broker) Publish(ctx context.Context, events []*madang.Event, keep madang.Retention) ([]madang.Position, error) {
	positions := make([]madang.Position, len(events))
	rounds := b.batches(events, keep)
	var errs []error
	failed := map[*partition]bool{}
	for _, round := range rounds {
		errs = append(errs, b.publishAll(ctx, round, failed, positions)...)
	}
	published := 0
	for i, e := range events {
		e.Pos = positions[i]
		if e.Message != nil {
			e.Message.Pos = e.Pos
		}
		if e.Pos != (madang.Position{}) {
			published++
		}
	}
	b.count.published.Add(uint64(published))
	if len(errs) > 0 {
		b.count.refused.Add(uint64(len(events) - published))
		if published == 0 {
			positions = nil
		}
		return positions, fmt.Errorf("redis: publish, %d of %d events done: %w", published, len(events), errors.Join(errs...))
	}
	return positions, nil
}

// batches shares events out. Batches of one round go to different partitions; those of the next round come after them, so
// that the events of a channel stay in their order.
func (b *Broker) batches(events []*madang.Event, keep madang.Retention) (rounds [][]*batch) {
	last, round := map[*partition]*batch{}, map[*partition]int{}
	var head []string
	for i, e := range events {
		p, s := b.partition(e.Channel)
		text := encode(e)
		x := last[p]
		if x == nil || len(x.at) == maxBatchEvents || x.size+len(text) > maxBatchBytes {
			if head == nil {
				head = b.head(keep)
			}
			x = &batch{p: p, chans: map[madang.Channel]int{}, keys: []string{p.keys.here()}, args: append(make([]string, 0, 9), head...)}
			last[p] = x
			n := round[p]
			round[p]++
			if n == len(rounds) {
				rounds = append(rounds, nil)
			}
			rounds[n] = append(rounds[n], x)
		}
		n, ok := x.chans[e.Channel]
		if !ok {
			n = len(x.chans) + 1
			x.chans[e.Channel] = n
			x.keys = append(x.keys, p.keys.stream(s), p.keys.spoken(s), p.keys.presence(s))
		}
		x.at = append(x.at, i)
		x.size += len(text)
		x.args = append(x.args, strconv.Itoa(n), strconv.Itoa(shelfOf(e, keep)), string(text))
	}
	return rounds
}

// head is what the script is told about all of its events.
func (b *Broker) head(keep madang.Retention) []string {
	command, ttl := "PUBLISH", b.config.Forget
	if b.cluster {
		command = "SPUBLISH"
	}
	age, count, presence := max(keep.Age, 0), max(keep.Count, 0), 0
	if keep.Presence {
		presence = count
	}
	if count > 0 {
		if ttl = max(age, b.config.Forget); age == 0 {
			ttl = max(b.config.MaxAge, b.config.Forget)
		}
	}
	if age > 0 {
		age = max(age, time.Millisecond)
	}
	return []string{
		command, freshEpoch(), milliseconds(age), milliseconds(ttl), strconv.Itoa(count), strconv.Itoa(presence),
	}
}

func milliseconds(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

// shelfOf says where an event belongs.
func shelfOf(e *madang.Event, keep madang.Retention) int {
	switch {
	case has(madang.Presences, e.Kind):
		return presenceShelf
	case !has(spoken|orders, e.Kind):
		return noShelf
	case keep.Count > 0:
		return spokenShelf
	case e.Kind != madang.MessageEvent || e.Message != nil && e.Message.Transient:
		return noShelf // it was of interest only now, or is about something that is kept: nobody misses it
	}
	return spokenShelf
}

// publishAll runs the batches of a round, and notes the positions.
func (b *Broker) publishAll(ctx context.Context, round []*batch, failed map[*partition]bool, positions []madang.Position) (errs []error) {
	var calls []call
	var sent []*batch
	for _, x := range round {
		err := x.p.refuse()
		if err == nil && failed[x.p] {
			continue // later events must not overtake those that were not published
		}
		if err != nil {
			failed[x.p] = true
			errs = append(errs, err)
			continue
		}
		calls, sent = append(calls, call{b.scripts.publish, x.keys, x.args}), append(sent, x)
	}
	if len(calls) == 0 {
		return errs
	}
	for i, r := range b.run(ctx, calls...) {
		reply, err := r.AsStrSlice()
		if err == nil && len(reply) != 2*len(sent[i].at) {
			err = fmt.Errorf("%d positions for %d events", len(reply)/2, len(sent[i].at))
		}
		if err != nil {
			failed[sent[i].p] = true
			errs = append(errs, b.explain(ctx, err))
			continue
		}
		for k, at := range sent[i].at {
			offset, _ := strconv.ParseUint(reply[2*k+1], 10, 64) // the script's own number
			positions[at] = madang.Position{Epoch: reply[2*k], Offset: offset}
		}
	}
	return errs
}
