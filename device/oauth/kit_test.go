package oauth_test

import (
	"context"
	"errors"
	"net/netip"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"madang/device"
	"madang/device/oauth"
	"madang/device/pairing"
	"madang/store/memory"
	"madang/store/sqlite"
)

const app = "app1"

// all is what a test's store is.
type all interface {
	device.Store
	pairing.Store
	oauth.Store
}

// A world is a Flow with what surrounds it, in a time made by hand.
type world struct {
	*oauth.Flow
	t     testing.TB
	store all
	rules *device.Service

	mu     sync.Mutex
	at     time.Time
	real   bool // time passes by itself
	locked map[string]bool
}

// quiet is nobody who hears anything.
type quiet struct{}

func (quiet) Deliver(context.Context, device.Command) error           { return device.ErrAway }
func (quiet) Ended(context.Context, device.Ended)                     {}
func (quiet) PlaceChanged(context.Context, device.Place)              {}
func (quiet) HubChanged(context.Context, device.Hub)                  {}
func (quiet) DeviceChanged(context.Context, string, device.Device)    {}
func (quiet) CommandChanged(context.Context, string, device.Command)  {}
func (quiet) Show(context.Context, pairing.Hub, pairing.Prompt) error { return nil }
func (quiet) Clear(context.Context, pairing.Hub, string, pairing.End) {}
func (quiet) Alarm(context.Context, pairing.Hub)                      {}

func config() oauth.Config {
	c := oauth.Defaults()
	c.App, c.URL = app, "https://home.example"
	return c
}

func newWorld(t testing.TB, s all) *world { return newWorldWith(t, s, config()) }

func newWorldWith(t testing.TB, s all, c oauth.Config) *world {
	t.Helper()
	w := &world{t: t, store: s, at: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC), locked: map[string]bool{}}
	key := make([]byte, pairing.MinKey)
	p, err := pairing.New(pairing.Defaults(), key, s, quiet{}, pairing.WithClocks(w.now, nil))
	w.ok(err)
	w.rules, err = device.New(device.Defaults(), device.Deps{
		Store: s, Pairing: p, Outlet: quiet{}, Now: w.now,
		Sign: func(_ context.Context, c device.Claims) (string, error) { return "jti." + c.ID, nil },
		Locked: func(_ context.Context, _, person string) (bool, error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			return w.locked[person], nil
		},
	})
	w.ok(err)
	w.Flow, err = oauth.NewFlow(c, oauth.Deps{Rules: w.rules, Store: s, Key: key})
	w.ok(err)
	return w
}

// stores runs a test in a world on each store.
func stores(t *testing.T, test func(*testing.T, *world)) {
	t.Run("memory", func(t *testing.T) {
		t.Parallel()
		test(t, newWorld(t, memory.NewDevices()))
	})
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		c := sqlite.Defaults()
		c.Path = filepath.Join(t.TempDir(), "madang.db")
		s, err := sqlite.Open(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		test(t, newWorld(t, s.Devices()))
	})
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.real {
		return time.Now()
	}
	return w.at
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
}

// box makes a hub known, and returns it with its secret.
func (w *world) box(serial string) (device.Hub, string) {
	w.t.Helper()
	secret, err := w.rules.Register(w.t.Context(), app, serial, "현관")
	w.ok(err)
	h, err := w.store.Hub(w.t.Context(), app, serial)
	w.ok(err)
	return h, secret
}

func (w *world) ask(h device.Hub) oauth.Asked {
	w.t.Helper()
	a, err := w.Ask(w.t.Context(), h, "192.0.2.7")
	w.ok(err)
	return a
}

func (w *world) poll(h device.Hub, a oauth.Asked, want error) device.Paired {
	w.t.Helper()
	p, err := w.Poll(w.t.Context(), h, a.DeviceCode)
	if !errors.Is(err, want) || want == nil && err != nil {
		w.t.Fatalf("the answer is %v, want %v", err, want)
	}
	return p
}

func someone(id string) device.Actor {
	return device.Actor{App: app, Person: id, Name: "Name of " + id}
}

// look types a code, from an address of one's own.
func (w *world) look(who, code string) (oauth.Grant, error) {
	return w.Look(w.t.Context(), someone(who), netip.AddrFrom4([4]byte{192, 0, 2, who[0]}), code)
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) fails(err, want error) {
	w.t.Helper()
	if !errors.Is(err, want) {
		w.t.Fatalf("the error is %v, want %v", err, want)
	}
}
