package link_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"madang"
	"madang/device"
	"madang/device/link"
	"madang/device/pairing"
)

// A house is a home in memory. Its devices do what they are told after a time.
type house struct {
	mu      sync.Mutex
	devices map[string]device.Device
	watch   func(link.Happening)
	takes   time.Duration // what carrying out takes
	orders  map[string]device.Command
	asked   int
	carried []carried
	display []string
}

// A carried is what was carried out, and when.
type carried struct {
	id string
	at time.Time
}

func newHouse(ids ...string) *house {
	h := &house{devices: map[string]device.Device{}, orders: map[string]device.Command{}}
	for _, id := range ids {
		h.devices[id] = device.Device{ID: id, Name: id, Capabilities: []device.Capability{device.Dimmer}, Reported: device.Values{"level": 0.0}, Version: 1}
	}
	return h
}

func (h *house) Devices(context.Context) ([]device.Device, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := slices.Collect(maps.Values(h.devices))
	for i := range list {
		list[i].Reported = maps.Clone(list[i].Reported)
	}
	return list, nil
}

func (h *house) Watch(_ context.Context, f func(link.Happening)) (func(), error) {
	h.watch = f
	return func() {}, nil
}

// report changes a device by hand.
func (h *house) report(id string, level int) {
	h.mu.Lock()
	d := h.devices[id]
	d.Reported, d.Version = device.Values{"level": float64(level)}, d.Version+1
	h.devices[id] = d
	h.mu.Unlock()
	h.watch(link.Changed)
}

func (h *house) Order(ctx context.Context, id, what string, set device.Values, within time.Duration) (device.Command, error) {
	end := time.Now().Add(within)
	h.mu.Lock()
	h.asked++
	before, known := h.orders[id]
	_, there := h.devices[what]
	h.mu.Unlock()
	switch {
	case known:
		return before, nil
	case !there:
		return device.Command{}, device.ErrNotFound
	}
	select {
	case <-time.After(min(h.takes, time.Until(end))):
	case <-ctx.Done():
		return device.Command{}, ctx.Err()
	}
	c := device.Command{ID: id, State: device.Done}
	if time.Now().Before(end) {
		level := int(set["level"].(float64))
		h.report(what, level)
		h.mu.Lock()
		h.carried = append(h.carried, carried{id, time.Now()})
		h.mu.Unlock()
		if level > 100 {
			c.State, c.Note = device.Refused, "too bright"
		}
	} else {
		c.State = device.Expired
	}
	h.mu.Lock()
	h.orders[id] = c
	h.mu.Unlock()
	return c, nil
}

func (h *house) show(line string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.display = append(h.display, line)
}

func (h *house) ShowForeign(_ context.Context, id, code, who, from string, expiresIn time.Duration) error {
	h.show(fmt.Sprint("show ", id, " ", code, " ", who, " ", from, " ", expiresIn))
	return nil
}

func (h *house) ClearForeign(_ context.Context, id string, why pairing.End) {
	h.show(fmt.Sprint("clear ", id, " ", why))
}

func (h *house) AlarmForeign(context.Context) { h.show("alarm") }

// A cloud is the other end, as far as a hub sees it.
type cloud struct {
	mu     sync.Mutex
	down   error // why nobody can connect
	line   *wire
	dials  []time.Time
	known  map[string]known // devices
	heard  []string         // calls
	ends   map[string]string
	refuse map[string]error // by call
}

type known struct {
	Version  int64
	Reported device.Values
}

func newCloud() *cloud {
	return &cloud{known: map[string]known{}, ends: map[string]string{}, refuse: map[string]error{}}
}

// A wire is a link.Line.
type wire struct {
	*cloud
	hear func(string, json.RawMessage)
	mute bool // answers no calls
	done chan struct{}
	err  error
	once sync.Once
}

