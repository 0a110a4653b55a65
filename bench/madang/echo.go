package main

import (
	"context"
	"errors"
	"net/http"

	"madang"
	"madang/dialect/socketio"
	"madang/dialect/socketio/echo"
	"madang/inlet/events"
	"madang/webhook/auth"
)

// serveEcho makes the hub and what laravel-echo-server's clients and back ends
// know: the Socket.IO server, the application that authorizes, and the HTTP
// interface with its key.
func serveEcho(ctx context.Context, c madang.Config, application string) (*madang.Hub, *http.ServeMux, error) {
	if application == "" {
		return nil, nil, errors.New("BENCH_AUTH is not set: it holds the address of the application that authorizes")
	}
	apps := madang.NewApps(madang.App{ID: appID, Rules: madang.Rules{ClientEvents: true}})
	ask := auth.Defaults()
	ask.AuthHost = []string{application}
	backend, err := auth.New(ask, auth.Options{Apps: apps, Log: logger()})
	if err != nil {
		return nil, nil, err
	}
	c.Policies = []madang.Policy{echo.Policy(apps), backend}
	hub := madang.New(c)
	if err := hub.Start(ctx); err != nil {
		return nil, nil, err
	}
	cfg := socketio.Defaults()
	cfg.App, cfg.ServeClient = appID, false
	io, err := socketio.New(hub, cfg, socketio.Options{Log: logger()})
	if err != nil {
		return nil, nil, err
	}
	if err := echo.Bind(io.Of("/"), echo.Options{Apps: apps, Log: logger()}); err != nil {
		return nil, nil, err
	}
	api, err := events.New(hub, events.Defaults(), events.Options{Apps: apps, EchoKeys: map[string]string{appID: appName}, Log: logger()})
	if err != nil {
		return nil, nil, err
	}
	mux := http.NewServeMux()
	mux.Handle(io.Path(), io)
	route(mux, api.Routes())
	return hub, mux, nil
}
