//go:build linux

package workload

import (
	"context"
	"fmt"
	"time"

	"madang/bench/internal/callback"
	"madang/bench/internal/load"
	"madang/bench/internal/proc"
)

// Values are the figures of one run, by key ("burst.cpu").
type Values map[string]float64

// A Workload is one thing done to a server.
type Workload struct {
	Name     string                      // the first part of its keys
	Title    string                      // for the progress line
	Protocol string                      // what the server has to speak
	Expect   func(s Scale) time.Duration // about how long it takes
	run      func(context.Context, *session) (Values, error)
}

// All returns the workloads in the order in which they run: those of Socket.IO
// first, then those of the other protocols with their names before theirs
// ("pusher-burst").
func All() []Workload {
	socketIO := []Workload{
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
	var all []Workload
	for _, protocols := range together() {
		for _, w := range socketIO {
			for _, protocol := range protocols {
				if has(protocol, w.Name) {
					all = append(all, w.in(protocol))
				}
			}
		}
	}
	return all
}

// Cluster returns the workloads of several nodes in one protocol: what is published at any of them goes to subscribers at
// all of them.
func Cluster(protocol string) []Workload {
	var some []Workload
	for _, w := range All() {
		if w.Protocol == SocketIO && (w.Name == "burst" || w.Name == "one" || w.Name == "rooms") {
			some = append(some, w.in(protocol))
		}
	}
	return some
}

// in returns a workload as it is called in a protocol.
func (w Workload) in(protocol string) Workload {
	w.Protocol = protocol
	if protocol != SocketIO {
		w.Name, w.Title = protocol+"-"+w.Name, title(protocol)+", "+w.Title
	}
	return w
}

// perSecond is the time that n connections take at an ordinary pace.
func perSecond(n int) time.Duration { return time.Duration(n) * time.Second / 2500 }

func window(s Scale) time.Duration { return s.Warm + s.Window + time.Second }

// A Bed is what a workload runs on.
type Bed struct {
	Server *proc.Server // just started
	// Others are further nodes of the same cluster. Connections go to Server and
	// them in turn, and all are billed.
	Others []*proc.Server
	// Count returns figures of the nodes that only grow; what they grew by goes
	// into the values of a fan-out. Nil for none.
	Count func() (Values, error)
	// Aside is a process that the server leans on and that is not billed to
	// it, nil for none.
	Aside    *proc.Server
	Secret   string           // the server's: signs tokens and subscriptions
	Callback *callback.Server // where the server asks whom to let in; nil if it does not
}

// keepAlive is how often clients say that they are there, where it is up to
// them. Servers of these protocols wait for 45 seconds and more.
const keepAlive = 20 * time.Second

// Run measures a server.
func (w Workload) Run(ctx context.Context, bed Bed, scale Scale) (Values, error) {
	loop, err := load.NewLoop(bed.Server.Port, protocolOf(w.Protocol, bed.Secret))
	if err != nil {
		return nil, err
	}
	defer loop.Close()
	s := &session{Loop: loop, Bed: bed, name: w.Name, protocol: w.Protocol, scale: scale}
	if bed.Callback != nil {
		bed.Callback.Tell(loop.Admit)
		defer bed.Callback.Tell(nil)
	}
	if frame := loop.Protocol().KeepAlive(); frame != nil {
		if _, err := loop.Every(keepAlive, func(int) { loop.SendAll(frame) }); err != nil {
			return nil, err
		}
	}
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
	Bed
	name     string // of the workload, before its values' keys
	protocol string
	scale    Scale
	opened   int
	inRooms  int // connections that have joined a room
}

// open opens n connections; room names what connection i joins, nil for none.
func (s *session) open(ctx context.Context, n int, room func(i int) string) ([]*load.Client, error) {
	return s.openAs(ctx, n, load.Spec{}, room)
}

// openAs is open with connections like spec.
func (s *session) openAs(ctx context.Context, n int, spec load.Spec, room func(i int) string) ([]*load.Client, error) {
	now := time.Now()
	clients, err := s.Open(ctx, n, s.scale.Parallel, func(i int) load.Spec {
		s.opened++
		spec.Token = s.token(s.opened, now)
		spec.Port = s.nodes()[s.opened%(1+len(s.Others))].Port
		if room != nil {
			spec.Room = room(i)
		}
		return spec
	})
	if err != nil || room == nil {
		return clients, err
	}
	s.inRooms += n
	return clients, s.joined(ctx)
}

// nodes returns all nodes of the cluster.
func (s *session) nodes() []*proc.Server { return append([]*proc.Server{s.Server}, s.Others...) }

// openPublisher opens a connection that can publish in a room: from inside it
// where the protocol does not let outsiders.
func (s *session) openPublisher(ctx context.Context, room string) ([]*load.Client, error) {
	if s.Protocol().LeavesOut() {
		return s.open(ctx, 1, func(int) string { return room })
	}
	return s.open(ctx, 1, nil)
}

// A reading is what was used up to a moment.
type reading struct {
	at, server, own, aside time.Duration
	reads, bytes           int64
	counts                 Values
}

func (s *session) read() (reading, error) {
	var cpu time.Duration
	for _, n := range s.nodes() {
		used, err := n.CPU()
		if err != nil {
			return reading{}, err
		}
		cpu += used
	}
	var counts Values
	var err error
	if s.Count != nil {
		if counts, err = s.Count(); err != nil {
			return reading{}, err
		}
	}
	aside := time.Duration(0)
	if s.Aside != nil {
		if aside, err = s.Aside.CPU(); err != nil {
			return reading{}, err
		}
	}
	return reading{
		at: s.Now(), server: cpu, own: proc.OwnCPU(), aside: aside, reads: s.Reads(), bytes: s.Bytes(), counts: counts,
	}, nil
}

// A span is what was used between two readings.
func (r reading) until(end reading) reading {
	grown := Values{}
	for k, v := range end.counts {
		grown[k] = v - r.counts[k]
	}
	return reading{
		counts: grown,
		at:     end.at - r.at, server: end.server - r.server, own: end.own - r.own, aside: end.aside - r.aside,
		reads: end.reads - r.reads, bytes: end.bytes - r.bytes,
	}
}

// perOperation returns the figures every throughput workload has, for n
// operations within the span r.
func (r reading) perOperation(name string, n int) Values {
	values := Values{
		name + ".cpu":       r.server.Seconds() / float64(n) * 1e6,
		name + ".rate":      float64(n) / r.at.Seconds(),
		name + ".perread":   float64(n) / float64(max(1, r.reads)),
		name + ".bytes":     float64(r.bytes) / float64(n),
		name + ".cores":     r.server.Seconds() / r.at.Seconds(),
		name + ".generator": r.own.Seconds() / r.at.Seconds(),
	}
	for k, v := range r.counts {
		values[name+"."+k] = v / float64(n)
	}
	return values
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
