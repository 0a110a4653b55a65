package outgoing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"time"

	"madang"
	"madang/internal/seldom"
)

// Pauses between attempts.
const (
	firstPause = time.Second
	longPause  = time.Minute
	lastPause  = time.Second // while the server goes away
)

// quiet is how long the log says nothing more about the same trouble with an endpoint.
const quiet = 30 * time.Second

// A sink sends one endpoint what it is told, one batch after the other.
type sink struct {
	Endpoint
	cfg    Config
	key    madang.Key
	client *http.Client
	log    *slog.Logger
	seldom *seldom.Gate
	queue  *queue
	ending chan struct{} // closed when the server goes away

	sent, failed, dropped atomic.Uint64
}

// push takes a fact that the endpoint wants. It does not wait.
func (s *sink) push(f fact) {
	n := s.queue.push(f)
	if n == 0 {
		return
	}
	s.dropped.Add(uint64(n))
	if skipped, ok := s.seldom.Allow("full"); ok {
		s.log.Error("webhooks are dropped, the oldest first: more wait than max_queue allows; see why the endpoint is slow or gone",
			"dropped", n, "others", skipped, "waiting", s.queue.len())
	}
}

// run sends until ctx ends, or the server goes away and nothing is left.
func (s *sink) run(ctx context.Context) {
	for s.await(ctx) {
		if facts := s.queue.take(s.cfg.MaxEvents); len(facts) > 0 {
			s.deliver(ctx, facts)
		}
	}
	if n := s.queue.len(); n > 0 {
		s.dropped.Add(uint64(n))
		s.log.Error("webhooks are lost: the server had to end before the endpoint took them", "events", n)
	}
}

// await waits until there is something to send, and then for what goes with it. ok is false if that was all.
func (s *sink) await(ctx context.Context) (ok bool) {
	for s.queue.len() == 0 {
		select {
		case <-s.queue.wake:
		case <-s.ending:
			return s.queue.len() > 0
		case <-ctx.Done():
			return false
		}
	}
	window := time.NewTimer(s.cfg.Window)
	defer window.Stop()
	for s.queue.len() < s.cfg.MaxEvents {
		select {
		case <-s.queue.wake:
		case <-window.C:
			return true
		case <-s.ending:
			return ctx.Err() == nil
		case <-ctx.Done():
			return false
		}
	}
	return ctx.Err() == nil
}

// deliver sends a batch, as often as it takes and is allowed.
func (s *sink) deliver(ctx context.Context, facts [][]byte) {
	start := time.Now()
	body := encodeBatch(start, facts)
	pause := firstPause
	for attempt := 1; ; attempt++ {
		err := s.post(ctx, body)
		if err == nil {
			s.sent.Add(uint64(len(facts)))
			return
		}
		s.failed.Add(1)
		wait := pause - time.Duration(rand.Int64N(int64(pause)/2)) // not all nodes and endpoints at once
		if ctx.Err() != nil || time.Since(start)+wait > s.cfg.RetryFor {
			s.dropped.Add(uint64(len(facts)))
			s.log.Error("webhooks are given up", "events", len(facts), "attempts", attempt, "for", time.Since(start).Round(time.Second), "error", err)
			return
		}
		if skipped, ok := s.seldom.Allow("failed"); ok {
			s.log.Warn("a webhook was not taken and is tried again", "error", err, "attempt", attempt, "pause", wait.Round(time.Millisecond), "others", skipped)
		}
		s.rest(ctx, wait)
		pause = min(2*pause, longPause)
	}
}

// rest waits between attempts; less when the server goes away.
func (s *sink) rest(ctx context.Context, wait time.Duration) {
	ending := s.ending
	select {
	case <-ending:
		ending, wait = nil, min(wait, lastPause)
	default:
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ending:
	case <-ctx.Done():
	}
}

// errStatus says that the endpoint has answered, but not that it has taken the batch.
var errStatus = errors.New("not a status of success")

// stat returns what has become of the endpoint's events.
func (s *sink) stat() Stat {
	return Stat{
		App: s.App, URL: s.URL, Waiting: s.queue.len(), Sent: s.sent.Load(), Failed: s.failed.Load(), Dropped: s.dropped.Load(),
	}
}

// refused makes an error of an answer.
func refused(status int, body []byte) error {
	return fmt.Errorf("status %d: %w: %.200q", status, errStatus, body)
}
