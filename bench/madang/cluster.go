package main

import (
	"context"
	"encoding/json"
	"net/http"
	"runtime/metrics"

	"madang"
	"madang/broker/redis"
)

// config is what the hub is made of, whatever it speaks; join is what joins it to other nodes, if there are any.
func config(ctx context.Context, url string) (c madang.Config, join *redis.Broker, err error) {
	c.Limits = limits()
	if url == "" {
		return c, nil, nil
	}
	at := redis.Defaults()
	at.URL = url
	if join, err = redis.Open(ctx, at, redis.Options{Log: logger()}); err != nil {
		return c, nil, err
	}
	c.Broker, c.Presence = join, join
	return c, join, nil
}

// counters answers with what has been counted since the start.
func counters(hub *madang.Hub, join *redis.Broker) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		allocated := []metrics.Sample{{Name: "/gc/heap/allocs:objects"}}
		metrics.Read(allocated)
		all := map[string]float64{"allocations": float64(allocated[0].Value.Uint64()), "writes": float64(hub.Flushes())}
		if join != nil {
			all["commands"] = float64(join.Stats().Commands)
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(all) // who asks has gone
	}
}
