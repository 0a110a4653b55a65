package main

import (
	"context"
	"encoding/json"
	"net/http"

	"madang"
	"madang/account/token"
	"madang/dialect/socketio"
)

// serveSocketIO makes the hub, the Socket.IO server and the application on it.
func serveSocketIO(ctx context.Context, c madang.Config, secret string) (*madang.Hub, *http.ServeMux, error) {
	auth := token.Defaults()
	auth.Secret = secret
	guard, err := token.New(ctx, auth)
	if err != nil {
		return nil, nil, err
	}
	c.Guards = map[string]madang.Guard{"api": guard}
	hub := madang.New(c)
	if err := hub.Start(ctx); err != nil {
		return nil, nil, err
	}
	cfg := socketio.Defaults()
	cfg.Transports = []string{"websocket"}
	cfg.ServeClient = false
	cfg.Namespaces = map[string]socketio.NamespaceConfig{"/": {Guard: "api"}}
	io, err := socketio.New(hub, cfg, socketio.Options{Log: logger()})
	if err != nil {
		return nil, nil, err
	}
	app(io)
	mux := http.NewServeMux()
	mux.Handle(io.Path(), io)
	return hub, mux, nil
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
