//go:build linux

package proc

import (
	"context"
	"fmt"
	"net"
	"strconv"
)

// StartRedis starts a redis-server on a free port of 127.0.0.1 that writes
// nothing to disk.
func StartRedis(ctx context.Context) (*Server, error) {
	port, err := freePort(ctx)
	if err != nil {
		return nil, fmt.Errorf("find a port for Redis: %w", err)
	}
	return Start(ctx, Command{
		Path:  "redis-server",
		Args:  []string{"--bind", "127.0.0.1", "--port", strconv.Itoa(port), "--save", "", "--appendonly", "no", "--daemonize", "no"},
		Dir:   "/",
		Ready: "Ready to accept connections",
		Port:  port,
	})
}

// freePort returns a port that nobody used a moment ago.
func freePort(ctx context.Context) (int, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
