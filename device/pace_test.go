package device_test

import (
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"madang"
	"madang/device"
	"madang/device/pairing"
)

// Nobody fills the audit log: changes and commands have their pace, and come back with time. The server itself has none.
func TestPace(t *testing.T) {
	w := newWorld(t, memoryStore())
	w.box("box1")
	w.pair(someone("kim"), "box1")
	place := w.placeOf(someone("kim")).ID
	rename := func(i int) error {
		_, err := w.RenamePlace(t.Context(), someone("kim"), place, fmt.Sprint("집 ", i))
		return err
	}
	many := func(most int, do func(int) error) (n int) {
		for i := range most {
			if err := do(i); errors.Is(err, madang.ErrTooMany) {
				return i
			} else if err != nil {
				t.Fatal(err)
			}
		}
		return most
	}
	if n := many(100, rename); n != 60 {
		t.Errorf("%d changes at once", n)
	}
	_, err := w.MakePlace(t.Context(), someone("kim"), "다른 집")
	w.fails(err, device.ErrTooMany)
	w.pass(10 * time.Second)
	if n := many(100, rename); n != 10 {
		t.Errorf("%d changes after ten seconds", n)
	}
	order := func(a device.Actor) func(int) error {
		return func(int) error {
			c, err := w.Command(t.Context(), a, sets("lamp", "on", true))
			if err == nil {
				_, err = w.Answer(t.Context(), app, "box1", c.ID, true, "")
			}
			return err
		}
	}
	if n := many(200, order(someone("kim"))); n != 120 {
		t.Errorf("%d commands at once", n)
	}
	if n := many(1, order(device.AtBox(app, "box1"))); n != 1 {
		t.Error("others wait, too")
	}
	if n := many(300, order(device.ByServer(app, "link"))); n != 300 {
		t.Errorf("%d commands of the server itself", n)
	}
	w.pass(time.Hour)
	if n := many(200, order(someone("kim"))); n != 120 {
		t.Errorf("%d commands after an hour", n)
	}
}

// A hub that there is not answers as one whose display is away does, and counts as much.
func TestUnknownSerials(t *testing.T) {
	w := newWorld(t, memoryStore())
	_, err := w.Register(t.Context(), app, "box1", "현관")
	w.ok(err)
	w.dark = true
	from := netip.MustParseAddr("192.0.2.9")
	for i := range 12 {
		for _, serial := range []string{"box1", "box9"} {
			a := someone("asks " + serial)
			err := w.AskCode(t.Context(), a, serial, netip.Addr{})
			var wait *pairing.WaitError
			if is := errors.As(err, &wait); is != (i >= 10) || is && wait.Of != "person" || !is && !errors.Is(err, pairing.ErrNoDisplay) {
				t.Errorf("%s, time %d: %v", serial, i, err)
			}
		}
	}
	w.dark = false
	w.ok(w.AskCode(t.Context(), someone("lee"), "box1", from)) // strangers have not used up what the hub has
}

// What a hub reports has its bounds, however often it says hello; and no error repeats all that it has sent.
func TestHelloIsBounded(t *testing.T) {
	w := newWorld(t, memoryStore())
	w.box("box1")
	hello := func(version int, d device.Device) error {
		d.ID, d.Name, d.Version = "lamp", "램프", int64(version)
		return w.Declare(t.Context(), app, "box1", []device.Device{d})
	}
	able := []device.Capability{device.Switch}
	var err error
	for i := 2; i < 6 && err == nil; i++ {
		v := device.Values{}
		for j := range device.MaxProperties {
			v[fmt.Sprintf("p%d_%d", i, j)] = true
		}
		err = hello(i, device.Device{Capabilities: able, Reported: v})
	}
	w.fails(err, device.ErrInvalid)
	kept, err := w.store.Device(t.Context(), app, "box1", "lamp")
	w.ok(err)
	w.ok(kept.Reported.Validate())
	for _, c := range [][]device.Capability{make([]device.Capability, 1000), {device.Capability(make([]byte, 1000))}, nil} {
		err := hello(9, device.Device{Capabilities: c})
		if w.fails(err, device.ErrInvalid); len(err.Error()) > 300 {
			t.Errorf("an error of %d bytes", len(err.Error()))
		}
	}
}
