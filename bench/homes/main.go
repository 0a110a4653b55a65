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
	"time"
)

// Exit statuses.
const (
	exitFailed = 1
	exitUsage  = 2
)

// options are the command line.
type options struct {
	root    string
	hubs    int
	devices int
	people  int
	lasts   time.Duration
	settle  time.Duration
	repeats int
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
		fmt.Fprintln(stderr, "homes:", err)
		return exitUsage
	}
	found, err := measureAll(ctx, o, stderr)
	if err != nil {
		fmt.Fprintln(stderr, "homes:", err)
		return exitFailed
	}
	write(stdout, o, found)
	return 0
}

func parse(args []string, stderr io.Writer) (*options, error) {
	o := &options{}
	fs := flag.NewFlagSet("homes", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.StringVar(&o.root, "root", ".", "the repository's `directory`")
	fs.IntVar(&o.hubs, "hubs", 1000, "how many `boxes` there are")
	fs.IntVar(&o.devices, "devices", 10, "how many `devices` each has")
	fs.IntVar(&o.people, "people", 100, "how many `people` command theirs")
	fs.DurationVar(&o.lasts, "for", 20*time.Second, "how long they do")
	fs.DurationVar(&o.settle, "settle", 4*time.Second, "`time` before memory is read")
	fs.IntVar(&o.repeats, "repeats", 3, "`times` that each server is measured, one after the other")
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	if fs.NArg() > 0 || min(o.hubs, o.devices, o.people, o.repeats) < 1 || o.people > o.hubs || o.lasts < time.Second {
		return nil, errors.New("every count has to be positive, there is a box for each of the people, and they command for a second at least")
	}
	return o, nil
}

// measureAll measures each server as often as it is asked, in turns.
func measureAll(ctx context.Context, o *options, stderr io.Writer) (map[string][]*finding, error) {
	if err := prepare(o); err != nil {
		return nil, err
	}
	found := map[string][]*finding{}
	for round := range o.repeats {
		for _, s := range servers() {
			fmt.Fprintf(stderr, "%d of %d: %s …\n", round+1, o.repeats, s.name)
			f, err := measure(ctx, o, s)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", s.name, err)
			}
			found[s.name] = append(found[s.name], f)
		}
	}
	return found, nil
}
