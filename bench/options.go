//go:build linux

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"madang/bench/internal/workload"
)

// options are the command line, read and checked.
type options struct {
	root      string // of the repository
	ours      string // program to measure instead of bench/madang
	only      []string
	workloads []workload.Workload
	repeats   int
	short     bool
	gate      bool
	out, json string
	scale     workload.Scale
}

func parseOptions(args []string, stderr io.Writer) (*options, error) {
	o := &options{scale: workload.Full()}
	fs := flag.NewFlagSet("bench", flag.ContinueOnError)
	fs.SetOutput(stderr)
	var only, names string
	fs.StringVar(&o.root, "root", ".", "the repository's `directory`")
	fs.StringVar(&o.ours, "ours", "", "measure this `program` as madang instead of building bench/madang")
	fs.StringVar(&only, "only", "", "measure only these `servers` ("+strings.Join(targetNames(), ",")+")")
	fs.StringVar(&names, "run", "", "run only these `workloads`, or all of a protocol ("+strings.Join(workloadNames(), ",")+")")
	fs.IntVar(&o.repeats, "repeats", 3, "`times` that everything is run")
	fs.BoolFunc("short", "smoke test: one repeat at a small scale (put it before flags that change the scale)", func(string) error {
		o.short, o.repeats, o.scale = true, 1, workload.Short()
		return nil
	})
	fs.BoolVar(&o.gate, "gate", false, "exit with status 3 when a gate fails or is open")
	fs.StringVar(&o.out, "out", "", "rewrite the marked part of this Markdown `file`")
	fs.StringVar(&o.json, "json", "", "write everything to this JSON `file`")
	o.scale.Flags(fs)
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	if fs.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q", fs.Arg(0))
	}
	return o, o.check(only, names)
}

func (o *options) check(only, names string) error {
	if _, err := os.Stat(filepath.Join(o.root, "bench", "peer", "package.json")); err != nil {
		return errors.New("bench/peer is not here: run the command from the repository's root, or give -root")
	}
	if o.repeats < 1 || !o.scale.Valid() {
		return errors.New("every count and time has to be positive")
	}
	var err error
	if o.only, err = pick(only, targetNames()); err != nil {
		return fmt.Errorf("-only: %w", err)
	}
	wanted, err := pick(names, workloadNames())
	if err != nil {
		return fmt.Errorf("-run: %w", err)
	}
	for _, w := range workload.All() {
		if slices.Contains(wanted, w.Name) || slices.Contains(wanted, w.Protocol) {
			o.workloads = append(o.workloads, w)
		}
	}
	return nil
}

// pick splits a list of names and checks each; an empty list means all.
func pick(list string, known []string) ([]string, error) {
	if list == "" {
		return known, nil
	}
	names := strings.Split(list, ",")
	for _, n := range names {
		if !slices.Contains(known, n) {
			return nil, fmt.Errorf("%q is not one of %s", n, strings.Join(known, ", "))
		}
	}
	return names, nil
}

// workloadNames returns what -run takes: workloads, and protocols.
func workloadNames() []string {
	names := workload.Protocols()
	for _, w := range workload.All() {
		names = append(names, w.Name)
	}
	return names
}
