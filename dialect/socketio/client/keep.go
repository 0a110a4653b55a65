package client

import (
	"context"
	"errors"
	"time"

	"madang/internal/retry"
)

// A Retry is how long Keep waits between connections. The zero value of each field is its default.
type Retry struct {
	First time.Duration // the first wait, which doubles with every failure. Default 1s
	Most  time.Duration // the longest. Default 30s
	// Slow is the wait when the server does not want this client: it has refused or disconnected it. Default 5m.
	Slow time.Duration
	// Failed is told each time a connection could not be made or has ended, and how long the wait is. It may be nil.
	Failed func(err error, wait time.Duration)
}

// steady is how long a connection must have been there for the waits to begin anew.
const steady = 10 * time.Second

// Keep connects again and again until ctx ends, of which it returns the error. live is called with each connection, with a
// context that ends with it; when it returns, the connection is closed. Waits are partly random, so that a thousand clients
// of a server that was restarted do not come back at once.
func Keep(ctx context.Context, c Config, r Retry, live func(context.Context, *Conn)) error {
	if _, err := c.check(); err != nil {
		return err
	}
	waits := retry.Backoff{First: defaulted(r.First, time.Second), Most: defaulted(r.Most, 30*time.Second)}
	slow := defaulted(r.Slow, 5*time.Minute)
	failed := 0
	for {
		begun := time.Now()
		err := once(ctx, c, live)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if time.Since(begun) >= steady {
			failed = 0
		}
		failed++
		wait := waits.After(failed)
		if _, refused := errors.AsType[*RefusedError](err); refused || errors.Is(err, ErrDisconnected) {
			wait = retry.Spread(slow)
		}
		if r.Failed != nil {
			r.Failed(err, wait)
		}
		if err := retry.Sleep(ctx, wait); err != nil {
			return err
		}
	}
}

func defaulted(d, otherwise time.Duration) time.Duration {
	if d <= 0 {
		return otherwise
	}
	return d
}

// once is one connection, from Dial to its end.
func once(ctx context.Context, c Config, live func(context.Context, *Conn)) error {
	conn, err := Dial(ctx, c)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		select {
		case <-conn.Done():
			stop()
		case <-ctx.Done():
		}
	}()
	live(ctx, conn)
	if conn.Err() == nil {
		_ = conn.Close() // it has no error
	}
	return conn.Err()
}
