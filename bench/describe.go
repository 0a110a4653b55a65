//go:build linux

package main

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"madang/bench/internal/proc"
	"madang/bench/internal/report"
)

const unknown = "unknown"

// describe makes the report of runs: what was measured, where and when.
func describe(ctx context.Context, o *options, targets []*target, runs []report.Run) *report.Report {
	rep := &report.Report{
		Date:     time.Now(),
		Commit:   commit(ctx, o.root),
		Machine:  proc.ThisMachine(),
		Versions: versions(ctx, o.root),
		Short:    o.short,
		Repeats:  o.repeats,
		Scale:    o.scale,
		Runs:     runs,
	}
	for _, t := range targets {
		rep.Targets = append(rep.Targets, t.Target)
	}
	return rep
}

// commit names the checkout, with a mark when it was changed.
func commit(ctx context.Context, root string) string {
	id := output(ctx, root, "git", "rev-parse", "--short=12", "HEAD")
	if id != unknown && output(ctx, root, "git", "status", "--porcelain", "--untracked-files=no") != "" {
		id += " (changed)"
	}
	return id
}

func versions(ctx context.Context, root string) []report.Version {
	all := []report.Version{
		{Name: "Go", Version: strings.TrimPrefix(runtime.Version(), "go")},
		{Name: "Node", Version: strings.TrimPrefix(output(ctx, root, "node", "--version"), "v")},
	}
	peer := filepath.Join(root, "bench", "peer")
	for _, name := range []string{"socket.io", "ws", "bufferutil", "uWebSockets.js", "jsonwebtoken"} {
		all = append(all, report.Version{Name: name, Version: packageVersion(peer, name)})
	}
	soketi, echo := filepath.Join(peer, "soketi"), filepath.Join(peer, "laravel-echo-server")
	return append(all,
		report.Version{Name: "soketi", Version: packageVersion(soketi, "@soketi/soketi")},
		report.Version{Name: "its uWebSockets.js", Version: packageVersion(soketi, "uWebSockets.js")},
		report.Version{Name: "laravel-echo-server", Version: packageVersion(echo, "laravel-echo-server")},
		report.Version{Name: "its socket.io", Version: packageVersion(echo, "socket.io")},
		report.Version{Name: "Redis", Version: redisVersion(ctx, root)},
	)
}

// redisVersion reads "Redis server v=7.0.15 sha=…".
func redisVersion(ctx context.Context, root string) string {
	_, rest, ok := strings.Cut(output(ctx, root, "redis-server", "--version"), "v=")
	if !ok {
		return unknown
	}
	version, _, _ := strings.Cut(rest, " ")
	return version
}

// packageVersion reads the version of a package installed in a folder.
func packageVersion(folder, name string) string {
	b, err := os.ReadFile(filepath.Join(folder, "node_modules", filepath.FromSlash(name), "package.json"))
	if err != nil {
		return "not installed"
	}
	var p struct{ Version string }
	if err := json.Unmarshal(b, &p); err != nil || p.Version == "" {
		return unknown
	}
	return p.Version
}

// output returns what a program prints, without the end of line.
func output(ctx context.Context, dir, name string, args ...string) string {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	b, err := cmd.Output()
	if err != nil {
		return unknown
	}
	return strings.TrimSpace(string(b))
}
