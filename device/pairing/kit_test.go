package pairing_test

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"testing"
	"time"

	"madang/device/pairing"
)

// A world is hubs with displays, and a time that is made by hand: real time, and what the machine's clock says it is.
type world struct {
	t      testing.TB
	config pairing.Config
	store  pairing.Store

	mu     sync.Mutex
	real   time.Duration
	step   time.Duration // of the clock, so far
	booted time.Duration
	boards map[string]*board
}

// A board is one display.
type board struct {
	away   bool
	prompt *pairing.Prompt
	alarms int
	ends   []pairing.End
}

func newWorld(t testing.TB, store pairing.Store) *world {
	return &world{t: t, config: pairing.Defaults(), store: store, boards: map[string]*board{"box1": {}, "box2": {}}}
}

// node starts a process on the store.
func (w *world) node() *pairing.Pairing {
	w.t.Helper()
	w.mu.Lock()
	boot := w.real
	w.booted = boot
	w.mu.Unlock()
	p, err := pairing.New(w.config, make([]byte, pairing.MinKey), w.store, w, pairing.WithClocks(w.now, func() time.Duration {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.real - boot
	}))
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC).Add(w.real + w.step)
}

// pass lets time pass.
func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.real += d
}

// set sets the clock on, or back.
func (w *world) set(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.step += d
}

// Show implements pairing.Screen.
func (w *world) Show(_ context.Context, h pairing.Hub, p pairing.Prompt) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	b := w.boards[h.ID]
	if b == nil || b.away {
		return pairing.ErrNoDisplay
	}
	b.prompt = &p
	return nil
}

// Clear implements pairing.Screen.
func (w *world) Clear(_ context.Context, h pairing.Hub, id string, why pairing.End) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if b := w.boards[h.ID]; b != nil {
		b.ends = append(b.ends, why)
		if b.prompt != nil && b.prompt.ID == id {
			b.prompt = nil
		}
	}
}

// Alarm implements pairing.Screen.
func (w *world) Alarm(_ context.Context, h pairing.Hub) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if b := w.boards[h.ID]; b != nil {
		b.alarms++
	}
}

// board returns what a display shows now.
func (w *world) board(hub string) board {
	w.mu.Lock()
	defer w.mu.Unlock()
	return *w.boards[hub]
}

// code returns the code on a display.
func (w *world) code(hub string) string {
	w.t.Helper()
	b := w.board(hub)
	if b.prompt == nil {
		w.t.Fatalf("%s shows no code", hub)
	}
	return b.prompt.Code
}

func by(person, hub string) pairing.Request {
	return pairing.Request{Hub: pairing.Hub{App: "home", ID: hub}, Person: person, Who: person}
}

func from(r pairing.Request, address string) pairing.Request {
	r.Address = netip.MustParseAddr(address)
	return r
}

// other returns a code that is not this one.
func other(code string) string { return string('0'+(code[0]-'0'+1)%10) + code[1:] }

func expect(t testing.TB, err, want error) {
	t.Helper()
	if want == nil && err != nil || !errors.Is(err, want) {
		t.Fatalf("the error is %v, want %v", err, want)
	}
}
