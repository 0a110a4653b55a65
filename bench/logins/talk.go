//go:build linux

package main

import (
	"context"
	"fmt"
	"time"

	"madang/bench/internal/load"
	"madang/bench/internal/proc"
	"madang/bench/internal/stats"
	"madang/bench/internal/wire"
)

const (
	dataSize    = 128 // bytes of a message
	sampleEvery = 100 * time.Millisecond
	keepAlive   = 20 * time.Second
	arrive      = 30 * time.Second // for what is still under way when a period ends
)

// A talk is a room in which messages flow, on connections that stay open throughout.
type talk struct {
	loop   *load.Loop
	room   *load.Room
	server *proc.Server
	rate   int
	way    *stats.Histogram // of messages, from their publisher to members
}

// begin opens the connections, in the Pusher protocol.
func begin(ctx context.Context, server *proc.Server, secret string, o *options) (*talk, error) {
	loop, err := load.NewLoop(server.Port, wire.Pusher{Secret: secret})
	if err != nil {
		return nil, err
	}
	members, err := loop.Open(ctx, o.members, 32, func(int) load.Spec { return load.Spec{Who: wire.Who{Room: "room"}} })
	if err == nil {
		_, err = loop.Every(keepAlive, func(int) { loop.SendAll(loop.Protocol().KeepAlive()) })
	}
	if err != nil {
		loop.Close()
		return nil, fmt.Errorf("open the room: %w", err)
	}
	t := &talk{loop: loop, server: server, rate: o.rate, way: &stats.Histogram{}}
	t.room = load.NewRoom("room", dataSize, members[:1], members, t.way)
	return t, nil
}

// listen publishes for a time and returns what the members noticed. It fails if one of them missed a message.
func (t *talk) listen(ctx context.Context, d time.Duration) (period, error) {
	t.way.Reset()
	from, err := t.server.CPU()
	if err != nil {
		return period{}, err
	}
	var most int64
	var failed error
	stopSampling, err := t.loop.Every(sampleEvery, func(int) {
		now, err := t.server.RSS()
		if err != nil {
			failed = err
		}
		most = max(most, now)
	})
	if err != nil {
		return period{}, err
	}
	defer stopSampling()
	left := int(d.Seconds() * float64(t.rate))
	stopPublishing, err := t.loop.Every(time.Second/time.Duration(t.rate), func(times int) {
		for range min(times, left) {
			t.room.Publish()
			left--
		}
	})
	if err != nil {
		return period{}, err
	}
	defer stopPublishing()
	done := func() bool {
		return left == 0 && t.room.Complete() || t.room.Fault() != nil || t.loop.Lost() != nil || failed != nil
	}
	err = t.loop.RunUntil(ctx, d+arrive, done)
	for _, also := range []error{t.loop.Lost(), t.room.Fault(), failed} {
		if also != nil {
			err = also
		}
	}
	if err != nil {
		return period{}, err
	}
	to, err := t.server.CPU()
	return periodOf(t.way, most, to-from), err
}
