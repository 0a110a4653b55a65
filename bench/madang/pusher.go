package main

import (
	"context"
	"net/http"

	"madang"
	"madang/dialect/pusher"
	"madang/inlet/events"
)

// The app and the name of its key, for the generator and for all servers.
const (
	appID   = "bench"
	appName = "bench-key"
)

// servePusher makes the hub and the Pusher server with its HTTP interface.
func servePusher(ctx context.Context, c madang.Config, secret string) (*madang.Hub, *http.ServeMux, error) {
	apps := madang.NewApps(madang.App{
		ID: appID, Keys: []madang.Key{{Name: appName, Secret: secret}}, Rules: madang.Rules{ClientEvents: true},
	})
	cfg := pusher.Defaults()
	c.Guards = map[string]madang.Guard{pusher.GuardName: pusher.NewGuard(apps)}
	c.Policies = []madang.Policy{pusher.NewPolicy(apps)}
	c.Retention = cfg.Retain
	hub := madang.New(c)
	if err := hub.Start(ctx); err != nil {
		return nil, nil, err
	}
	s, err := pusher.New(hub, cfg, pusher.Options{Apps: apps, Log: logger()})
	if err != nil {
		return nil, nil, err
	}
	api, err := events.New(hub, events.Defaults(), events.Options{Apps: apps, Log: logger()})
	if err != nil {
		return nil, nil, err
	}
	mux := http.NewServeMux()
	route(mux, s.Routes())
	route(mux, api.Routes())
	return hub, mux, nil
}
