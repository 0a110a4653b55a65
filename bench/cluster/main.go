//go:build linux

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"madang/bench/internal/proc"
	"madang/bench/internal/workload"
)

// Exit statuses.
const (
	exitFailed = 1
	exitUsage  = 2
	exitGate   = 3
)

// options are the command line.
type options struct {
	root    string
	most    int // nodes
	repeats int
	gate    bool
	peer    bool
	short   bool
	nodesOn string
	scale   workload.Scale
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintln(stderr, "cluster:", err)
		return exitUsage
	}
	found, err := measureAll(ctx, o, stderr)
	if err != nil {
		fmt.Fprintln(stderr, "cluster:", err)
		return exitFailed
	}
	if failed := write(stdout, o, found); o.gate && failed > 0 {
		return exitGate
	}
	return 0
}

func parse(args []string, stderr io.Writer) (*options, error) {
	o := &options{scale: workload.Full()}
	fs := flag.NewFlagSet("cluster", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.StringVar(&o.root, "root", ".", "the repository's `directory`")
	fs.IntVar(&o.most, "nodes", 3, "the most `nodes` of a cluster; smaller ones are measured too")
	fs.IntVar(&o.repeats, "repeats", 7, "`times` that everything is measured, in turns")
	fs.BoolVar(&o.gate, "gate", false, "end with status 3 if a gate is missed")
	fs.BoolVar(&o.peer, "peer", true, "measure NATS, too")
	fs.StringVar(&o.nodesOn, "on", "", "the `processors` of the nodes, as taskset takes them; run this program on the others by taskset, too")
	fs.BoolVar(&o.short, "short", false, "a smoke test: every step, no meaningful figures")
	o.scale.Flags(fs)
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	if o.short {
		o.scale, o.repeats = workload.Short(), 1
	}
	if fs.NArg() > 0 || o.most < 1 || o.repeats < 1 || !o.scale.Valid() {
		return nil, errors.New("every count has to be positive, and there are no arguments beside the flags")
	}
	return o, nil
}

// measureAll measures each cluster as often as it is asked, in turns, so that a change of the machine's mood meets all.
func measureAll(ctx context.Context, o *options, stderr io.Writer) (findings, error) {
	if err := proc.RaiseFiles(uint64(2*o.scale.Connections() + 2048)); err != nil { // ours and those of one node
		return nil, err
	}
	dir, err := os.MkdirTemp("", "madang-cluster-")
	if err != nil {
		return nil, fmt.Errorf("make a directory for the programs: %w", err)
	}
	defer os.RemoveAll(dir)
	all := o.clusters()
	if err := o.build(ctx, dir); err != nil {
		return nil, err
	}
	found := findings{}
	for round := range o.repeats {
		for _, c := range all {
			for _, w := range workload.Cluster(c.speaks()) {
				fmt.Fprintf(stderr, "%d of %d: %s, %s …\n", round+1, o.repeats, c.title(), w.Title)
				values, err := c.measure(ctx, o, dir, w)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", c.title(), err)
				}
				found.add(c, values)
			}
		}
	}
	return found, nil
}
