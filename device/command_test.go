package device_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"madang/device"
)

func TestCommandAndAnswer(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		w.box("box1")
		kim := w.pair(someone("kim"), "box1")
		c := w.command(kim, sets("lamp", "on", true))
		if len(w.delivered) != 1 || w.delivered[0].ID != c.ID || w.desired("lamp")["on"].Value != true {
			t.Fatalf("%+v, desired %v", w.delivered, w.desired("lamp"))
		}
		_, err := w.Answer(t.Context(), app, "box2", c.ID, true, "")
		w.fails(err, device.ErrNotFound)
		done, err := w.Answer(t.Context(), app, "box1", c.ID, true, "")
		w.ok(err)
		if done.State != device.Done || len(w.desired("lamp")) != 0 {
			t.Errorf("%+v, desired %v", done, w.desired("lamp"))
		}
		_, err = w.Answer(t.Context(), app, "box1", c.ID, false, "")
		w.fails(err, device.ErrNotFound)
		c = w.command(kim, sets("lamp", "level", 30.0))
		refused, err := w.Answer(t.Context(), app, "box1", c.ID, false, "전구가 없음\xff")
		w.ok(err)
		if refused.State != device.Refused || refused.Note != "전구가 없음" {
			t.Errorf("%+v", refused)
		}
		for _, o := range []device.Order{
			sets("lamp", "on", 1.0), sets("lamp", "level", 101.0), sets("lamp", "level", 1.5), sets("lamp", "locked", false), sets("door", "on", true),
			sets("heat", "target", 36.0), sets("heat", "mode", "hell"), sets("heat", "temperature", 20.0), {Hub: "box1", Device: "lamp"},
			sets("lamp", "on", []any{}), sets("lamp", "on", nil),
		} {
			_, err := w.Command(t.Context(), kim, o)
			w.fails(err, device.ErrInvalid)
		}
		_, err = w.Command(t.Context(), kim, sets("toaster", "on", true))
		w.fails(err, device.ErrNotFound)
	})
}

// A door is never unlocked late: not when the hub comes back, not when it answers late, and not from the state of the device.
func TestNeverLate(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		w.box("box1")
		kim := w.pair(someone("kim"), "box1")
		w.ok(w.Depart(t.Context(), app, "box1", "link of box1"))
		_, err := w.Command(t.Context(), kim, sets("door", "locked", false))
		w.fails(err, device.ErrAway)

		_, err = w.Arrive(t.Context(), app, "box1", "two")
		w.ok(err)
		c := w.command(kim, sets("door", "locked", false)) // on its way, when
		w.ok(w.Depart(t.Context(), app, "box1", "two"))    // the hub goes
		_, err = w.Arrive(t.Context(), app, "box1", "three")
		w.ok(err)
		if w.state(c.ID) != device.Expired || len(w.delivered) != 1 || len(w.desired("door")) != 0 {
			t.Fatalf("%s, delivered %d times, desired %v", w.state(c.ID), len(w.delivered), w.desired("door"))
		}

		c = w.command(kim, sets("door", "locked", false))
		w.pass(10 * time.Second)
		_, err = w.Answer(t.Context(), app, "box1", c.ID, true, "")
		w.fails(err, device.ErrNotFound)
		n, err := w.Expire(t.Context())
		w.ok(err)
		if n != 1 || w.state(c.ID) != device.Expired || len(w.desired("door")) != 0 {
			t.Errorf("%d, %s, desired %v", n, w.state(c.ID), w.desired("door"))
		}

		w.mu.Lock()
		w.away = true // the store believes that the hub is there
		w.mu.Unlock()
		if c = w.command(kim, sets("door", "locked", false)); c.State != device.Expired {
			t.Errorf("%+v", c)
		}
		both := device.Order{Hub: "box1", Device: "door", Set: device.Values{"locked": false}, Key: "k"}
		if again := w.command(kim, both); again.State != device.Expired || len(w.desired("door")) != 0 {
			t.Errorf("%+v", again)
		}
	})
}

