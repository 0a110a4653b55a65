// Command madang is the server that bench measures, on Madang's public Go API.
//
//	BENCH_SECRET=… BENCH_AUTH=http://127.0.0.1:PORT madang -speak socketio -listen 127.0.0.1:0
//
// It prints "ready PORT PID" when it listens. Everything a real server has is on: guards, policies, presence, limits. With
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
	prof := flag.String("pprof", "", "address of the profiler; empty: none")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *speak, *listen, *prof); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, speak, listen, prof string) error {
	secret := os.Getenv("BENCH_SECRET")
	if secret == "" {
		return fmt.Errorf("BENCH_SECRET is not set: it holds the key of tokens and signatures")
	}
	hub, mux, err := serve(ctx, speak, secret)
	if err != nil {
		return err
	}
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
func serve(ctx context.Context, speak, secret string) (*madang.Hub, *http.ServeMux, error) {
	switch speak {
	case "socketio":
		return serveSocketIO(ctx, secret)
	case "pusher":
		return servePusher(ctx, secret)
	case "echo":
		return serveEcho(ctx, os.Getenv("BENCH_AUTH"))
	case "ably", "ablymsgpack": // clients say in which form they want it
		return serveAbly(ctx, secret)
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
