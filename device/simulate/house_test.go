package simulate_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"madang/device"
	"madang/device/link"
	"madang/device/pairing"
	"madang/device/simulate"
)

// A diary is a Screen that writes down.
type diary struct {
	mu    sync.Mutex
	lines []string
}

func (d *diary) write(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, fmt.Sprintf(format, args...))
}

func (d *diary) Code(code, who, _ string, _ time.Duration) { d.write("code %s for %s", code, who) }
func (d *diary) Cleared(why pairing.End)                   { d.write("cleared %s", why) }
func (d *diary) Alarm()                                    { d.write("alarm") }
func (d *diary) Ordered(x device.Device, _ device.Values, c device.Command) {
	d.write("%s %s %s", x.ID, c.State, c.Note)
}
func (d *diary) Changed(x device.Device, _ bool) { d.write("%s %v", x.ID, x.Reported) }

// live runs f in a house of a seed, in a bubble.
func live(t *testing.T, seed uint64, f func(t *testing.T, h *simulate.House, d *diary)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		d := &diary{}
		h := simulate.Build(simulate.Config{Seed: seed}, d)
		ctx, stop := context.WithCancel(t.Context())
		var work sync.WaitGroup
		work.Go(func() { h.Live(ctx) })
		f(t, h, d)
		stop()
		work.Wait()
	})
}