// What can wait is sent when the hub comes back, in its order, unless it has waited too long.
func TestQueue(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		w.box("box1")
		kim := w.pair(someone("kim"), "box1")
		w.ok(w.Depart(t.Context(), app, "box1", "link of box1"))
		w.ok(w.Depart(t.Context(), app, "box1", "link of box1")) // again
		heat := w.command(kim, sets("heat", "target", 21.5))
		lamp := w.command(kim, sets("lamp", "on", true))
		w.pass(9 * time.Minute)
		later := w.command(kim, sets("lamp", "on", false))
		if lamp.State != device.Queued || heat.State != device.Queued || len(w.delivered) != 0 {
			t.Fatalf("%+v", w.delivered)
		}
		w.pass(time.Minute) // the first wish for the lamp is too old now
		_, err := w.Arrive(t.Context(), app, "box1", "two")
		w.ok(err)
		if len(w.delivered) != 2 || w.delivered[0].ID != heat.ID || w.delivered[1].ID != later.ID || w.state(lamp.ID) != device.Expired {
			t.Fatalf("delivered %+v, the first is %s", w.delivered, w.state(lamp.ID))
		}
		w.ok(w.Depart(t.Context(), app, "box1", "link of box1")) // of before: it means nothing
		if w.state(heat.ID) != device.Sent {
			t.Error("an old connection's end has taken the hub away")
		}
		w.ok(w.Depart(t.Context(), app, "box1", "two"))
		if w.state(heat.ID) != device.Queued || w.state(later.ID) != device.Queued {
			t.Error("what the hub has not answered does not wait")
		}
		w.pass(time.Hour)
		_, err = w.Expire(t.Context())
		w.ok(err)
		if w.state(heat.ID) != device.Expired || w.state(later.ID) != device.Expired {
			t.Error("what has waited too long waits on")
		}
	})
}

// A hub that comes back just when a command begins to wait for it gets it all the same, and once.
func TestQueuedWhileTheHubComesBack(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		w.box("box1")
		kim := w.pair(someone("kim"), "box1")
		nodes := []*device.Service{w.Service, w.node()}
		for i := range 20 {
			link := string(rune('a' + i))
			w.ok(nodes[0].Depart(t.Context(), app, "box1", map[bool]string{true: "link of box1", false: string(rune('a' + i - 1))}[i == 0]))
			var both sync.WaitGroup
			var c device.Command
			var err1, err2 error
			both.Go(func() { c, err1 = nodes[0].Command(t.Context(), kim, sets("lamp", "on", true)) })
			both.Go(func() { _, err2 = nodes[1].Arrive(t.Context(), app, "box1", link) })
			both.Wait()
			if err := errors.Join(err1, err2); err != nil {
				t.Fatal(err)
			}
			n := 0
			w.mu.Lock()
			for _, d := range w.delivered {
				if d.ID == c.ID {
					n++
				}
			}
			w.mu.Unlock()
			if n != 1 {
				t.Fatalf("delivered %d times, it is %s", n, w.state(c.ID))
			}
			_, err := nodes[1].Answer(t.Context(), app, "box1", c.ID, true, "")
			w.ok(err)
		}
	})
}

// The same order again is the same command, however often and wherever it is given at once; another order with its key is
// refused.
func TestIdempotency(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		w.box("box1")
		kim, lee := w.pair(someone("kim"), "box1"), w.pair(someone("lee"), "box1")
		o := sets("lamp", "on", true)
		o.Key = "k1"
		nodes := []*device.Service{w.Service, w.node()}
		var ids sync.Map
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				c, err := nodes[i%2].Command(t.Context(), kim, o)
				if err != nil {
					t.Error(err)
				}
				ids.Store(c.ID, true)
			})
		}
		all.Wait()
		var n atomic.Int64
		ids.Range(func(any, any) bool { n.Add(1); return true })
		if n.Load() != 1 || len(w.delivered) != 1 {
			t.Errorf("%d commands, delivered %d times", n.Load(), len(w.delivered))
		}
		other := sets("lamp", "on", false)
		other.Key = "k1"
		_, err := w.Command(t.Context(), kim, other)
		w.fails(err, device.ErrConflict)
		w.ok(w.Declare(t.Context(), app, "box1", []device.Device{
			{ID: "lamp", Name: "등", Capabilities: []device.Capability{device.Switch}}, {ID: "lamp2", Name: "등", Capabilities: []device.Capability{device.Switch}},
		}))
		other = o
		other.Device = "lamp2"
		_, err = w.Command(t.Context(), kim, other)
		w.fails(err, device.ErrConflict)
		other = sets("lamp", "on", false)
		other.Key = "k1"
		w.command(lee, other) // keys are a person's own
	})
}

func TestSeen(t *testing.T) {
	w := newWorld(t, memoryStore())
	w.box("box1")
	kim := w.pair(someone("kim"), "box1")
	_, list, err := w.Devices(t.Context(), kim, "box1")
	w.ok(err)
	o := sets("lamp", "on", true)
	o.Device, o.Seen = list[2].ID, list[2].Rev
	w.command(kim, o)
	_, err = w.Command(t.Context(), kim, o) // which has changed it
	w.fails(err, device.ErrConflict)
}

