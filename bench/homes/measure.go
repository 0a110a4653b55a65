//go:build linux

package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"madang/bench/internal/proc"
	"madang/bench/internal/stats"
)

// A finding is what one run of one server gave.
type finding struct {
	empty    float64 // MiB of the process without a connection
	perHub   float64 // KiB for each box, connected, with its devices
	arriving float64 // ms of processor time for each box that connects and says what it has
	command  float64 // ms of processor time for each command
	rate     float64 // commands a second
	p50, p99 float64 // ms until a command is known to be done
	after    float64 // MiB at the end
}

const mib, kib, milli = 1 << 20, 1 << 10, float64(time.Millisecond)

// measure runs a server once.
func measure(ctx context.Context, o *options, t target) (*finding, error) {
	dir, err := os.MkdirTemp("", "madang-homes-")
	if err != nil {
		return nil, fmt.Errorf("make a directory for the server: %w", err)
	}
	defer os.RemoveAll(dir)
	secret := rand.Text() + rand.Text()
	server, proofs, err := begin(ctx, o, t, dir, secret)
	if err != nil {
		return nil, err
	}
	defer server.Stop()
	time.Sleep(o.settle)
	f := &finding{}
	before, cpu, err := state(server)
	if err != nil {
		return nil, err
	}
	f.empty = float64(before) / mib
	c, err := gather(ctx, server.Port, proofs, o)
	if c != nil {
		defer c.close()
	}
	if err != nil {
		return nil, err
	}
	time.Sleep(o.settle)
	rss, came, err := state(server)
	if err != nil {
		return nil, err
	}
	f.perHub, f.arriving = float64(rss-before)/kib/float64(o.hubs), float64(came-cpu)/milli/float64(o.hubs)
	waits, err := c.command(ctx, secret, o)
	if err != nil {
		return nil, err
	}
	rss, end, err := state(server)
	n := float64(waits.Count())
	if err != nil || n == 0 {
		return nil, errors.Join(err, errors.New("no command was carried out"))
	}
	f.command, f.rate, f.after = float64(end-came)/milli/n, n/o.lasts.Seconds(), float64(rss)/mib
	f.p50, f.p99 = float64(waits.Quantile(0.5))/milli, float64(waits.Quantile(0.99))/milli
	return f, nil
}

// state returns a server's resident memory and the processor time it has taken.
func state(s *proc.Server) (rss int64, cpu time.Duration, err error) {
	rss, err = s.RSS()
	cpu, more := s.CPU()
	return rss, cpu, errors.Join(err, more)
}

// write writes a table of medians in Markdown.
func write(w io.Writer, o *options, found map[string][]*finding) {
	m := proc.ThisMachine()
	fmt.Fprintf(w, "%d boxes with %d devices each, %d people who command for %v; %d runs in turns, medians; %s, %d cores\n\n",
		o.hubs, o.devices, o.people, o.lasts, o.repeats, m.CPU, m.Cores)
	fmt.Fprintf(w, "| | %s | %s | ratio |\n|---|---|---|---|\n", ours, peer)
	for _, row := range []struct {
		name  string
		value func(*finding) float64
	}{
		{"KiB for each box", func(f *finding) float64 { return f.perHub }},
		{"MiB without boxes", func(f *finding) float64 { return f.empty }},
		{"MiB after the commands", func(f *finding) float64 { return f.after }},
		{"server CPU ms for each box that comes", func(f *finding) float64 { return f.arriving }},
		{"server CPU ms for each command", func(f *finding) float64 { return f.command }},
		{"commands a second", func(f *finding) float64 { return f.rate }},
		{"ms until it is known to be done, half", func(f *finding) float64 { return f.p50 }},
		{"ms until it is known to be done, 99 of 100", func(f *finding) float64 { return f.p99 }},
	} {
		a, b := median(found[ours], row.value), median(found[peer], row.value)
		fmt.Fprintf(w, "| %s | %.3g | %.3g | %.3g |\n", row.name, a, b, a/b)
	}
}

func median(all []*finding, value func(*finding) float64) float64 {
	values := make([]float64, len(all))
	for i, f := range all {
		values[i] = value(f)
	}
	return stats.Median(values)
}
