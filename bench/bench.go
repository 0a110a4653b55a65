//go:build linux

package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"madang/bench/internal/callback"
	"madang/bench/internal/proc"
	"madang/bench/internal/report"
	"madang/bench/internal/workload"
)

// A bench is one run of everything.
type bench struct {
	*options
	targets  []*target
	callback *callback.Server
	progress *progress
}

// startTime is about what starting and stopping a server takes.
const startTime = time.Second

// all runs every workload against every target that speaks its protocol, the
// targets in turn, so that a change of the machine's mood meets all of them.
func (b *bench) all(ctx context.Context) ([]report.Run, error) {
	each := 0
	for range b.repeats {
		for _, w := range b.workloads {
			for _, t := range b.running(w) {
				b.progress.plan(t.Name+w.Name, w.Expect(b.scale)+startTime)
				each++
			}
		}
	}
	if each == 0 {
		return nil, b.nothing()
	}
	defer b.progress.end()
	var runs []report.Run
	for repeat := range b.repeats {
		for _, w := range b.workloads {
			for _, t := range b.running(w) {
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

// running returns the targets that a workload is run against.
func (b *bench) running(w workload.Workload) []*target {
	var all []*target
	for _, t := range b.targets {
		if t.NotRun == "" && t.Speaks(w.Protocol) {
			all = append(all, t)
		}
	}
	return all
}

// nothing says why nothing can be run.
func (b *bench) nothing() error {
	for _, t := range b.targets {
		if t.NotRun != "" {
			return errors.New("no server can be run: " + t.NotRun)
		}
	}
	return errors.New("none of these servers speaks the protocol of any of these workloads")
}

// one measures one workload on a fresh server.
func (b *bench) one(ctx context.Context, t *target, w workload.Workload) report.Run {
	run := report.Run{Target: t.Name, Workload: w.Name}
	began := time.Now()
	bed, stop, err := b.start(ctx, t, w.Protocol)
	if err == nil {
		defer stop()
		run.Values, err = w.Run(ctx, bed, b.scale)
	}
	run.Seconds = time.Since(began).Seconds()
	run.Error = reason(err)
	return run
}

// start starts a target, and before it what it leans on.
func (b *bench) start(ctx context.Context, t *target, protocol string) (bed workload.Bed, stop func(), err error) {
	bed = workload.Bed{Secret: freshSecret(), Callback: b.callback}
	env := []string{"BENCH_SECRET=" + bed.Secret, "BENCH_AUTH=" + b.callback.URL}
	if t.redis {
		if bed.Aside, err = proc.StartRedis(ctx); err != nil {
			return bed, nil, err
		}
		env = append(env, "BENCH_REDIS="+port(bed.Aside))
	}
	stop = func() {
		if bed.Server != nil {
			bed.Server.Stop()
		}
		if bed.Aside != nil {
			bed.Aside.Stop()
		}
	}
	command := t.command
	command.Args = append(slices.Clip(command.Args), "-listen", "127.0.0.1:0")
	if t.Name == report.Ours {
		command.Args = append(command.Args, "-speak", protocol)
	}
	command.Env = env
	if bed.Server, err = proc.Start(ctx, command); err != nil {
		stop()
		return bed, nil, err
	}
	return bed, stop, nil
}
