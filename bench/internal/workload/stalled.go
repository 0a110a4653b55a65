//go:build linux

package workload

import (
	"context"
	"fmt"
	"time"

	"madang/bench/internal/load"
	"madang/bench/internal/stats"
)

const (
	stalledBuffer = 4 << 10                // bytes of receive buffer of a stalled reader
	drainBuffer   = 4 << 20                // and while it is drained
	stalledPause  = 2 * time.Second        // between the last message and draining
	drainQuiet    = 3 * time.Second        // a connection that brings nothing for so long is drained
	sampleEvery   = 100 * time.Millisecond // of the server's memory
)

// stalled publishes at a steady rate to healthy readers alone, then to them and
// to readers that never read. Afterwards it drains those: was each told by a
// close, and does one that was not told miss anything?
func stalled(ctx context.Context, s *session) (Values, error) {
	inRoom := func(int) string { return "room" }
	healthy, err := s.open(ctx, s.scale.Healthy, inRoom)
	if err != nil {
		return nil, err
	}
	publisher, err := s.openPublisher(ctx, "room")
	if err != nil {
		return nil, err
	}
	latency := new(stats.Histogram)
	room := load.NewRoom("room", s.scale.StalledData, publisher, healthy, latency)
	if err := s.paced(ctx, room, s.scale.Warm); err != nil {
		return nil, err
	}
	latency.Reset()
	alone := s.scale.StalledTime
	if s.protocol != SocketIO {
		alone /= 2 // nothing is judged by it there, and the whole run has to end
	}
	if err := s.paced(ctx, room, alone); err != nil {
		return nil, fmt.Errorf("without stalled readers: %w", err)
	}
	without := latency.Quantile(0.99)

	asleep, err := s.openAs(ctx, s.scale.Stalled, load.Spec{ReceiveBuffer: stalledBuffer, MayEnd: true}, inRoom)
	if err != nil {
		return nil, err
	}
	for _, c := range asleep {
		c.Stall()
	}
	latency.Reset()
	first := room.Published()
	growth, err := s.growth(func() error { return s.paced(ctx, room, s.scale.StalledTime) })
	if err != nil {
		return nil, fmt.Errorf("with stalled readers: %w", err)
	}
	with := latency.Quantile(0.99)
	if err := s.RunFor(ctx, min(stalledPause, s.scale.StalledTime)); err != nil {
		return nil, err
	}
	told, silent, missed, err := s.drain(ctx, asleep, first, room.Published())
	if err != nil {
		return nil, err
	}
	n := float64(len(asleep))
	return Values{
		s.name + ".told":    100 * float64(told) / n,
		s.name + ".silent":  float64(silent),
		s.name + ".missed":  float64(missed) / n,
		s.name + ".memory":  growth / (1 << 20) / n,
		s.name + ".without": ms(without),
		s.name + ".with":    ms(with),
		s.name + ".ratio":   float64(with) / float64(max(1, without)),
	}, nil
}

// paced publishes at the stalled workload's rate for a time and waits until the
// room's members have everything.
func (s *session) paced(ctx context.Context, room *load.Room, d time.Duration) error {
	left := int(d.Seconds() * float64(s.scale.StalledRate))
	stop, err := s.Every(time.Second/time.Duration(s.scale.StalledRate), func(times int) {
		for range min(times, left) {
			room.Publish()
			left--
		}
	})
	if err != nil {
		return err
	}
	defer stop()
	err = s.RunUntil(ctx, d+s.scale.Arrive, func() bool { return left == 0 || room.Fault() != nil || s.Lost() != nil })
	if err != nil {
		return err
	}
	return s.arrived(ctx, []*load.Room{room})
}

// growth runs do and returns by how many bytes the server's memory grew at most
// meanwhile.
func (s *session) growth(do func() error) (float64, error) {
	base, err := s.Server.RSS()
	if err != nil {
		return 0, err
	}
	peak, failed := base, error(nil)
	sample := func(int) {
		now, err := s.Server.RSS()
		if err != nil {
			failed = err
		}
		peak = max(peak, now)
	}
	stop, err := s.Every(sampleEvery, sample)
	if err != nil {
		return 0, err
	}
	defer stop()
	if err := do(); err != nil {
		return 0, err
	}
	sample(1)
	return float64(peak - base), failed
}

// A sleeper is what a stalled reader finds when it is drained.
type sleeper struct {
	client *load.Client
	next   int // the number that comes next
	gaps   int // messages skipped
}

// drain reads what stalled connections were sent of the messages first to last
// (exclusive). It returns how many connections were told (closed), how many
// missed messages without being told, and how many messages those missed.
func (s *session) drain(ctx context.Context, asleep []*load.Client, first, last int) (told, silent, missed int, err error) {
	shape := s.Protocol().Delivered("room", s.scale.StalledData)
	heard := s.Now()
	var fault error
	all := make([]*sleeper, len(asleep))
	for i, c := range asleep {
		w := &sleeper{client: c, next: first}
		all[i] = w
		c.Receive = func(_ *load.Client, packet []byte) {
			heard = s.ReadAt()
			n, ok := shape.Number(packet)
			if !ok || n < w.next || n >= last {
				fault = fmt.Errorf("a stalled reader expected message %d or later and got %.60q", w.next, packet)
				return
			}
			w.gaps += n - w.next
			w.next = n + 1
		}
		c.Drain(drainBuffer)
	}
	err = s.RunUntil(ctx, s.scale.Arrive, func() bool {
		if fault != nil || s.Now()-heard > drainQuiet {
			return true
		}
		for _, w := range all {
			if w.client.Err() == nil && w.next < last {
				return false
			}
		}
		return true
	})
	if err == nil {
		err = fault
	}
	for _, w := range all {
		lost := w.gaps
		if w.client.Err() != nil {
			told++
		} else {
			lost += last - w.next
		}
		if lost > 0 {
			silent++
			missed += lost
		}
	}
	return told, silent, missed, err
}
