package main

import (
	"context"
	"net/http"

	"madang"
	"madang/dialect/ably"
	"madang/dialect/ably/token"
)

// serveAbly makes the hub and the server for Ably's clients, in JSON and in MessagePack: a client says which it wants. This is
// community-built, not an Ably product.
func serveAbly(ctx context.Context, c madang.Config, secret string) (*madang.Hub, *http.ServeMux, error) {
	apps := madang.NewApps(madang.App{ID: appID, Keys: []madang.Key{{Name: appName, Secret: secret}}})
	keys, err := token.FromApps(apps, nil)
	if err != nil {
		return nil, nil, err
	}
	authority := token.New(token.Config{Keys: keys, Log: logger()})
	cfg := ably.Defaults()
	c.Guards = map[string]madang.Guard{ably.GuardName: ably.NewGuard(authority)}
	c.Policies = []madang.Policy{ably.NewPolicy()}
	c.Retention = cfg.Retain
	hub := madang.New(c)
	if err := hub.Start(ctx); err != nil {
		return nil, nil, err
	}
	s, err := ably.New(hub, cfg, ably.Options{Apps: apps, Authority: authority, Log: logger()})
	if err != nil {
		return nil, nil, err
	}
	mux := http.NewServeMux()
	route(mux, s.Routes())
	return hub, mux, nil
}
