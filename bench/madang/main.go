// Command madang is the server that bench measures, on Madang's public Go API.
//
//	BENCH_SECRET=… BENCH_AUTH=http://127.0.0.1:PORT madang -speak socketio -listen 127.0.0.1:0
//
// It prints "ready PORT PID" when it listens. With -redis it is a node of a cluster. GET /counters says what it has counted. Everything a real server has is on: guards, policies, presence, limits. With
// -speak
//
//   - socketio it is the same application as ../peer/server.mjs,
//   - pusher it is what soketi is: channels, client events, the HTTP interface; BENCH_SECRET is the app's,
//   - echo it is what laravel-echo-server is, with the application that authorizes at BENCH_AUTH,
//   - ably or ablymsgpack it is what Ably's realtime clients talk to; BENCH_SECRET is the key's.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"madang"
	"madang/internal/trim"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address to listen on")
	speak := flag.String("speak", "socketio", "protocol: socketio, pusher, echo, ably or ablymsgpack")
	redis := flag.String("redis", "", "`URL` of the Redis that joins the nodes; empty: there is one node")
	prof := flag.String("pprof", "", "address of the profiler; empty: none")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *speak, *listen, *redis, *prof); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, speak, listen, redis, prof string) error {
	secret := os.Getenv("BENCH_SECRET")
	if secret == "" {
		return fmt.Errorf("BENCH_SECRET is not set: it holds the key of tokens and signatures")
	}
	c, join, err := config(ctx, redis)
	if err != nil {
		return err
	}
	hub, mux, err := serve(ctx, c, speak, secret)
	if err != nil {
		return err
	}
	mux.Handle("GET /counters", counters(hub, join))
	l, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	go trim.Run(ctx) // as the server does
	if prof != "" {
		go profile(prof)
	}
	fmt.Println("ready", l.Addr().(*net.TCPAddr).Port, os.Getpid())
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-ctx.Done()
		_ = srv.Close()
	}()
	if err := srv.Serve(l); ctx.Err() == nil {
		return err
	}
	return hub.Close()
}

// serve makes the hub and who answers clients of a protocol.
func serve(ctx context.Context, c madang.Config, speak, secret string) (*madang.Hub, *http.ServeMux, error) {
	switch speak {
	case "socketio":
		return serveSocketIO(ctx, c, secret)
	case "pusher":
		return servePusher(ctx, c, secret)
	case "echo":
		return serveEcho(ctx, c, os.Getenv("BENCH_AUTH"))
	case "ably", "ablymsgpack": // clients say in which form they want it
		return serveAbly(ctx, c, secret)
	}
	return nil, nil, fmt.Errorf("-speak: %q is not one of socketio, pusher, echo, ably and ablymsgpack", speak)
}

// limits are more than the generator asks of one connection.
func limits() madang.Limits {
	return madang.Limits{MessageRate: 1_000_000, MessageBurst: 1_000_000}
}

func logger() *slog.Logger { return slog.New(slog.NewTextHandler(os.Stderr, nil)) }

// route makes a mux of what parts answer.
func route(mux *http.ServeMux, routes map[string]http.Handler) {
	for pattern, h := range routes {
		mux.Handle(pattern, h)
	}
}
