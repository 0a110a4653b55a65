//go:build linux

package main

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"madang/bench/internal/proc"
	"madang/bench/internal/report"
	"madang/bench/internal/workload"
)

// A bench is one run of everything.
type bench struct {
	*options
	targets  []*target
	progress *progress
}

// startTime is about what starting and stopping a server takes.
const startTime = time.Second

// all runs every workload against every target, the targets in turn, so that a
// change of the machine's mood meets all of them.
func (b *bench) all(ctx context.Context) ([]report.Run, error) {
	var running []*target
	for _, t := range b.targets {
		if t.NotRun == "" {
			running = append(running, t)
		}
	}
	if len(running) == 0 {
		return nil, errors.New("no server can be run: " + b.targets[0].NotRun)
	}
	for range b.repeats {
		for _, w := range b.workloads {
			for _, t := range running {
				b.progress.plan(t.Name+w.Name, w.Expect(b.scale)+startTime)
			}
		}
	}
	defer b.progress.end()
	var runs []report.Run
	for repeat := range b.repeats {
		for _, w := range b.workloads {
			for _, t := range running {
				b.progress.begin(repeat+1, b.repeats, t.Title, w.Title)
				run := b.one(ctx, t, w)
				if err := ctx.Err(); err != nil {
					return nil, err
				}
				b.progress.finish()
				run.Repeat = repeat + 1
				runs = append(runs, run)
			}
		}
	}
	return runs, nil
}

// one measures one workload on a fresh server.
func (b *bench) one(ctx context.Context, t *target, w workload.Workload) report.Run {
	run := report.Run{Target: t.Name, Workload: w.Name}
	began := time.Now()
	command := withSecret(t.command)
	server, err := proc.Start(ctx, command)
	if err == nil {
		defer server.Stop()
		run.Values, err = w.Run(ctx, server, secretOf(command), b.scale)
	}
	run.Seconds = time.Since(began).Seconds()
	run.Error = reason(err)
	return run
}

const secretKey = "BENCH_SECRET="

// withSecret returns the command with a fresh key for tokens.
func withSecret(c proc.Command) proc.Command {
	c.Env = []string{secretKey + rand.Text() + rand.Text()} // HS256 wants 32 bytes
	return c
}

func secretOf(c proc.Command) string { return c.Env[0][len(secretKey):] }
