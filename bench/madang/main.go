// Command madang is the application that bench measures, on Madang's public Go API: the same as ../peer/server.mjs.
//
//	BENCH_SECRET=… madang -listen 127.0.0.1:0
//
// It prints "ready PORT PID" when it listens. Everything a real server has is on: the token guard, presence, limits.
package main

import (
	"context"
	"encoding/json"
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
	"madang/account/token"
	"madang/dialect/socketio"
	"madang/internal/trim"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address to listen on")
	prof := flag.String("pprof", "", "address of the profiler; empty: none")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *listen, *prof); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, listen, prof string) error {
	secret := os.Getenv("BENCH_SECRET")
	if secret == "" {
		return fmt.Errorf("BENCH_SECRET is not set: it holds the key of the connections' tokens")
	}
	hub, io, err := open(ctx, secret)
	if err != nil {
		return err
	}
	app(io)
	mux := http.NewServeMux()
	mux.Handle(io.Path(), io)
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

// open makes the hub and the Socket.IO server.
func open(ctx context.Context, secret string) (*madang.Hub, *socketio.Server, error) {
	auth := token.Defaults()
	auth.Secret = secret
	guard, err := token.New(ctx, auth)
	if err != nil {
		return nil, nil, err
	}
	hub := madang.New(madang.Config{
		Guards: map[string]madang.Guard{"api": guard},
		Limits: madang.Limits{MessageRate: 1_000_000, MessageBurst: 1_000_000},
	})
	if err := hub.Start(ctx); err != nil {
		return nil, nil, err
	}
	cfg := socketio.Defaults()
	cfg.Transports = []string{"websocket"}
	cfg.ServeClient = false
	cfg.Namespaces = map[string]socketio.NamespaceConfig{"/": {Guard: "api"}}
	io, err := socketio.New(hub, cfg, socketio.Options{Log: slog.New(slog.NewTextHandler(os.Stderr, nil))})
	return hub, io, err
}

// app is the application.
func app(io *socketio.Server) {
	root := io.Of("/")
	root.OnConnection(func(s *socketio.Socket) {
		if err := s.Conn().Hub().Enter(context.Background(), s.Conn(), root.Channel(), nil, madang.JSON); err != nil {
			s.Disconnect(true)
		}
	})
	io.On("sub", func(s *socketio.Socket, e *socketio.Event) error {
		var room string
		if err := e.Bind(&room); err != nil {
			return err
		}
		if err := s.Join(room); err != nil {
			return err
		}
		return e.Ack(1)
	})
	io.On("pub", func(_ *socketio.Socket, e *socketio.Event) error {
		var room string
		var data json.RawMessage
		if err := e.Bind(&room, &data); err != nil {
			return err
		}
		return io.To(room).Emit("msg", data)
	})
	io.On("echo", func(_ *socketio.Socket, e *socketio.Event) error {
		return e.Ack(e.Raw(0))
	})
}
