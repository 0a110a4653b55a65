package server

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

const (
	readyEvery   = time.Second     // how old an answer of /readyz may be: asking often must not load the stores
	readyTimeout = 2 * time.Second // of one check
)

// A check is one line of /readyz.
type check struct {
	name string
	f    func(context.Context) error
}

// health answers whether this server lives and whether it should be sent people.
type health struct {
	checks   []check
	draining func() bool
	full     func() bool
	log      *slog.Logger

	mu    sync.Mutex
	asked time.Time
	last  map[string]string
}

// A report is the body of /livez and /readyz.
type report struct {
	Status string            `json:"status"`           // ok, failed, draining, full
	Checks map[string]string `json:"checks,omitempty"` // ok or failed; why is in the log
}

func (s *Server) ownRoutes() map[string]http.Handler {
	h := &health{draining: s.draining.Load, full: s.site.Hub.Full, log: s.log}
	for _, o := range s.site.opened {
		if x, ok := o.value.(Readier); ok {
			h.checks = append(h.checks, check{o.part.Name, x.Ready})
		}
	}
	s.health = h
	live, ready := http.HandlerFunc(h.live), http.HandlerFunc(h.ready)
	return map[string]http.Handler{"GET /livez": live, "GET /health": live, "GET /readyz": ready}
}

func (h *health) live(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, report{Status: "ok"})
}

func (h *health) ready(w http.ResponseWriter, r *http.Request) {
	if h.draining() {
		answer(w, http.StatusServiceUnavailable, report{Status: "draining"})
		return
	}
	if h.full() { // newcomers are refused, and find their way to another node sooner if they are sent there
		answer(w, http.StatusServiceUnavailable, report{Status: "full"})
		return
	}
	checks, ok := h.ask(r.Context())
	if !ok {
		answer(w, http.StatusServiceUnavailable, report{Status: "failed", Checks: checks})
		return
	}
	answer(w, http.StatusOK, report{Status: "ok", Checks: checks})
}

// ask runs all checks at once, or returns what they said a moment ago. Why one failed goes into the log, when that
// begins and ends; the public learns only that.
func (h *health) ask(ctx context.Context) (checks map[string]string, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.last == nil || time.Since(h.asked) >= readyEvery {
		// The answer is for others too, so it must not fail because this one went away.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyTimeout)
		defer cancel()
		errs := make([]error, len(h.checks))
		var wg sync.WaitGroup
		for i, c := range h.checks {
			wg.Go(func() { errs[i] = c.f(ctx) })
		}
		wg.Wait()
		before := h.last
		h.last, h.asked = map[string]string{}, time.Now()
		for i, c := range h.checks {
			h.last[c.name] = "ok"
			if errs[i] != nil {
				h.last[c.name] = "failed"
			}
			h.tell(c.name, before[c.name], errs[i])
		}
	}
	ok = true
	for _, status := range h.last {
		ok = ok && status == "ok"
	}
	return h.last, ok
}

func (h *health) tell(name, before string, err error) {
	switch {
	case err != nil && before != "failed":
		h.log.Warn("not ready", "part", name, "err", err)
	case err == nil && before == "failed":
		h.log.Info("ready again", "part", name)
	}
}

// answer writes a small JSON document that nobody keeps.
func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the far end may be gone, which is its own business
}