func (c *cloud) dial(_ context.Context, serial, secret string, hear func(string, json.RawMessage)) (link.Line, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dials = append(c.dials, time.Now())
	if secret != "good" || serial != "box-1" {
		return nil, &madang.Refusal{Code: "token_invalid", Text: "No.", Err: madang.ErrUnauthenticated}
	}
	if c.down != nil {
		return nil, c.down
	}
	c.line = &wire{cloud: c, hear: hear, done: make(chan struct{})}
	return c.line, nil
}

// cut ends the line, and lets nobody connect until up.
func (c *cloud) cut() {
	c.mu.Lock()
	c.down = errors.New("no route to host")
	l := c.line
	c.mu.Unlock()
	if l != nil {
		l.end(errors.New("cut"))
	}
}

func (c *cloud) up() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.down = nil
}

// say sends an event, if there is a line.
func (c *cloud) say(event string, data any) {
	c.mu.Lock()
	l := c.line
	c.mu.Unlock()
	select {
	case <-l.done:
		return
	default:
	}
	b, err := json.Marshal(data)
	if err != nil {
		panic(err)
	}
	l.hear(event, b)
}

func (c *cloud) command(id, what string, level int, life time.Duration) {
	c.say("command", map[string]any{
		"id": id, "device": what, "set": map[string]any{"level": level}, "expires_in_ms": life.Milliseconds(), "now": c.now(),
	})
}

// now is the cloud's clock, which is wrong by a year.
func (c *cloud) now() string {
	return time.Now().Add(-365 * 24 * time.Hour).UTC().Format(time.RFC3339Nano)
}

func (w *wire) end(err error) {
	w.once.Do(func() {
		w.err = err
		close(w.done)
	})
}

func (w *wire) Done() <-chan struct{} { return w.done }
func (w *wire) Err() error            { return w.err }
func (w *wire) Close() error          { w.end(errors.New("closed here")); return nil }

func (w *wire) Call(ctx context.Context, procedure string, argument any) (json.RawMessage, error) {
	if w.mute {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	select {
	case <-w.done:
		return nil, w.err
	case <-time.After(20 * time.Millisecond):
	}
	b, err := json.Marshal(argument)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.heard = append(w.heard, strings.TrimPrefix(procedure, "device.")+" "+string(b))
	if err := w.refuse[procedure]; err != nil {
		return nil, err
	}
	return json.RawMessage(`{"now":"` + w.now() + `"}`), w.take(procedure, b)
}

// take keeps what it is told as the rules do: an older version is old news.
func (c *cloud) take(procedure string, b []byte) error {
	var in struct {
		Devices []struct {
			ID       string
			Version  int64
			Reported device.Values
		}
		Device  string
		Version int64
		Values  device.Values
		Command string
		Done    bool
		Note    string
	}
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	switch procedure {
	case "device.hello":
		before := c.known
		c.known = map[string]known{}
		for _, d := range in.Devices {
			c.known[d.ID] = before[d.ID]
			if d.Version > before[d.ID].Version {
				c.known[d.ID] = known{d.Version, d.Reported}
			}
		}
	case "device.report":
		if in.Version <= c.known[in.Device].Version {
			return fmt.Errorf("version %d of %s was told after %d", in.Version, in.Device, c.known[in.Device].Version)
		}
		c.known[in.Device] = known{in.Version, in.Values}
	case "device.answer":
		c.ends[in.Command] = cmp.Or(in.Note, fmt.Sprint(in.Done))
	}
	return nil
}

// calls returns what was heard since it was asked last.
func (c *cloud) calls() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	heard := c.heard
	c.heard = nil
	return heard
}

// start starts a link between the two.
func start(t *testing.T, h *house, c *cloud, change func(*link.Config, *link.Deps)) {
	t.Helper()
	config := link.Config{URL: "https://cloud.test", Serial: "box-1", Secret: "good"}
	deps := link.Deps{Home: h, Dial: c.dial, Log: slog.New(slog.DiscardHandler)}
	if change != nil {
		change(&config, &deps)
	}
	l, err := link.New(config, deps)
	if err == nil {
		err = l.Start(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
}

// rest lets time pass, and all that is to happen in it happen.
func rest(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}
