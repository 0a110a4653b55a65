package operator_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"madang/account"
	"madang/account/gate"
	"madang/account/limit"
	"madang/account/operator"
	"madang/account/password"
	"madang/account/photo"
	"madang/account/seal"
	"madang/account/signin"
	"madang/account/signin/mails"
	"madang/blob"
	"madang/mail"
	"madang/shared"
	"madang/store/memory"
)

// A house is an Operator with everything it works with.
type house struct {
	*operator.Operator
	store  *memory.Accounts
	web    *signin.Service
	photos *blob.Memory
	album  *photo.Album

	mu    sync.Mutex
	clock time.Time
	ended account.Ended
}

func (h *house) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.clock
}

func (h *house) pass(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clock = h.clock.Add(d)
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{store: memory.NewAccounts(), photos: &blob.Memory{}, clock: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
	log := slog.New(slog.DiscardHandler)
	cost := password.Defaults()
	cost.Memory, cost.Passes = 19456, 2
	hasher, err := password.New(cost)
	if err != nil {
		t.Fatal(err)
	}
	box, err := seal.New([]byte(strings.Repeat("k", seal.MinKey)))
	if err != nil {
		t.Fatal(err)
	}
	texts, err := mails.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	parts := signin.Parts{
		Store: h.store, Hasher: hasher, Box: box, Limiter: limit.New(shared.NewMemory(h.now)), Mail: &mail.Box{}, Mails: texts, Now: h.now, Log: log,
		Ended: func(_ context.Context, e account.Ended) {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.ended.Sessions = append(h.ended.Sessions, e.Sessions...)
		},
	}
	guards := map[string]*signin.Service{}
	for _, name := range []string{"web", "api"} {
		c := signin.Defaults(name)
		c.App, c.URL, c.Sites = "app1", "https://barun.test", map[string]string{"admin": "https://admin.barun.test"}
		if guards[name], err = signin.New(c, parts); err != nil {
			t.Fatal(err)
		}
	}
	g, err := gate.New(gate.Defaults(), h.store, gate.WithLogger(log))
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Seed(t.Context(), "app1"); err != nil {
		t.Fatal(err)
	}
	h.web, h.album = guards["web"], photo.New(h.photos, log)
	h.Operator = operator.New(operator.Parts{App: "app1", Guards: guards, Gate: g, Store: h.store, Photos: h.album, Now: h.now})
	return h
}
