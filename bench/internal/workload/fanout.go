//go:build linux

package workload

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"madang/bench/internal/load"
	"madang/bench/internal/stats"
)

func burst(ctx context.Context, s *session) (Values, error) {
	return fanOut(ctx, s, s.scale.Fan, s.scale.Burst)
}

func oneByOne(ctx context.Context, s *session) (Values, error) {
	return fanOut(ctx, s, s.scale.Fan, 1)
}

func large(ctx context.Context, s *session) (Values, error) {
	return fanOut(ctx, s, s.scale.Large, s.scale.LargeBurst)
}

// fanOut has one publisher, which gets nothing of its own, and n others.
func fanOut(ctx context.Context, s *session, n, inFlight int) (Values, error) {
	members, err := s.open(ctx, n, func(int) string { return "room" })
	if err != nil {
		return nil, err
	}
	publisher, err := s.openPublisher(ctx, "room")
	if err != nil {
		return nil, err
	}
	latency := new(stats.Histogram)
	room := load.NewRoom("room", s.scale.Data, publisher, members, latency)
	return s.closedLoop(ctx, []*load.Room{room}, inFlight, latency)
}

// rooms has many small rooms whose members publish in turn.
func rooms(ctx context.Context, s *session) (Values, error) {
	size := s.scale.Members
	name := func(i int) string { return "room" + strconv.Itoa(i/size) }
	members, err := s.open(ctx, s.scale.Rooms*size, name)
	if err != nil {
		return nil, err
	}
	latency := new(stats.Histogram)
	var all []*load.Room
	for i := 0; i < len(members); i += size {
		in := members[i : i+size]
		all = append(all, load.NewRoom(name(i), s.scale.Data, in, in, latency))
	}
	return s.closedLoop(ctx, all, 1, latency)
}

// closedLoop keeps inFlight messages of every room in flight and measures for
// one window. Then it waits for all that was published and checks it.
func (s *session) closedLoop(ctx context.Context, all []*load.Room, inFlight int, latency *stats.Histogram) (Values, error) {
	for _, r := range all {
		r.Start(inFlight)
	}
	if err := s.RunFor(ctx, s.scale.Warm); err != nil {
		return nil, err
	}
	before, err := s.read()
	if err != nil {
		return nil, err
	}
	latency.Reset()
	if err := s.RunFor(ctx, s.scale.Window); err != nil {
		return nil, err
	}
	after, err := s.read()
	if err != nil {
		return nil, err
	}
	if latency.Count() == 0 {
		return nil, errors.Join(errors.New("nothing was delivered"), s.Lost())
	}
	used := before.until(after)
	values := used.perOperation(s.name, int(latency.Count()))
	if s.Aside != nil {
		values[s.name+".aside"] = used.aside.Seconds() / float64(latency.Count()) * 1e6
	}
	values[s.name+".p50"] = ms(latency.Quantile(0.50))
	values[s.name+".p99"] = ms(latency.Quantile(0.99))
	for _, r := range all {
		r.Stop()
	}
	return values, s.arrived(ctx, all)
}

// arrived waits until every member of all rooms has got every message.
func (s *session) arrived(ctx context.Context, all []*load.Room) error {
	open := all
	err := s.RunUntil(ctx, s.scale.Arrive, func() bool {
		for len(open) > 0 && (open[0].Complete() || open[0].Fault() != nil) {
			open = open[1:]
		}
		return len(open) == 0 || s.Lost() != nil
	})
	if lost := s.Lost(); lost != nil {
		return lost
	}
	for _, r := range all {
		if fault := r.Fault(); fault != nil {
			return fault
		}
	}
	if errors.Is(err, load.ErrTimeout) {
		return fmt.Errorf("messages are missing: %d rooms do not have everything %v after the last publish", len(open), s.scale.Arrive)
	}
	return err
}
