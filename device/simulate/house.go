package simulate

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"madang/device"
	"madang/device/link"
	"madang/device/pairing"
)

// tick is how often the house lives on.
const tick = 250 * time.Millisecond

// memory is how many commands the house remembers.
const memory = 1024

// A Screen is what can be seen of a house. Its methods are called one after another, and do not wait.
type Screen interface {
	// Code shows a code; Cleared says that it is over, and Alarm that there are none until somebody presses the button.
	Code(code, who, from string, expiresIn time.Duration)
	Cleared(why pairing.End)
	Alarm()
	// Ordered says what somebody has ordered and what became of it.
	Ordered(d device.Device, set device.Values, c device.Command)
	// Changed says that a device has something new to report. It is moving if there will be more by itself.
	Changed(d device.Device, moving bool)
}

// Config says which house it is.
type Config struct {
	// Seed decides what happens by chance. The same seed is the same day.
	Seed uint64
	// Name returns what a device is called, by its id. Nil: as its id.
	Name func(id string) string
}

// A House is a simulated home. Make it with Build; it lives while Live runs.
type House struct {
	screen Screen

	mu      sync.Mutex
	chance  *rand.Rand
	things  map[string]*thing
	watch   map[int]func(link.Happening)
	watches int
	known   map[string]device.Command // by id
	ids     []string                  // of known, the oldest first
	room    room
}

var _ link.Home = (*House)(nil)

// Build makes a house.
func Build(c Config, s Screen) *House {
	if c.Name == nil {
		c.Name = func(id string) string { return id }
	}
	h := &House{
		screen: s, chance: rand.New(rand.NewPCG(c.Seed, 2)), watch: map[int]func(link.Happening){}, known: map[string]device.Command{},
		room: newRoom(), things: map[string]*thing{},
	}
	for _, t := range furniture() {
		t.Name, t.Version = c.Name(t.ID), time.Now().UnixMilli()
		h.things[t.ID] = t
	}
	return h
}

// Live lets the house live until ctx ends.
func (h *House) Live(ctx context.Context) {
	every := time.NewTicker(tick)
	defer every.Stop()
	for {
		select {
		case <-every.C:
			h.change(func() { h.live(tick) })
		case <-ctx.Done():
			return
		}
	}
}

// change does something to the house, and tells who watches what is new afterwards.
func (h *House) change(do func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	do()
	news := false
	for _, id := range slices.Sorted(maps.Keys(h.things)) {
		t := h.things[id]
		if !t.news {
			continue
		}
		t.news, news = false, true
		// Versions go on growing over restarts as long as the clock does.
		t.Version = max(t.Version+1, time.Now().UnixMilli())
		h.screen.Changed(t.copy(), t.moving())
	}
	if news {
		h.tell(link.Changed)
	}
}

func (h *House) tell(what link.Happening) {
	for _, f := range h.watch {
		f(what)
	}
}

// Press presses the button on the box.
func (h *House) Press() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tell(link.Pressed)
}

// Devices implements link.Home.
func (h *House) Devices(context.Context) ([]device.Device, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := make([]device.Device, 0, len(h.things))
	for _, id := range slices.Sorted(maps.Keys(h.things)) {
		list = append(list, h.things[id].copy())
	}
	return list, nil
}

// Watch implements link.Home.
func (h *House) Watch(_ context.Context, f func(link.Happening)) (stop func(), err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := h.watches
	h.watches++
	h.watch[n] = f
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.watch, n)
	}, nil
}

// Order implements link.Home. A device takes a moment, as radio does.
func (h *House) Order(ctx context.Context, id, what string, set device.Values, within time.Duration) (device.Command, error) {
	h.mu.Lock()
	before, known := h.known[id]
	_, there := h.things[what]
	moment := h.some(80*time.Millisecond, 300*time.Millisecond)
	h.mu.Unlock()
	switch {
	case known:
		return before, nil
	case !there:
		return device.Command{}, fmt.Errorf("simulate: there is no %.64q in this house: %w", what, device.ErrNotFound)
	}
	late := time.NewTimer(min(moment, within))
	defer late.Stop()
	select {
	case <-late.C:
	case <-ctx.Done():
		return device.Command{}, ctx.Err()
	}
	c := device.Command{ID: id, Device: what, Set: set, State: device.Done}
	h.change(func() {
		t := h.things[what]
		if moment >= within {
			c.State = device.Expired
		} else if c.Note = h.obey(t, set); c.Note != "" {
			c.State = device.Refused
		}
		h.remember(c)
		h.screen.Ordered(t.copy(), set, c)
	})
	return c, nil
}

// remember remembers a command, so that it is not carried out twice.
func (h *House) remember(c device.Command) {
	h.known[c.ID], h.ids = c, append(h.ids, c.ID)
	if len(h.ids) > memory {
		delete(h.known, h.ids[0])
		h.ids = h.ids[1:]
	}
}

// ShowForeign implements link.Home.
func (h *House) ShowForeign(_ context.Context, _, code, who, from string, expiresIn time.Duration) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.screen.Code(code, who, from, expiresIn)
	return nil
}

// ClearForeign implements link.Home.
func (h *House) ClearForeign(_ context.Context, _ string, why pairing.End) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.screen.Cleared(why)
}

// AlarmForeign implements link.Home.
func (h *House) AlarmForeign(context.Context) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.screen.Alarm()
}
