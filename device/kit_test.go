package device_test

import (
	"context"
	"errors"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"madang/device"
	"madang/device/pairing"
	"madang/store/memory"
	"madang/store/sqlite"
)

// both is what a test's store is.
type both interface {
	device.Store
	pairing.Store
}

// A world is a Service with what surrounds it, in a time made by hand. It is its Outlet and the displays.
type world struct {
	*device.Service
	t     testing.TB
	store both

	mu        sync.Mutex
	at        time.Time
	locked    map[string]bool
	codes     map[string]string // by hub
	delivered []device.Command
	away      bool // what is delivered does not arrive
	dark      bool // no display is connected
	ended     []device.Ended
	told      []string
	onDeliver func(device.Command)
}

// stores runs a test in a world on each store.
func stores(t *testing.T, test func(*testing.T, *world)) {
	t.Run("memory", func(t *testing.T) { test(t, newWorld(t, memory.NewDevices())) })
	t.Run("sqlite", func(t *testing.T) {
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

func newWorld(t testing.TB, store both) *world {
	t.Helper()
	w := &world{
		t: t, store: store, at: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC), locked: map[string]bool{}, codes: map[string]string{},
	}
	w.Service = w.node()
	return w
}

// node makes another Service on the store.
func (w *world) node() *device.Service {
	w.t.Helper()
	p, err := pairing.New(pairing.Defaults(), make([]byte, pairing.MinKey), w.store, w,
		pairing.WithClocks(w.now, func() time.Duration { return time.Duration(w.now().UnixNano()) }))
	if err != nil {
		w.t.Fatal(err)
	}
	s, err := device.New(device.Defaults(), device.Deps{
		Store: w.store, Pairing: p, Outlet: w, Now: w.now,
		Sign: func(_ context.Context, c device.Claims) (string, error) {
			return strings.Join([]string{c.ID, c.Subject, c.Serial, c.Audience, c.ExpiresAt.Sub(c.IssuedAt).String()}, "|"), nil
		},
		Locked: func(_ context.Context, _, person string) (bool, error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			return w.locked[person], nil
		},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
}

// Ready implements pairing.Looker.
func (w *world) Ready(context.Context, pairing.Hub) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.dark {
		return pairing.ErrNoDisplay
	}
	return nil
}

// Show implements pairing.Screen.
func (w *world) Show(_ context.Context, h pairing.Hub, p pairing.Prompt) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.codes[h.ID] = p.Code
	return nil
}

// Clear implements pairing.Screen.
func (w *world) Clear(context.Context, pairing.Hub, string, pairing.End) {}

// Alarm implements pairing.Screen.
func (w *world) Alarm(context.Context, pairing.Hub) {}

// Deliver implements device.Outlet.
func (w *world) Deliver(_ context.Context, c device.Command) error {
	w.mu.Lock()
	away, then := w.away, w.onDeliver
	if !away {
		w.delivered = append(w.delivered, c)
	}
	w.mu.Unlock()
	if then != nil {
		then(c)
	}
	if away {
		return device.ErrAway
	}
	return nil
}

// Ended implements device.Outlet.
func (w *world) Ended(_ context.Context, e device.Ended) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = append(w.ended, e)
}

func (w *world) tell(what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told = append(w.told, what)
}

// PlaceChanged implements device.Outlet.
func (w *world) PlaceChanged(_ context.Context, p device.Place) { w.tell("place " + p.Name) }

// HubChanged implements device.Outlet.
func (w *world) HubChanged(_ context.Context, h device.Hub) { w.tell("hub " + h.Serial) }

// DeviceChanged implements device.Outlet.
func (w *world) DeviceChanged(_ context.Context, _ string, d device.Device) { w.tell("device " + d.ID) }

// CommandChanged implements device.Outlet.
func (w *world) CommandChanged(_ context.Context, _ string, c device.Command) {
	w.tell("command " + string(c.State))
}

const app = "app1"

func someone(id string) device.Actor {
	return device.Actor{App: app, Person: id, Name: "Name of " + id}
}

// box makes a hub known, connected, and with a lamp, a thermostat and a lock.
func (w *world) box(serial string) {
	w.t.Helper()
	_, err := w.Register(w.t.Context(), app, serial, "현관")
	w.ok(err)
	_, err = w.Arrive(w.t.Context(), app, serial, "link of "+serial)
	w.ok(err)
	w.ok(w.Declare(w.t.Context(), app, serial, []device.Device{
		{ID: "lamp", Name: "거실 등", Capabilities: []device.Capability{device.Switch, device.Dimmer}, Reported: device.Values{"on": false}, Version: 1},
		{ID: "heat", Name: "난방", Capabilities: []device.Capability{device.Thermostat}},
		{ID: "door", Name: "현관문", Capabilities: []device.Capability{device.Lock}, Reported: device.Values{"locked": true}, Version: 1},
	}))
}

// pair pairs somebody with a hub, and returns who they are by their token.
func (w *world) pair(a device.Actor, serial string) device.Actor {
	w.t.Helper()
	from := netip.MustParseAddr("192.0.2.1")
	w.ok(w.AskCode(w.t.Context(), a, serial, from))
	p, err := w.CheckCode(w.t.Context(), a, serial, from, w.codes[serial])
	w.ok(err)
	w.pass(time.Minute)
	by, _, err := w.ByToken(w.t.Context(), app, p.ID)
	w.ok(err)
	return by
}

// sets is an order to a device of box1.
func sets(id, property string, value any) device.Order {
	return device.Order{Hub: "box1", Device: id, Set: device.Values{property: value}}
}

func (w *world) command(a device.Actor, o device.Order) device.Command {
	w.t.Helper()
	c, err := w.Command(w.t.Context(), a, o)
	w.ok(err)
	return c
}

func (w *world) state(id string) device.CommandState {
	w.t.Helper()
	c, err := w.store.Command(w.t.Context(), app, id)
	w.ok(err)
	return c.State
}

// desired returns what is wished of a device of box1.
func (w *world) desired(id string) map[string]device.Wish {
	w.t.Helper()
	d, err := w.store.Device(w.t.Context(), app, "box1", id)
	w.ok(err)
	return d.Desired
}

func (w *world) acts(a device.Actor, place string) (all []device.Act) {
	w.t.Helper()
	list, err := w.Audit(w.t.Context(), a, place, 0, 0)
	w.ok(err)
	for _, e := range slices.Backward(list) {
		all = append(all, e.Act)
	}
	return all
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

func memoryStore() both { return memory.NewDevices() }
