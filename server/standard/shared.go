package standard

import (
	"context"

	"madang/broker/redis"
	"madang/server"
	"madang/shared"
)

// A commons is what parts remember for a while, with all nodes if there are several.
type commons struct {
	// limits count what somebody may not do too often: sign-ins, forms, commands. While Redis is away each node counts by itself,
	// or nobody could sign in.
	limits shared.Counts
	// nonces are requests for tokens of the Ably protocol. While Redis is away nobody knows which have been used, and they
	// are refused.
	nonces shared.Keys
	// published are what clients of the Ably protocol have published under ids of their own; nil: this node is alone. While Redis is
	// away such a publish fails as any other does.
	published shared.Keys

	fallback *shared.Fallback // of the limits; nil: this node is alone
}

// openShared opens what is remembered: in Redis if the settings join this node to others, else in this process.
func openShared(_ context.Context, s *server.Site, _ struct{}) (*commons, error) {
	b, err := server.Find[*redis.Broker](s)
	if err != nil {
		return alone(), nil //nolint:nilerr // there is none
	}
	all := b.Shared()
	f := shared.NewFallback(all, shared.NewMemory(nil), s.Log)
	return &commons{limits: f, nonces: all, published: all, fallback: f}, nil
}

// alone is what a single process remembers: a server of one node, or a command without a server.
func alone() *commons {
	m := shared.NewMemory(nil)
	return &commons{limits: m, nonces: m}
}
