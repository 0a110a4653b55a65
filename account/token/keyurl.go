package token

import (
	"context"
	"log/slog"
	"net/url"
	"sync"
	"time"
)

const (
	fetchEvery   = 30 * time.Second // how far apart attempts are at least, whatever asks for them
	fetchTimeout = 5 * time.Second  // for one attempt from dialling to the last byte
)

// A keyURL is a JWK set at an address. Its keys stay good while the address does not answer.
type keyURL struct {
	address *url.URL
	fetch   func(context.Context) ([]key, error)
	refresh time.Duration
	now     func() time.Time
	log     *slog.Logger
	life    context.Context // attempts end with it

	mu      sync.Mutex
	keys    []key
	fetched time.Time     // when the keys came; zero: never
	tried   time.Time     // when the last attempt began
	failed  bool          // how it ended
	flight  chan struct{} // closed when the attempt that is under way has ended; nil: none is
}

// current returns the keys. When they are due, an attempt begins behind the caller's back; when there are none yet or
// they are long overdue, though the address had answered the last time, the caller waits for it. So a withdrawn key
// does not live on because nobody came for a while, and an address that is down makes nobody wait.
func (u *keyURL) current(ctx context.Context) ([]key, error) {
	u.mu.Lock()
	now := u.now()
	age := now.Sub(u.fetched)
	if !u.fetched.IsZero() && age < u.refresh {
		defer u.mu.Unlock()
		return u.keys, nil
	}
	flight := u.start(now)
	if !u.fetched.IsZero() && (age < 2*u.refresh || u.failed) {
		flight = nil
	}
	u.mu.Unlock()
	return u.await(ctx, flight)
}

// renewed returns the keys after an attempt, if there may be one now: a token names a key that they have not.
func (u *keyURL) renewed(ctx context.Context) ([]key, error) {
	u.mu.Lock()
	flight := u.start(u.now())
	u.mu.Unlock()
	return u.await(ctx, flight)
}

// await waits for the attempt, if there is one, and returns the keys.
func (u *keyURL) await(ctx context.Context, flight <-chan struct{}) ([]key, error) {
	if flight != nil {
		select {
		case <-flight:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.keys, nil
}

// start returns the attempt that is under way, which may be a new one; nil if the last was too short a time ago.
func (u *keyURL) start(now time.Time) <-chan struct{} {
	if u.flight != nil {
		return u.flight
	}
	if !u.tried.IsZero() && now.Sub(u.tried) < fetchEvery || u.life.Err() != nil {
		return nil
	}
	u.tried = now
	u.flight = make(chan struct{})
	go u.attempt()
	return u.flight
}

func (u *keyURL) attempt() {
	keys, err := u.fetch(u.life)
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.failed = err != nil; u.failed {
		u.log.Warn("keys could not be fetched, the last ones stay good",
			"url", u.address.Redacted(), "keys", len(u.keys), "error", err)
	} else {
		u.keys, u.fetched = keys, u.now()
		u.log.Debug("keys fetched", "url", u.address.Redacted(), "keys", len(keys))
	}
	close(u.flight)
	u.flight = nil
}
