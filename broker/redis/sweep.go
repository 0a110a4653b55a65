package redis

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"madang"
)

// Bounds of sweeping.
const (
	maxSwept   = 500            // entries that one script removes
	maxMissing = 16             // calls without an answer that are asked about; others' departures come when they are due
	tellTime   = time.Minute    // how long a departure waits for word that it was told, before it is reported again
	untoldTime = 24 * time.Hour // how long it is remembered after the last of its partition was reported
)

// missing are the sweeps of a partition whose answers did not arrive: what they have removed nobody was told of.
type missing struct {
	mu    sync.Mutex
	calls []string
	n     int // of calls there were
}

// next names a call, and returns those of which it is to ask.
func (m *missing) next(broker string) (name string, ask []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.n++
	ask, m.calls = m.calls, nil
	return broker + strconv.Itoa(m.n), ask
}

// add notes calls without an answer.
func (m *missing) add(calls ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls = append(m.calls, calls...)
	m.calls = m.calls[max(0, len(m.calls)-maxMissing):]
}

// A sweep is one call for a partition.
type sweep struct {
	p     *partition
	names []string // those of the calls of which it asks, and its own
}

// Sweep implements [madang.Presence]. What it has removed it returns even with an error. Redis remembers each departure until
// [Broker.Told], and it is reported again, by this Sweep or another node's, after a minute; and by the next one here if the answer
// of Redis was lost.
func (b *Broker) Sweep(ctx context.Context) ([]madang.Departure, error) {
	var gone []madang.Departure
	var errs []error
	todo := b.partitions
	for len(todo) > 0 && ctx.Err() == nil {
		var calls []call
		var asked []sweep
		for _, p := range todo {
			if err := p.refuse(); err != nil {
				errs = append(errs, err)
				continue
			}
			s, c := b.sweeping(p)
			asked, calls = append(asked, s), append(calls, c)
		}
		todo = nil
		if len(calls) == 0 {
			break
		}
		for i, r := range b.run(ctx, calls...) {
			some, err := readSwept(r.ToMessage())
			gone = append(gone, some...)
			if err != nil {
				asked[i].p.missing.add(asked[i].names...)
				errs = append(errs, b.explain(ctx, err))
			} else if len(some) > 0 {
				todo = append(todo, asked[i].p) // until there is nothing more
			}
		}
	}
	if len(errs) > 0 {
		return gone, fmt.Errorf("redis: sweep: %w", errors.Join(errs...))
	}
	return gone, nil
}

func (b *Broker) sweeping(p *partition) (sweep, call) {
	name, ask := p.missing.next(b.name + "-")
	return sweep{p, append(slices.Clip(ask), name)}, call{b.scripts.sweep,
		[]string{p.keys.leases(), p.keys.set(""), p.keys.users(""), p.keys.index(""), p.keys.due(), p.keys.gone()},
		append([]string{strconv.Itoa(maxSwept), name, milliseconds(tellTime), milliseconds(untoldTime)}, ask...),
	}
}

// Told says of departures that everybody has been told: they are not reported again.
func (b *Broker) Told(ctx context.Context, gone []madang.Departure) error {
	places := map[*partition][]string{}
	for _, d := range gone {
		p, s := b.partition(d.Channel)
		places[p] = append(places[p], placeHead(s)+string(d.Member.Conn))
	}
	var calls []call
	var errs []error
	for p, all := range places {
		if err := p.refuse(); err != nil {
			errs = append(errs, err)
			continue
		}
		for some := range slices.Chunk(all, maxSwept) {
			calls = append(calls, call{b.scripts.told, []string{p.keys.due(), p.keys.gone()}, some})
		}
	}
	if len(calls) > 0 {
		for _, r := range b.run(ctx, calls...) {
			if err := r.Error(); err != nil {
				errs = append(errs, b.explain(ctx, err))
			}
		}
	}
	if len(errs) > 0 {
		return fmt.Errorf("redis: note that departures were told: %w", errors.Join(errs...))
	}
	return nil
}
