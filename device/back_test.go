package device_test

import (
	"testing"

	"madang/device"
)

// A hub that comes back while what could not be delivered is put back to wait gets it all the same.
func TestBackMeanwhile(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		w.box("box1")
		w.pair(someone("kim"), "box1")
		comes := func(device.Command) {
			w.mu.Lock()
			w.away, w.onDeliver = false, nil
			w.mu.Unlock()
			_, err := w.Arrive(t.Context(), app, "box1", "another link")
			w.ok(err)
		}
		w.away, w.onDeliver = true, comes
		c := w.command(someone("kim"), sets("lamp", "on", true))
		if c.State != device.Sent || len(w.delivered) != 1 || w.delivered[0].ID != c.ID {
			t.Errorf("%+v; delivered are %+v", c, w.delivered)
		}
	})
}

// A command that somebody else has put back meanwhile is no conflict of who gives it.
func TestPutBackTwice(t *testing.T) {
	stores(t, func(t *testing.T, w *world) {
		w.box("box1")
		w.pair(someone("kim"), "box1")
		w.away = true
		w.onDeliver = func(device.Command) { w.ok(w.Depart(t.Context(), app, "box1", "link of box1")) }
		if c := w.command(someone("kim"), sets("lamp", "on", true)); c.State != device.Queued {
			t.Errorf("%+v", c)
		}
		w.away, w.onDeliver = false, nil
		_, err := w.Arrive(t.Context(), app, "box1", "another link")
		w.ok(err)
		if len(w.delivered) != 1 {
			t.Errorf("delivered are %+v", w.delivered)
		}
	})
}
