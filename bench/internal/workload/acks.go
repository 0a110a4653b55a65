//go:build linux

package workload

import (
	"context"
	"errors"
	"fmt"

	"madang/bench/internal/load"
	"madang/bench/internal/stats"
	"madang/bench/internal/wire"
)

// acks has connections that each wait for one answer before the next question.
func acks(ctx context.Context, s *session) (Values, error) {
	clients, err := s.open(ctx, s.scale.Acks, nil)
	if err != nil {
		return nil, err
	}
	a := &asker{loop: s.Loop, shape: wire.EchoShape(s.scale.Data), asking: true}
	for _, c := range clients {
		a.add(c, wire.EchoFrame(s.scale.Data))
	}
	if err := s.RunFor(ctx, s.scale.Warm); err != nil {
		return nil, err
	}
	before, err := s.read()
	if err != nil {
		return nil, err
	}
	a.latency.Reset()
	if err := s.RunFor(ctx, s.scale.Window); err != nil {
		return nil, err
	}
	after, err := s.read()
	if err != nil {
		return nil, err
	}
	n := int(a.latency.Count())
	p50, p99 := a.latency.Quantile(0.50), a.latency.Quantile(0.99)
	a.asking = false
	err = s.RunUntil(ctx, s.scale.Arrive, func() bool { return a.open == 0 || a.fault != nil || s.Lost() != nil })
	if err := errors.Join(err, a.fault, s.Lost()); err != nil {
		return nil, err
	}
	if n == 0 {
		return nil, errors.New("nothing was answered")
	}
	values := before.until(after).perOperation(s.name, n)
	values[s.name+".p50"], values[s.name+".p99"] = ms(p50), ms(p99)
	return values, nil
}

// An asker keeps one question of every connection in flight.
type asker struct {
	loop    *load.Loop
	shape   wire.Shape
	latency stats.Histogram
	asking  bool
	open    int // questions without an answer
	fault   error
}

// add makes c ask its first question and, after each answer, the next.
func (a *asker) add(c *load.Client, frame *wire.Numbered) {
	number := 0
	sent := a.loop.Now()
	c.Receive = func(c *load.Client, packet []byte) {
		n, ok := a.shape.Number(packet)
		if !ok || n != number {
			a.fault = fmt.Errorf("connection %d expected answer %d and got %.60q", c.Index, number, packet)
			return
		}
		a.latency.Add(a.loop.ReadAt() - sent)
		a.open--
		if a.asking {
			number++
			a.open++
			sent = a.loop.Now()
			c.Send(frame.With(number, number))
		}
	}
	a.open++
	c.Send(frame.With(number, number))
}
