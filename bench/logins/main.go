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
	"path/filepath"
	"syscall"
	"time"

	"madang/bench/internal/proc"
	"madang/bench/internal/stats"
)

// Exit statuses.
const (
	exitFailed = 1
	exitUsage  = 2
	exitMemory = 3
)

// options are the command line.
type options struct {
	root     string
	program  string
	lasts    time.Duration
	parallel int
	people   int
	members  int
	rate     int
	memory   int64 // bytes
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
		fmt.Fprintln(stderr, "logins:", err)
		return exitUsage
	}
	found, err := measure(ctx, o, stderr)
	if err != nil {
		fmt.Fprintln(stderr, "logins:", err)
		return exitFailed
	}
	found.write(stdout, o)
	if found.peak > o.memory {
		return exitMemory
	}
	return 0
}

func parse(args []string, stderr io.Writer) (*options, error) {
	o := &options{}
	fs := flag.NewFlagSet("logins", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.StringVar(&o.root, "root", ".", "the repository's `directory`")
	fs.StringVar(&o.program, "program", "", "measure this `program` instead of building cmd/madang")
	fs.DurationVar(&o.lasts, "for", time.Minute, "how long the storm lasts")
	fs.IntVar(&o.parallel, "parallel", 500, "logins at a `time`")
	fs.IntVar(&o.people, "people", 100, "how many `people` they belong to")
	fs.IntVar(&o.members, "members", 100, "how many `connections` are in the room")
	fs.IntVar(&o.rate, "rate", 20, "`messages` a second in it")
	mib := fs.Int64("memory", 512, "how much memory the process may take, in `MiB`")
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	o.memory = *mib << 20
	if fs.NArg() > 0 || o.lasts < time.Second || min(o.parallel, o.people, o.members, o.rate) < 1 || o.members < 2 {
		return nil, errors.New("every count has to be positive, the room has two members at least, and a storm lasts a second")
	}
	return o, nil
}

// measure runs everything and returns what was found out.
func measure(ctx context.Context, o *options, stderr io.Writer) (*finding, error) {
	if err := proc.RaiseFiles(uint64(2*(o.parallel+o.members) + 1024)); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "madang-logins-")
	if err != nil {
		return nil, fmt.Errorf("make a directory for the server: %w", err)
	}
	defer os.RemoveAll(dir)
	say := func(format string, args ...any) { fmt.Fprintf(stderr, format+"\n", args...) }
	if o.program == "" {
		say("building the server …")
		o.program = filepath.Join(dir, "madang")
		if err := build(ctx, o.root, o.program); err != nil {
			return nil, err
		}
	}
	server, secret, err := start(ctx, o.program, dir)
	if err != nil {
		return nil, err
	}
	defer server.Stop()
	say("registering %d people …", o.people)
	crowd, err := gather(ctx, server.Port, o)
	if err != nil {
		return nil, err
	}
	t, err := begin(ctx, server, secret, o)
	if err != nil {
		return nil, err
	}
	defer t.loop.Close()
	say("messages alone for %v …", o.lasts/2)
	found := &finding{}
	if found.rest, err = t.listen(ctx, o.lasts/2); err != nil {
		return nil, fmt.Errorf("at rest: %w", err)
	}
	say("%d logins at a time for %v …", o.parallel, o.lasts)
	storm := crowd.storm(ctx)
	found.under, err = t.listen(ctx, o.lasts)
	found.answers = storm.end()
	if err != nil {
		return nil, fmt.Errorf("in the storm: %w", err)
	}
	found.peak = found.under.peak
	return found, found.check()
}

// A finding is what came out.
type finding struct {
	rest, under period
	peak        int64 // of the process's resident memory in the storm
	answers     answers
}

// check reports a storm that was none.
func (f *finding) check() error {
	if f.answers.failed > 0 {
		return fmt.Errorf("%d logins failed, the first one by %w", f.answers.failed, f.answers.first)
	}
	if f.answers.in == 0 {
		return errors.New("nobody was let in")
	}
	return nil
}

// A period is what members of the room noticed in a time.
type period struct {
	delivered uint64
	p50, p99  time.Duration
	worst     time.Duration
	peak      int64 // of the process's resident memory
	cpu       time.Duration
}

func periodOf(h *stats.Histogram, peak int64, cpu time.Duration) period {
	return period{delivered: h.Count(), p50: h.Quantile(0.5), p99: h.Quantile(0.99), worst: h.Quantile(1), peak: peak, cpu: cpu}
}

// write writes a table in Markdown.
func (f *finding) write(w io.Writer, o *options) {
	m := proc.ThisMachine()
	fmt.Fprintf(w, "%d logins at a time for %v, %d people; %d connections in a room with %d messages a second; %s, %d cores\n\n",
		o.parallel, o.lasts, o.people, o.members, o.rate, m.CPU, m.Cores)
	fmt.Fprintln(w, "| | at rest | in the storm |\n|---|---|---|")
	row := func(name string, value func(period) string) {
		fmt.Fprintf(w, "| %s | %s | %s |\n", name, value(f.rest), value(f.under))
	}
	row("deliveries", func(p period) string { return fmt.Sprint(p.delivered) })
	row("median of a message's way", func(p period) string { return p.p50.Round(10 * time.Microsecond).String() })
	row("99 of 100 within", func(p period) string { return p.p99.Round(10 * time.Microsecond).String() })
	row("slowest", func(p period) string { return p.worst.Round(10 * time.Microsecond).String() })
	row("processor time", func(p period) string { return p.cpu.Round(10 * time.Millisecond).String() })
	row("most memory of the process", func(p period) string { return fmt.Sprintf("%d MiB", p.peak>>20) })
	a := f.answers
	fmt.Fprintf(w, "\n%d were let in (%.0f a second), %d were told to try later; half of those who got in waited %v, 99 of 100 up to %v.\n",
		a.in, float64(a.in)/o.lasts.Seconds(), a.later, a.waits.Quantile(0.5).Round(time.Millisecond), a.waits.Quantile(0.99).Round(time.Millisecond))
}
