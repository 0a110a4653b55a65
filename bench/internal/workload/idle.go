//go:build linux

package workload

import (
	"context"
	"strconv"
	"time"

	"madang/bench/internal/load"
	"madang/bench/internal/stats"
)

const (
	startPause     = 500 * time.Millisecond // until a fresh server is at rest
	broadcastPause = 100 * time.Millisecond
)

// BeatsPeriod is how long the idle workload has to rest until everybody has been asked once whether they are there.
const BeatsPeriod = 30 * time.Second

// idle reads the server's memory with many connections, ten in each room,
// before and after a few broadcasts.
func idle(ctx context.Context, s *session) (Values, error) {
	if err := s.RunFor(ctx, min(startPause, s.scale.Settle)); err != nil {
		return nil, err
	}
	base, err := s.Server.RSS()
	if err != nil {
		return nil, err
	}
	size := s.scale.Members
	name := func(i int) string { return "room" + strconv.Itoa(i/size) }
	clients, err := s.open(ctx, s.scale.Idle, name)
	if err != nil {
		return nil, err
	}
	before, err := s.read()
	if err != nil {
		return nil, err
	}
	if err := s.RunFor(ctx, s.scale.Settle); err != nil {
		return nil, err
	}
	after, err := s.read()
	if err != nil {
		return nil, err
	}
	quiet, err := s.Server.RSS()
	if err != nil {
		return nil, err
	}
	if err := s.broadcast(ctx, clients, size, name); err != nil {
		return nil, err
	}
	if err := s.RunFor(ctx, s.scale.Settle); err != nil {
		return nil, err
	}
	talked, err := s.Server.RSS()
	if err != nil {
		return nil, err
	}
	perConnection := func(rss int64) float64 { return float64(rss-base) / 1024 / float64(len(clients)) }
	values := Values{
		s.name + ".memory": perConnection(quiet),
		s.name + ".after":  perConnection(talked),
		s.name + ".base":   float64(base) / (1 << 20),
	}
	if s.scale.Settle >= BeatsPeriod {
		rest := before.until(after)
		values[s.name+".beats"] = rest.server.Seconds() / rest.at.Seconds() / float64(len(clients)) * 1e6
	}
	return values, nil
}

// broadcast publishes a few messages to every room, all from one connection
// unless only a member can.
func (s *session) broadcast(ctx context.Context, clients []*load.Client, size int, name func(int) string) error {
	latency := new(stats.Histogram)
	var all []*load.Room
	for i := 0; i < len(clients); i += size {
		in := clients[i:min(i+size, len(clients))]
		publisher := clients[:1]
		if s.Protocol().LeavesOut() {
			publisher = in[:1]
		}
		all = append(all, load.NewRoom(name(i), s.scale.Data, publisher, in, latency))
	}
	for range s.scale.Broadcasts {
		for _, r := range all {
			r.Publish()
		}
		if err := s.arrived(ctx, all); err != nil {
			return err
		}
		if err := s.RunFor(ctx, broadcastPause); err != nil {
			return err
		}
	}
	return nil
}
