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

	"madang/bench/internal/proc"
	"madang/bench/internal/wire"
)

// config is the server's: accounts on, limits of attempts out of the way, everything else as it comes.
const config = `listen: 127.0.0.1:%d
data_dir: %s
apps: [{id: %s, keys: [{name: %s, secret: %s}], client_event_rate: 1000}]
auth: {jwt: {secret: %s}}
account:
  enabled: true
  url: http://127.0.0.1:%[1]d
  key: %[7]s
  web: {features: {reset_passwords: false, email_verification: false}}
  api:
    features: {reset_passwords: false, email_verification: false, terms: false}
    limits:
      login: {max: 1000000, window: 1m}
      login_ip: {max: 1000000, window: 1m}
      login_any: {max: 1000000, window: 1m}
      login_all: {max: 1000000, window: 1m}
      form: {max: 1000000, window: 1m}
`

func build(ctx context.Context, root, program string) error {
	c := exec.CommandContext(ctx, "go", "build", "-o", program, "./cmd/madang")
	c.Dir = root
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("build the server: %w\n%s", err, out)
	}
	return nil
}

// start starts the server and returns the secret of its app's key.
func start(ctx context.Context, program, dir string) (*proc.Server, string, error) {
	port, err := freePort()
	if err != nil {
		return nil, "", err
	}
	secret := rand.Text() + rand.Text()
	text := fmt.Sprintf(config, port, filepath.Join(dir, "data"), wire.App, wire.AppKey, secret, rand.Text()+rand.Text(), rand.Text()+rand.Text())
	file := filepath.Join(dir, "madang.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return nil, "", fmt.Errorf("configure the server: %w", err)
	}
	s, err := proc.Start(ctx, proc.Command{Path: program, Args: []string{"serve", "--config", file}, Dir: dir, Ready: "listening on ", Port: port})
	return s, secret, err
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
