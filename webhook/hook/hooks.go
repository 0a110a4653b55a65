package hook

import (
	"context"
	"fmt"
	"hash/maphash"
	"log/slog"
	"net/url"
	"sync"
	"sync/atomic"

	"madang/internal/seldom"
	"madang/webhook"
)

// maxBytes bounds what waits, whatever the number of events.
const maxBytes = 32 << 20

// A Backend is told. It is a [webhook.Backend].
type Backend interface {
	Post(context.Context, webhook.Call) (webhook.Reply, error)
}

// Options are what Hooks need besides their settings. The zero value works.
type Options struct {
	Backend Backend // nil: that of the settings
	Log     *slog.Logger
}

// Hooks tell the backend what happens. Their methods never wait. Make them with New and call Start; what happens before
// is kept, as far as there is room.
type Hooks struct {
	cfg     Config
	backend Backend
	log     *slog.Logger
	seldom  *seldom.Gate
	seed    maphash.Seed
	lanes   [workers]*lane // events of one channel take one lane
	waiting atomic.Int64
	bytes   atomic.Int64
	stop    context.CancelFunc
	done    sync.WaitGroup
	ended   sync.Once

	sent, failed, dropped atomic.Uint64
}

// New returns the hooks of a configuration.
func New(c Config, o Options) (*Hooks, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("hooks: %w", err)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Backend == nil {
		b, err := webhook.NewBackend(c.Config, nil, workers, o.Log)
		if err != nil {
			return nil, fmt.Errorf("hooks: %w", err)
		}
		o.Backend = b
	}
	h := &Hooks{cfg: c, backend: o.Backend, log: o.Log, seldom: seldom.New(quiet), seed: maphash.MakeSeed()}
	for i := range h.lanes {
		h.lanes[i] = &lane{wake: make(chan struct{}, 1)}
	}
	return h, nil
}

// Enabled reports whether anybody is told.
func (h *Hooks) Enabled() bool { return h.cfg.Enabled() }

// Joined tells that a client has entered a channel.
func (h *Hooks) Joined(e Event) { h.tell("join", e) }

// Left tells that a client has left a channel or is gone.
func (h *Hooks) Left(e Event) { h.tell("leave", e) }

// ClientEvent tells what a client has published.
func (h *Hooks) ClientEvent(e Event) { h.tell("client_event", e) }

// Counts returns how many events were told, how many of them the backend did not take, and how many never left.
func (h *Hooks) Counts() (told, failed, dropped uint64) {
	return h.sent.Load(), h.failed.Load(), h.dropped.Load()
}

// tell puts an event on its lane, or drops it if there is no room.
func (h *Hooks) tell(kind string, e Event) {
	if !h.Enabled() {
		return
	}
	l := h.lanes[maphash.Comparable(h.seed, e.Channel)%workers]
	if !h.room(&e, 1) {
		h.room(&e, -1)
		h.dropped.Add(1)
		if skipped, ok := h.seldom.Allow("full"); ok {
			h.log.Error("hooks are dropped: more wait than max_hooks allows; see why the backend is slow or gone",
				"event", kind, "channel", e.Channel.String(), "others", skipped)
		}
		return
	}
	if !l.put(job{kind, e}) { // the server is going away
		h.room(&e, -1)
		h.dropped.Add(1)
	}
}

// Start begins to tell. ctx must outlast Drain.
func (h *Hooks) Start(ctx context.Context) error {
	ctx, h.stop = context.WithCancel(ctx)
	for _, l := range h.lanes {
		h.done.Go(func() { h.run(ctx, l) })
	}
	return nil
}

// room takes room for an event, or with -1 gives it back, and reports whether there was any.
func (h *Hooks) room(e *Event, n int64) (ok bool) {
	events, bytes := h.waiting.Add(n), h.bytes.Add(n*int64(e.size()))
	return events <= int64(h.cfg.MaxHooks) && bytes <= maxBytes
}

// run tells what comes along a lane, until that is closed or ctx ends.
func (h *Hooks) run(ctx context.Context, l *lane) {
	for {
		j, ok, more := l.take()
		switch {
		case !more:
			return
		case !ok:
			select {
			case <-l.wake:
			case <-ctx.Done():
				l.end()
			}
			continue
		}
		h.room(&j.Event, -1)
		if ctx.Err() != nil {
			h.dropped.Add(1)
			continue
		}
		h.post(ctx, j)
	}
}

// Drain returns when everything is told, or ctx ends; what happens from now on is not told.
func (h *Hooks) Drain(ctx context.Context) {
	h.ended.Do(func() {
		for _, l := range h.lanes {
			l.end()
		}
		if h.stop == nil {
			return // never started
		}
		defer context.AfterFunc(ctx, h.stop)()
		h.done.Wait()
		h.stop()
	})
}

// post tells one event.
func (h *Hooks) post(ctx context.Context, j job) {
	p, err := j.payload()
	if err != nil {
		h.failed.Add(1)
		h.log.Error("a hook has data that is no JSON", "event", j.kind, "channel", j.Channel.String(), "error", err)
		return
	}
	r, err := h.backend.Post(ctx, webhook.Call{
		Endpoint: h.cfg.HookEndpoint, Header: j.Header, Remote: j.Remote,
		Form: url.Values{"event": {j.kind}, "channel": {j.Channel.Name}, "payload": {p}},
	})
	h.sent.Add(1)
	if err == nil && r.Status >= 200 && r.Status < 300 {
		return
	}
	h.failed.Add(1)
	if skipped, ok := h.seldom.Allow(fmt.Sprint(r.URL, r.Status)); ok {
		h.log.Warn("the backend did not take a hook", "event", j.kind, "channel", j.Channel.String(), "url", r.URL, "status", r.Status,
			"body", fmt.Sprintf("%.200s", r.Body), "error", err, "others", skipped)
	}
}