// Reports are taken in the hub's order, whatever order they come in.
func TestReports(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		w.box("box1")
		_, err := w.Report(t.Context(), app, "box1", "lamp", device.Values{"on": true}, 3)
		w.ok(err)
		d, err := w.Report(t.Context(), app, "box1", "lamp", device.Values{"on": false}, 2)
		w.ok(err)
		if d.Reported["on"] != true || d.Version != 3 {
			t.Errorf("%+v", d)
		}
		d, err = w.Report(t.Context(), app, "box1", "lamp", device.Values{"on": false}, 3) // which has been said
		w.ok(err)
		if d.Reported["on"] != true {
			t.Errorf("%+v", d)
		}
		d, err = w.Report(t.Context(), app, "box1", "lamp", device.Values{"level": 20.0}, 4)
		w.ok(err)
		if d.Reported["on"] != true || d.Reported["level"] != 20.0 {
			t.Errorf("%+v", d)
		}
		for i, v := range []device.Values{{"On": true}, {"x": nil}, {"x": map[string]any{}}, {"x": string(make([]byte, 65))}} {
			_, err = w.Report(t.Context(), app, "box1", "lamp", v, int64(10+i))
			w.fails(err, device.ErrInvalid)
		}
		many := device.Values{}
		for i := range 15 {
			many["p"+string(rune('a'+i))] = true
		}
		_, err = w.Report(t.Context(), app, "box1", "lamp", many, 20)
		w.fails(err, device.ErrInvalid) // with what there is they would be too many
		_, err = w.Report(t.Context(), app, "box1", "toaster", device.Values{"on": true}, 1)
		w.fails(err, device.ErrNotFound)
	})
}

func TestDeclare(t *testing.T) {
	w := newWorld(t, memoryStore())
	w.box("box1")
	kim := w.pair(someone("kim"), "box1")
	c := w.command(kim, sets("lamp", "on", true))
	heat := device.Device{ID: "heat", Name: "보일러", Capabilities: []device.Capability{device.Thermostat}}
	w.ok(w.Declare(t.Context(), app, "box1", []device.Device{heat}))
	_, list, err := w.Devices(t.Context(), kim, "box1")
	w.ok(err)
	if len(list) != 1 || list[0].Name != "보일러" || w.state(c.ID) != device.Expired {
		t.Errorf("%+v; the lamp's command is %s", list, w.state(c.ID))
	}
	for _, bad := range [][]device.Device{
		{heat, heat}, {{ID: "a b", Name: "x", Capabilities: heat.Capabilities}}, {{ID: "a", Capabilities: heat.Capabilities}},
		{{ID: "a", Name: "x"}}, {{ID: "a", Name: "x", Capabilities: []device.Capability{"fly"}}},
	} {
		w.fails(w.Declare(t.Context(), app, "box1", bad), device.ErrInvalid)
	}
	w.fails(w.Declare(t.Context(), app, "box1", make([]device.Device, 257)), device.ErrTooMany)
}

func TestHubsProveThemselves(t *testing.T) {
	w := newWorld(t, memoryStore())
	secret, err := w.Register(t.Context(), app, "box1", "현관")
	w.ok(err)
	_, err = w.Prove(t.Context(), app, "box1", secret)
	w.ok(err)
	for _, c := range [][2]string{{"box1", ""}, {"box1", secret + "x"}, {"box2", secret}, {"", ""}} {
		_, err = w.Prove(t.Context(), app, c[0], c[1])
		w.fails(err, device.ErrUnauthenticated)
	}
	again, err := w.Register(t.Context(), app, "box1", "현관")
	w.ok(err)
	_, err = w.Prove(t.Context(), app, "box1", secret)
	w.fails(err, device.ErrUnauthenticated)
	_, err = w.Prove(t.Context(), app, "box1", again)
	w.ok(err)
	for _, bad := range []string{"", "a b", "-a", "가", string(make([]byte, 65))} {
		_, err = w.Register(t.Context(), app, bad, "현관")
		w.fails(err, device.ErrInvalid)
	}
}

func TestOpenCommandsAreBounded(t *testing.T) {
	w := newWorld(t, memoryStore())
	w.box("box1")
	kim := w.pair(someone("kim"), "box1")
	for range device.MaxOpen {
		w.command(kim, sets("lamp", "on", true))
	}
	_, err := w.Command(t.Context(), kim, sets("lamp", "on", true))
	w.fails(err, device.ErrTooMany)
	w.pass(10 * time.Second)
	_, err = w.Expire(t.Context())
	w.ok(err)
	w.command(kim, sets("lamp", "on", true))
	w.pass(91 * 24 * time.Hour)
	w.ok(w.Sweep(t.Context()))
	if acts := w.acts(someone("kim"), w.placeOf(someone("kim")).ID); len(acts) != 0 {
		t.Errorf("%d entries are kept", len(acts))
	}
}
