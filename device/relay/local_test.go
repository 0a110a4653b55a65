package relay_test

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"testing"
	"time"

	"madang"
	"madang/device"
	"madang/device/pairing"
	"madang/device/relay"
)

// The display of a box has what is behind it on its screen, and commands it; members hear of it, and the other way round.
func TestDisplay(t *testing.T) {
	clusters(t, func(t *testing.T, w *world) {
		box := w.node(0).box("box1")
		display := w.node(1).connect(relay.DisplayPrincipal(app, "box1"))
		other := w.node(1).connect(relay.DisplayPrincipal(app, "box2"))
		var v relay.HubView
		display.call("device.devices", `{}`, &v)
		if v.PlaceName != "" || v.Locked || len(v.Devices) != 2 {
			t.Errorf("%+v", v)
		}
		kim := w.node(2).connect(person("kim"))
		kim.pair(box)
		kim.wait("place.changed")
		var c relay.CommandView
		display.call("device.command", `{"device":"lamp","set":{"on":true},"no_wait":true}`, &c)
		box.wait("command", c.ID)
		for _, who := range []*client{kim, display} {
			who.wait("command.changed", c.ID, `"person":"box:box1"`, `"state":"sent"`, `"expires_at"`)
		}
		display.call("device.devices", ``, &v)
		if v.PlaceName != "현관" || len(v.Commands) != 1 || v.Commands[0].ID != c.ID {
			t.Errorf("%+v", v)
		}
		kim.call("device.command", `{"hub":"box1","device":"lamp","set":{"on":false},"no_wait":true}`, &c)
		display.wait("command.changed", c.ID)
		box.call("device.report", `{"device":"lamp","values":{"on":true},"version":2}`, nil)
		display.wait("device.changed", `"version":2`)

		kim.call("device.remove_hub", `{"hub":"box1"}`, nil)
		kim.wait("hub.gone", `"serial":"box1"`)
		display.wait("hub.changed", `"place":""`)
		box.call("device.report", `{"device":"lamp","values":{"on":false},"version":3}`, nil)
		display.wait("device.changed", `"version":3`) // it is still the box's own
		if n := len(other.all("device.changed")) + len(other.all("command.changed")) + len(other.all("hub.changed")); n != 0 {
			t.Errorf("the display of another box has heard %d things", n)
		}
	})
}

// A display that connects while the hub is locked says so, until the button is pressed.
func TestAlarm(t *testing.T) {
	w := newWorld(t, 1)
	w.node(0).box("box1")
	kim := w.node(0).connect(person("kim"))
	for range 3 {
		kim.call("device.code", `{"hub":"box1"}`, nil)
		fails(t, kim.try("device.check", `{"hub":"box1","code":"x"}`, nil), madang.ErrUnauthenticated)
		w.tenSeconds()
	}
	fails(t, kim.try("device.code", `{"hub":"box1"}`, nil), pairing.ErrLocked)
	display := w.node(0).connect(relay.DisplayPrincipal(app, "box1"))
	display.wait("pairing.alarm")
	var v relay.HubView
	if display.call("device.devices", ``, &v); !v.Locked {
		t.Errorf("%+v", v)
	}
	display.call("device.press", ``, nil)
	display.wait("pairing.cleared", `"why":"pressed"`)
	kim.call("device.code", `{"hub":"box1"}`, nil)
}

// Who is removed is told so, and everybody is when the place is deleted.
func TestGone(t *testing.T) {
	clusters(t, func(t *testing.T, w *world) {
		box := w.node(0).box("box1")
		kim, lee, park := w.node(1).connect(person("kim")), w.node(2).connect(person("lee")), w.node(0).connect(person("park"))
		for _, c := range []*client{kim, lee, park} {
			c.pair(box)
			w.tenSeconds()
		}
		phone := w.node(1).connect(shows(park.pair(box)))
		var places struct{ Places []relay.PlaceView }
		kim.call("device.places", ``, &places)
		id := places.Places[0].ID
		var p relay.PlaceView
		kim.call("device.set_role", `{"place":"`+id+`","person":"park","role":"owner"}`, &p)
		lee.wait("place.changed", `"person":"park","name":"Name of park","role":"owner"`)
		kim.call("device.remove_member", `{"place":"`+id+`","person":"lee"}`, nil)
		lee.wait("place.gone", id)
		park.call("device.delete_place", `{"place":"`+id+`"}`, nil)
		for _, c := range []*client{kim, park} {
			c.wait("hub.gone", `"serial":"box1"`)
			c.wait("place.gone", id)
			eventually(t, "the end of the subscriptions", func() bool { return len(c.Subscriptions()) == 1 })
		}
		eventually(t, "the end of a token's connection", phone.ended)
		if len(lee.all("hub.gone")) != 0 {
			t.Error("who was removed has heard more")
		}
	})
}

