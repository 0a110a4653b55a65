package server

import (
	"context"
	"net/http"

	"madang"
)

// A Starter does something as long as the server runs. Start returns when that has begun; ctx ends after the server has
// drained. The hub is running by then.
type Starter interface {
	Start(ctx context.Context) error
}

// A Drainer has something to finish before it is closed. Drain is called after all connections have gone and returns
// when it is done or ctx ends.
type Drainer interface{ Drain(ctx context.Context) }

// A Readier depends on something that may fail. While Ready returns an error, /readyz says 503 and load balancers send
// nobody. It is asked once a second at most.
type Readier interface {
	Ready(ctx context.Context) error
}

// A Router answers HTTP requests. Routes is called once and returns who answers what, by patterns of [http.ServeMux]
// without a host. For a part that has no such method, the option [RoutesOf] says it.
type Router interface {
	Routes() map[string]http.Handler
}

// A Claimer shares its patterns with other parts: it answers only the requests that it claims.
type Claimer interface{ Claims(*http.Request) bool }

// A Wrapper stands before the routes of all parts, such as one that tells hosts apart. The server's own routes, by which load
// balancers ask for its health, are before it.
type Wrapper interface {
	Wrap(next http.Handler) http.Handler
}

// An Observer wants to know what happens in the hub.
type Observer interface{ Observer() *madang.Observer }

// A Retainer says how much history channels keep. The first part that wants some for a channel decides.
type Retainer interface {
	Retain(madang.Channel) madang.Retention
}

// A Watcher is an Observer that wants to know of a channel's first and last subscriber in the whole cluster.
type Watcher interface{ Watch(madang.Channel) bool }

// An Offerer has more to be found by [Find] than itself: a store has one part for each feature.
type Offerer interface{ Offers() []any }

// A Hinter tells people who try the server in development mode what to do next, a line for each way. The url is the
// server's, without a slash at its end; token is one for a user "dev", or empty.
type Hinter interface {
	Hints(url, token string) []string
}
