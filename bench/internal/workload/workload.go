//go:build linux

package workload

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"madang/bench/internal/load"
	"madang/bench/internal/proc"
	"madang/bench/internal/wire"
)

// Values are the figures of one run, by key ("burst.cpu").
type Values map[string]float64

// A Workload is one thing done to a server.
type Workload struct {
	Name   string                      // the first part of its keys
	Title  string                      // for the progress line
	Expect func(s Scale) time.Duration // about how long it takes
	run    func(context.Context, *session) (Values, error)
}

// All returns the workloads in the order in which they run and are reported.
func All() []Workload {
	return []Workload{
		{Name: "burst", Title: "fan-out in bursts", Expect: window, run: burst},
		{Name: "one", Title: "fan-out one by one", Expect: window, run: oneByOne},
		{Name: "large", Title: "large fan-out", Expect: window, run: large},
		{Name: "rooms", Title: "small rooms", Expect: window, run: rooms},
		{Name: "ack", Title: "acknowledgements", Expect: window, run: acks},
		{Name: "connect", Title: "connects", Expect: func(s Scale) time.Duration { return perSecond(s.Connects) }, run: connects},
		{Name: "idle", Title: "idle memory", Expect: func(s Scale) time.Duration {
			return perSecond(s.Idle) + 2*s.Settle + time.Duration(s.Broadcasts)*broadcastPause
		}, run: idle},
		{Name: "stalled", Title: "stalled readers", Expect: func(s Scale) time.Duration {
			return s.Warm + 2*s.StalledTime + 2*stalledPause
		}, run: stalled},
	}
}

// perSecond is the time that n connections take at an ordinary pace.
func perSecond(n int) time.Duration { return time.Duration(n) * time.Second / 2500 }

func window(s Scale) time.Duration { return s.Warm + s.Window + time.Second }

// Run measures a server that has just been started. The secret signs the
// connections' tokens.
func (w Workload) Run(ctx context.Context, server *proc.Server, secret string, scale Scale) (Values, error) {
	loop, err := load.NewLoop(server.Port)
	if err != nil {
		return nil, err
	}
	defer loop.Close()
	s := &session{Loop: loop, server: server, scale: scale, secret: secret}
	values, err := w.run(ctx, s)
	if err == nil {
		err = loop.Lost()
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", w.Title, err)
	}
	return values, nil
}

// A session is one run of one workload.
type session struct {
	*load.Loop
	server *proc.Server
	scale  Scale
	secret string
	opened int
}

// open opens n connections; room names what connection i joins, nil for none.
func (s *session) open(ctx context.Context, n int, room func(i int) string) ([]*load.Client, error) {
	return s.openAs(ctx, n, load.Spec{}, room)
}

// openAs is open with connections like spec.
func (s *session) openAs(ctx context.Context, n int, spec load.Spec, room func(i int) string) ([]*load.Client, error) {
	now := time.Now()
	return s.Open(ctx, n, s.scale.Parallel, func(i int) load.Spec {
		s.opened++
		spec.Token = wire.Token(s.secret, "user-"+strconv.Itoa(s.opened), now)
		if room != nil {
			spec.Room = room(i)
		}
		return spec
	})
}

// A reading is what was used up to a moment.
type reading struct {
	at, server, own time.Duration
	reads           int64
}

func (s *session) read() (reading, error) {
	cpu, err := s.server.CPU()
	if err != nil {
		return reading{}, err
	}
	return reading{at: s.Now(), server: cpu, own: proc.OwnCPU(), reads: s.Reads()}, nil
}

// A span is what was used between two readings.
func (r reading) until(end reading) reading {
	return reading{at: end.at - r.at, server: end.server - r.server, own: end.own - r.own, reads: end.reads - r.reads}
}

// perOperation returns the figures every throughput workload has, for n
// operations within the span r.
func (r reading) perOperation(name string, n int) Values {
	return Values{
		name + ".cpu":       r.server.Seconds() / float64(n) * 1e6,
		name + ".rate":      float64(n) / r.at.Seconds(),
		name + ".perread":   float64(n) / float64(max(1, r.reads)),
		name + ".cores":     r.server.Seconds() / r.at.Seconds(),
		name + ".generator": r.own.Seconds() / r.at.Seconds(),
	}
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
