// Package siotest has clients for tests: an Engine.IO session by WebSocket or by polling, taken so low that a test can do
// what no client library would. They reach their server over connections in memory, so that everything works in the
// fake time of testing/synctest.
package siotest

import (
	"context"
	"net"
	"net/http"
	"testing"
	"time"

	"madang/internal/memnet"
)

// patience is how long a client waits for what must come, longer than a server is silent.
const patience = time.Minute

// A Net is a server's address.
type Net struct {
	l    *memnet.Listener
	http *http.Client
}

// Serve serves h until the test ends.
func Serve(t testing.TB, h http.Handler) *Net {
	t.Helper()
	n := &Net{l: memnet.Listen(0)}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) { return n.l.Dial(ctx) }
	transport := &http.Transport{DialContext: dial, DisableKeepAlives: true}
	n.http = &http.Client{Transport: transport}
	srv := &http.Server{Handler: h}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = srv.Serve(n.l) // it always ends with an error: that it was closed
	}()
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		if err := srv.Close(); err != nil {
			t.Errorf("close the server: %v", err)
		}
		<-served
	})
	return n
}

// Do sends a request.
func (n *Net) Do(t testing.TB, r *http.Request) Answer {
	t.Helper()
	a, err := n.Try(r)
	if err != nil {
		t.Fatalf("%s %s: %v", r.Method, r.URL, err)
	}
	return a
}