// A hub that is revoked is there no more, nor is its display.
func TestRevoked(t *testing.T) {
	clusters(t, func(t *testing.T, w *world) {
		box := w.node(0).box("box1")
		display := w.node(1).connect(relay.DisplayPrincipal(app, "box1"))
		if err := w.node(2).device.Service().RevokeHub(t.Context(), app, "box1"); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the end of the box", box.ended)
		eventually(t, "the end of the display", display.ended)
		_, err := w.node(0).arrive(relay.HubPrincipal(app, "box1"))
		fails(t, err, device.ErrNotFound)
	})
}

// Another server commands what is at home, hears what happens there, and shows its codes on the box's display.
func TestLocal(t *testing.T) {
	clusters(t, func(t *testing.T, w *world) {
		box := w.node(0).box("box1")
		home := w.node(1).device.Local(app, "box1")
		var mu sync.Mutex
		var heard []relay.Happening
		stop, err := home.Watch(t.Context(), func(h relay.Happening) {
			mu.Lock()
			defer mu.Unlock()
			heard = append(heard, h)
		})
		if err != nil {
			t.Fatal(err)
		}
		defer stop()
		hears := func(what string, is func(relay.Happening) bool) {
			t.Helper()
			eventually(t, what, func() bool {
				mu.Lock()
				defer mu.Unlock()
				return slices.ContainsFunc(heard, is)
			})
		}
		list, err := home.Devices(t.Context())
		if err != nil || len(list) != 2 || list[1].ID != "lamp" || list[1].Version != 1 {
			t.Errorf("%+v, %v", list, err)
		}
		order := func(ctx context.Context, id, what, set string, within time.Duration) (device.Command, error) {
			var v device.Values
			if err := json.Unmarshal([]byte(set), &v); err != nil {
				t.Fatal(err)
			}
			return home.Order(ctx, id, what, v, within)
		}
		go func() { // the box
			for _, name := range []string{`"device":"lamp"`, `"device":"door"`} {
				var d relay.Delivery
				if err := json.Unmarshal(box.wait("command", name).data, &d); err != nil {
					t.Error(err)
				}
				if err := box.try("device.answer", `{"command":"`+d.ID+`","done":`+map[string]string{"lamp": "true", "door": "false"}[d.Device]+`,"note":"it is jammed"}`, nil); err != nil {
					t.Error(err)
				}
			}
		}()
		for range 2 { // the second is the first
			c, err := order(t.Context(), "c1", "lamp", `{"on":true}`, 8*time.Second)
			if err != nil || c.State != device.Done || c.Person != "server:link" {
				t.Errorf("%+v, %v", c, err)
			}
		}
		if c, err := order(t.Context(), "c2", "door", `{"locked":true}`, 8*time.Second); err != nil || c.State != device.Refused || c.Note == "" {
			t.Errorf("%+v, %v", c, err)
		}
		if n := len(box.all("command")); n != 2 {
			t.Errorf("the box was given %d commands", n)
		}
		hears("how a command ended", func(h relay.Happening) bool {
			return h.Kind == relay.CommandHappened && h.Command.State == device.Refused
		})
		_, err = order(t.Context(), "c1", "door", `{"locked":true}`, time.Second)
		fails(t, err, device.ErrConflict)
		c, err := order(t.Context(), "c3", "lamp", `{"on":false}`, 30*time.Millisecond)
		if err != nil || c.State != device.Expired {
			t.Errorf("what nobody answers: %+v, %v", c, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		defer cancel()
		_, err = order(ctx, "c4", "lamp", `{"on":false}`, time.Minute)
		fails(t, err, context.DeadlineExceeded)

		box.call("device.report", `{"device":"lamp","values":{"on":true},"version":2}`, nil)
		hears("a report", func(h relay.Happening) bool { return h.Kind == relay.DeviceHappened && h.Device.Version == 2 })
		display := w.node(2).connect(relay.DisplayPrincipal(app, "box1"))
		if err := home.ShowForeign(t.Context(), "f1", "123456", "Kim", "192.0.2.4", time.Minute); err != nil {
			t.Fatal(err)
		}
		display.wait("pairing.shown", `"id":"f1"`, `"who":"Kim"`)
		display.wait("code", `"123456"`)
		display.call("device.withdraw", ``, nil)
		display.call("device.press", ``, nil)
		hears("somebody who does not want it", func(h relay.Happening) bool { return h.Kind == relay.WithdrawHappened })
		hears("the button", func(h relay.Happening) bool { return h.Kind == relay.PressHappened })
		home.ClearForeign(t.Context(), "f1", pairing.EndWithdrawn)
		display.wait("pairing.cleared", `"id":"f1"`)
		home.AlarmForeign(t.Context())
		display.wait("pairing.alarm")
		for _, bad := range [][3]string{{"", "1", ""}, {"f2", "", ""}, {"f2", "1 2", ""}, {"f2", "1", "\u0007"}} {
			fails(t, home.ShowForeign(t.Context(), bad[0], bad[1], bad[2], "", time.Minute), madang.ErrInvalid)
		}
		fails(t, w.node(0).device.Local(app, "box9").ShowForeign(t.Context(), "f1", "1", "", "", time.Minute), pairing.ErrNoDisplay)
	})
}