// rest lets the house live.
func rest(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// look returns what a device reports.
func look(t *testing.T, h *simulate.House, id string) device.Device {
	t.Helper()
	list, err := h.Devices(t.Context())
	i := slices.IndexFunc(list, func(d device.Device) bool { return d.ID == id })
	if err != nil || i < 0 {
		t.Fatalf("no %s: %v", id, err)
	}
	return list[i]
}

// order orders something and returns what became of it.
func order(t *testing.T, h *simulate.House, id, what string, set device.Values) device.Command {
	t.Helper()
	c, err := h.Order(t.Context(), id, what, set, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestTen is what there is: every device is one that a hub may have.
func TestTen(t *testing.T) {
	live(t, 1, func(t *testing.T, h *simulate.House, _ *diary) {
		list, err := h.Devices(t.Context())
		if err != nil || len(list) != 10 {
			t.Fatalf("%d devices, %v", len(list), err)
		}
		for _, d := range list {
			if err := d.Validate(); err != nil {
				t.Error(err)
			}
			for _, l := range []simulate.Language{simulate.English, simulate.Korean} {
				if l.Name(d.ID) == d.ID {
					t.Errorf("%s has no name in %s", d.ID, l)
				}
			}
		}
	})
}

// TestLamp ramps, and remembers how bright it is to be.
func TestLamp(t *testing.T) {
	live(t, 1, func(t *testing.T, h *simulate.House, diary *diary) {
		order(t, h, "1", "lamp", device.Values{"on": true})
		rest(time.Second)
		between := look(t, h, "lamp").Reported["level"].(float64)
		rest(2 * time.Second)
		d := look(t, h, "lamp")
		if between <= 10 || between >= 90 || d.Reported["level"] != 100.0 || d.Reported["on"] != true {
			t.Errorf("after a second %v, then %v", between, d.Reported)
		}
		version := d.Version
		order(t, h, "2", "lamp", device.Values{"level": 0.0})
		rest(3 * time.Second)
		if d = look(t, h, "lamp"); d.Reported["on"] != false || d.Reported["level"] != 0.0 || d.Version <= version {
			t.Errorf("dark: %v, version %d after %d", d.Reported, d.Version, version)
		}
		order(t, h, "3", "lamp", device.Values{"level": 30.0})
		order(t, h, "3", "lamp", device.Values{"level": 30.0}) // again
		rest(3 * time.Second)
		if d = look(t, h, "lamp"); d.Reported["on"] != true || d.Reported["level"] != 30.0 {
			t.Errorf("dim: %v", d.Reported)
		}
		if n := strings.Count(strings.Join(diary.lines, "\n"), "lamp done"); n != 3 {
			t.Errorf("three orders were carried out %d times", n)
		}
		order(t, h, "4", "blinds", device.Values{"level": 0.0})
		rest(5 * time.Second)
		if n := look(t, h, "blinds").Reported["level"].(float64); n < 40 || n > 60 {
			t.Errorf("the blinds are at %v after five seconds", n)
		}
	})
}

// TestHeating warms the room to its target, and lets it cool.
func TestHeating(t *testing.T) {
	live(t, 1, func(t *testing.T, h *simulate.House, _ *diary) {
		order(t, h, "1", "heating", device.Values{"target": 22.5})
		rest(10 * time.Minute)
		if n := look(t, h, "heating").Reported["temperature"].(float64); n < 22.3 || n > 22.7 {
			t.Errorf("it is %v degrees", n)
		}
		order(t, h, "2", "heating", device.Values{"mode": "off"})
		rest(10 * time.Minute)
		if n := look(t, h, "heating").Reported["temperature"].(float64); n > 18 || n < 4 {
			t.Errorf("after ten minutes without it is %v degrees", n)
		}
	})
}

// TestDoor opens only when it is unlocked, and cannot be locked while it is open.
func TestDoor(t *testing.T) {
	for seed := range uint64(5) {
		live(t, seed, func(t *testing.T, h *simulate.House, d *diary) {
			rest(30 * time.Minute)
			if strings.Contains(strings.Join(d.lines, "\n"), "door map[open:true]") {
				t.Error("a locked door was opened")
			}
			order(t, h, "1", "front-door", device.Values{"locked": false})
			open := func(is bool) {
				for range 2400 {
					if look(t, h, "door").Reported["open"] == is {
						return
					}
					rest(250 * time.Millisecond)
				}
				t.Fatalf("in ten minutes the door was never open = %v", is)
			}
			open(true)
			if c := order(t, h, "2", "front-door", device.Values{"locked": true}); c.State != device.Refused || c.Note == "" {
				t.Errorf("an open door was locked: %v", c)
			}
			open(false)
			if c := order(t, h, "3", "front-door", device.Values{"locked": true}); c.State != device.Done || look(t, h, "front-door").Reported["locked"] != true {
				t.Errorf("a closed door was not locked: %v", c)
			}
		})
	}
}

// TestSame is the same day for the same seed, and another one for another.
func TestSame(t *testing.T) {
	day := func(seed uint64) (lines string) {
		live(t, seed, func(_ *testing.T, _ *simulate.House, d *diary) {
			rest(20 * time.Minute)
			lines = strings.Join(d.lines, "\n")
		})
		return lines
	}
	if one := day(1); one == "" || one != day(1) || one == day(2) {
		t.Error("a seed does not decide what happens")
	}
}

// TestOrders refuses what there is not, and carries nothing out too late.
func TestOrders(t *testing.T) {
	live(t, 1, func(t *testing.T, h *simulate.House, d *diary) {
		if _, err := h.Order(t.Context(), "1", "nothing", device.Values{"on": true}, time.Second); !errors.Is(err, device.ErrNotFound) {
			t.Errorf("an order for nothing: %v", err)
		}
		c, err := h.Order(t.Context(), "2", "kitchen", device.Values{"on": true}, time.Millisecond)
		if err != nil || c.State != device.Expired || look(t, h, "kitchen").Reported["on"] != false {
			t.Errorf("late: %v, %v", c, err)
		}
		if c := order(t, h, "3", "terrace", device.Values{"on": true}); c.State != device.Refused {
			t.Errorf("a sensor was switched on: %v", c)
		}
		pressed := 0
		stop, _ := h.Watch(t.Context(), func(w link.Happening) {
			if w == link.Pressed {
				pressed++
			}
		})
		h.Press()
		stop()
		h.Press()
		if pressed != 1 {
			t.Errorf("pressed %d times", pressed)
		}
	})
}
