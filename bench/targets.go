//go:build linux

package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"madang/bench/internal/proc"
	"madang/bench/internal/report"
	"madang/bench/internal/workload"
)

// A target is a server to measure: what is reported of it and how it starts.
type target struct {
	report.Target
	command proc.Command
	folder  string // with its package.json; "" if it needs no packages
	redis   bool   // it wants a Redis
}

// allTargets returns all servers, of a repository (its absolute path) and
// possibly with another program of ours.
func allTargets(root, ours string) []*target {
	peer := filepath.Join(root, "bench", "peer")
	node := func(name, title, protocol, folder string, args ...string) *target {
		return &target{
			Target:  report.Target{Name: name, Title: title, Protocols: []string{protocol}},
			command: proc.Command{Path: "node", Args: append([]string{"server.mjs"}, args...), Dir: filepath.Join(peer, folder)},
			folder:  filepath.Join(peer, folder),
		}
	}
	echo := node("laravel-echo-server", "laravel-echo-server", workload.Echo, "laravel-echo-server")
	echo.redis = true
	return []*target{
		{
			Target:  report.Target{Name: report.Ours, Title: "madang", Protocols: workload.Protocols()},
			command: proc.Command{Path: ours},
		},
		node("ws", "socket.io (ws)", workload.SocketIO, "", "-engine", "ws"),
		node("uws", "socket.io (uws)", workload.SocketIO, "", "-engine", "uws"),
		node("soketi", "soketi", workload.Pusher, "soketi"),
		echo,
	}
}

func targetNames() []string {
	var names []string
	for _, t := range allTargets("", "") {
		names = append(names, t.Name)
	}
	return names
}

// prepare builds and installs what the chosen servers need. A server that
// cannot be had on this machine is kept, with the reason.
func (b *bench) prepare(ctx context.Context, tmp string, stderr io.Writer) error {
	root, err := filepath.Abs(b.root)
	if err != nil {
		return fmt.Errorf("find the repository: %w", err)
	}
	b.targets = slices.DeleteFunc(allTargets(root, b.ours), func(t *target) bool {
		return !slices.Contains(b.only, t.Name) || len(b.spoken(t)) == 0
	})
	for _, t := range b.targets {
		switch {
		case t.folder != "":
			t.NotRun = reason(install(ctx, root, t.folder, stderr))
		case b.ours == "":
			t.command.Path = filepath.Join(tmp, "madang")
			t.NotRun = reason(build(ctx, root, t.command.Path))
		}
		if t.NotRun == "" {
			if err := b.try(ctx, t); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// spoken returns the protocols in which a target is to be measured.
func (b *bench) spoken(t *target) []string {
	var all []string
	for _, w := range b.workloads {
		if t.Speaks(w.Protocol) && !slices.Contains(all, w.Protocol) {
			all = append(all, w.Protocol)
		}
	}
	return all
}

// try starts a server once for each protocol, so that one that is not available
// here is found before the long run begins.
func (b *bench) try(ctx context.Context, t *target) error {
	for _, protocol := range b.spoken(t) {
		_, stop, err := b.start(ctx, t, protocol)
		if errors.Is(err, proc.ErrUnavailable) {
			t.NotRun = err.Error()
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", t.Title, err)
		}
		stop()
	}
	return nil
}

// freshSecret returns a key for tokens and signatures.
func freshSecret() string { return rand.Text() + rand.Text() } // HS256 wants 32 bytes

func port(s *proc.Server) string { return strconv.Itoa(s.Port) }

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

// install brings the packages of a peer's folder if they are missing.
func install(ctx context.Context, root, folder string, stderr io.Writer) error {
	if _, err := exec.LookPath("node"); err != nil {
		return fmt.Errorf("node is needed: %w", err)
	}
	if _, err := os.Stat(filepath.Join(folder, "node_modules")); err == nil {
		return nil
	}
	name, err := filepath.Rel(root, folder)
	if err != nil {
		name = folder
	}
	fmt.Fprintf(stderr, "bench: npm install in %s (once)\n", name)
	// Not npm ci: it refuses a lock file of which a registry lacks an optional package for some other platform.
	cmd := exec.CommandContext(ctx, "npm", "install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund")
	cmd.Dir = folder
	cmd.WaitDelay = time.Second
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("npm install in %s: %w: %s", name, err, out)
	}
	return nil
}

func reason(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
