//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"madang/bench/internal/proc"
	"madang/bench/internal/report"
)

// A target is a server to measure: what is reported of it and how it starts.
type target struct {
	report.Target
	command proc.Command
}

func targetNames() []string { return []string{report.Ours, report.Baseline, "uws"} }

// prepare builds and installs what the chosen servers need. A server that
// cannot be had on this machine is kept, with the reason.
func prepare(ctx context.Context, o *options, tmp string, stderr io.Writer) ([]*target, error) {
	root, err := filepath.Abs(o.root)
	if err != nil {
		return nil, fmt.Errorf("find the repository: %w", err)
	}
	peer := filepath.Join(root, "bench", "peer")
	nodeServer := func(engine string) proc.Command {
		return proc.Command{Path: "node", Args: []string{"server.mjs", "-engine", engine}, Dir: peer}
	}
	all := []*target{
		{report.Target{Name: report.Ours, Title: "madang"}, proc.Command{Path: o.ours}},
		{report.Target{Name: report.Baseline, Title: "socket.io (ws)"}, nodeServer("ws")},
		{report.Target{Name: "uws", Title: "socket.io (uws)"}, nodeServer("uws")},
	}
	all = slices.DeleteFunc(all, func(t *target) bool { return !slices.Contains(o.only, t.Name) })
	noPeer := ""
	if slices.ContainsFunc(all, func(t *target) bool { return t.Name != report.Ours }) {
		noPeer = reason(install(ctx, peer, stderr))
	}
	for _, t := range all {
		switch {
		case t.Name != report.Ours:
			t.NotRun = noPeer
		case o.ours == "":
			t.command.Path = filepath.Join(tmp, "madang")
			t.NotRun = reason(build(ctx, root, t.command.Path))
		}
		t.command.Args = append(t.command.Args, "-listen", "127.0.0.1:0")
		if t.NotRun == "" {
			if err := try(ctx, t); err != nil {
				return nil, err
			}
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return all, nil
}

// try starts a server once, so that one that is not available here is found
// before the long run begins.
func try(ctx context.Context, t *target) error {
	server, err := proc.Start(ctx, withSecret(t.command))
	if errors.Is(err, proc.ErrUnavailable) {
		t.NotRun = err.Error()
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", t.Title, err)
	}
	server.Stop()
	return nil
}

// build compiles our server.
func build(ctx context.Context, root, program string) error {
	if _, err := os.Stat(filepath.Join(root, "bench", "madang")); err != nil {
		return errors.New("bench/madang does not exist")
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-o", program, "./bench/madang")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build ./bench/madang: %w: %s", err, out)
	}
	return nil
}

// install brings the peer's packages if they are missing.
func install(ctx context.Context, peer string, stderr io.Writer) error {
	if _, err := exec.LookPath("node"); err != nil {
		return fmt.Errorf("node is needed: %w", err)
	}
	if _, err := os.Stat(filepath.Join(peer, "node_modules")); err == nil {
		return nil
	}
	fmt.Fprintln(stderr, "bench: npm ci in bench/peer (once)")
	cmd := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	cmd.Dir = peer
	cmd.WaitDelay = time.Second
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("npm ci in bench/peer: %w: %s", err, out)
	}
	return nil
}

func reason(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
