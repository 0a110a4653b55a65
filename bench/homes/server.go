//go:build linux

package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"madang/bench/internal/proc"
	"madang/bench/internal/wire"
)

// A target is a server to be measured.
type target struct {
	name    string
	command func(ctx context.Context, o *options, dir, secret string) (proc.Command, error)
}

// Names of the servers.
const (
	ours = "madang"
	peer = "socket.io, by hand"
)

func servers() []target {
	return []target{{ours, stock}, {peer, byHand}}
}

// prepare makes room for the connections.
func prepare(o *options) error {
	const others = 1024
	return proc.RaiseFiles(uint64(o.hubs + o.people + others))
}

// config is the stock server's: tokens of people are signed elsewhere, who commands is not slowed down, everything else is as it
// comes.
const config = `listen: 127.0.0.1:%d
data_dir: %s
apps: [{id: %s, keys: [{name: %s, secret: %s}]}]
auth: {jwt: {secret: %s}}
device: {enabled: true, command_rate: 1000000}
`

func stock(ctx context.Context, o *options, dir, secret string) (c proc.Command, err error) {
	program := filepath.Join(dir, "relay")
	build := exec.CommandContext(ctx, "go", "build", "-o", program, "./bench/homes/relay")
	build.Dir = o.root
	if out, err := build.CombinedOutput(); err != nil {
		return c, fmt.Errorf("build the server: %w\n%s", err, out)
	}
	port, err := freePort()
	if err != nil {
		return c, err
	}
	text := fmt.Sprintf(config, port, filepath.Join(dir, "data"), wire.App, wire.AppKey, rand.Text()+rand.Text(), secret)
	file := filepath.Join(dir, "madang.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return c, fmt.Errorf("configure the server: %w", err)
	}
	return proc.Command{Path: program, Args: []string{"serve", "--config", file}, Dir: dir, Ready: "listening on ", Port: port}, nil
}

func byHand(_ context.Context, o *options, _, secret string) (proc.Command, error) {
	dir, err := filepath.Abs(filepath.Join(o.root, "bench", "peer"))
	return proc.Command{Path: "node", Args: []string{"homes.mjs"}, Dir: dir, Env: []string{"BENCH_SECRET=" + secret}}, err
}

// begin starts a server and returns the secrets of its boxes, in the order of their numbers.
func begin(ctx context.Context, o *options, t target, dir, secret string) (*proc.Server, []string, error) {
	c, err := t.command(ctx, o, dir, secret)
	if err != nil {
		return nil, nil, err
	}
	file := filepath.Join(dir, "secrets")
	c.Env = append(c.Env, fmt.Sprint("HOMES_COUNT=", o.hubs), "HOMES_SECRETS="+file)
	s, err := proc.Start(ctx, c)
	if err != nil {
		return nil, nil, err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		s.Stop()
		return nil, nil, fmt.Errorf("read the secrets of the boxes: %w", err)
	}
	var proofs []string
	for line := range strings.Lines(string(text)) {
		serial, secret, _ := strings.Cut(strings.TrimSpace(line), " ")
		proofs = append(proofs, serial+":"+secret)
	}
	if len(proofs) != o.hubs {
		s.Stop()
		return nil, nil, fmt.Errorf("the server knows %d boxes, not %d", len(proofs), o.hubs)
	}
	return s, proofs, nil
}

// freePort returns a port that nobody listens on now.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a port: %w", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
