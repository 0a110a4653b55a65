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

	"madang/bench/internal/callback"
	"madang/bench/internal/proc"
	"madang/bench/internal/report"
)

// Exit statuses.
const (
	exitFailed = 1
	exitUsage  = 2
	exitGate   = 3
)

// spareFiles is what a server opens beside its connections.
const spareFiles = 1024

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is main with everything it touches given to it.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parseOptions(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return exitUsage
	}
	rep, err := measure(ctx, o, stderr)
	if err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return exitFailed
	}
	if err := publish(rep, o, stdout); err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return exitFailed
	}
	if len(rep.Failures()) > 0 {
		return exitFailed
	}
	if failed, open := rep.Failed(); o.gate && failed+open > 0 {
		return exitGate
	}
	return 0
}

// measure prepares the servers, runs everything and returns what was found out.
func measure(ctx context.Context, o *options, stderr io.Writer) (*report.Report, error) {
	if err := proc.RaiseFiles(uint64(o.scale.Connections() + spareFiles)); err != nil {
		return nil, err
	}
	tmp, err := os.MkdirTemp("", "madang-bench-")
	if err != nil {
		return nil, fmt.Errorf("make a directory for the server's program: %w", err)
	}
	defer os.RemoveAll(tmp)
	application, err := callback.Start(ctx)
	if err != nil {
		return nil, err
	}
	defer application.Close()
	b := &bench{options: o, callback: application}
	if err := b.prepare(ctx, tmp, stderr); err != nil {
		return nil, err
	}
	b.progress = newProgress(stderr)
	runs, err := b.all(ctx)
	if err != nil {
		return nil, err
	}
	return describe(ctx, o, b.targets, runs), nil
}

func publish(rep *report.Report, o *options, stdout io.Writer) error {
	text := rep.Markdown()
	if _, err := io.WriteString(stdout, text); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	if o.json != "" {
		if err := rep.WriteJSON(o.json); err != nil {
			return err
		}
	}
	if o.out != "" {
		return report.Rewrite(o.out, text)
	}
	return nil
}
