package simulate

import (
	"maps"
	"math"

	"madang/device"
)

// The devices' ids.
const (
	lamp      = "lamp"
	kitchen   = "kitchen"
	bedroom   = "bedroom"
	plug      = "plug"
	heating   = "heating"
	frontDoor = "front-door"
	blinds    = "blinds"
	terrace   = "terrace"
	door      = "door"
	motion    = "motion"
)

// A thing is a device of the house.
type thing struct {
	device.Device
	news  bool    // there is something new to report
	goal  float64 // of level, where there is one
	pace  float64 // of level, in percent of a second
	light bool    // is dark at level 0
}

// furniture returns what is in the house.
func furniture() []*thing {
	put := func(id string, reported device.Values, can ...device.Capability) *thing {
		return &thing{Device: device.Device{ID: id, Capabilities: can, Reported: reported}}
	}
	dimmed := put(lamp, device.Values{"on": false, "level": 0.0}, device.Switch, device.Dimmer)
	dimmed.pace, dimmed.light = 50, true
	shade := put(blinds, device.Values{"level": 100.0}, device.Dimmer)
	shade.pace, shade.goal = 10, 100
	return []*thing{
		dimmed, shade,
		put(kitchen, device.Values{"on": false}, device.Switch),
		put(bedroom, device.Values{"on": false}, device.Switch),
		put(plug, device.Values{"on": true, "power": 42.0}, device.Switch),
		put(heating, device.Values{"target": 20.0, "mode": "heat", "temperature": 18.5}, device.Thermostat),
		put(frontDoor, device.Values{"locked": true}, device.Lock),
		put(terrace, device.Values{"temperature": 4.0, "humidity": 71.0}, device.Sensor),
		put(door, device.Values{"open": false}, device.Sensor),
		put(motion, device.Values{"motion": false}, device.Sensor),
	}
}

// copy returns the device, which is the caller's own.
func (t *thing) copy() device.Device {
	d := t.Device
	d.Reported = maps.Clone(d.Reported)
	return d
}

// set sets what the device reports.
func (t *thing) set(name string, value any) {
	if t.Reported[name] != value {
		t.Reported[name], t.news = value, true
	}
}

// moving reports whether the device is on its way to where it is to be.
func (t *thing) moving() bool { return t.number("level") != t.goal }

func (t *thing) is(name string) bool {
	on, _ := t.Reported[name].(bool)
	return on
}

func (t *thing) number(name string) float64 {
	n, _ := t.Reported[name].(float64)
	return n
}

// obey does what somebody has ordered, or returns why not. What cannot be wished of a device does not come here.
func (h *House) obey(t *thing, set device.Values) (note string) {
	if locked, ok := set["locked"].(bool); ok && locked && h.things[door].is("open") {
		return doorIsOpen
	}
	_, dimmed := t.Reported["level"]
	for name, value := range set {
		if _, there := t.Reported[name]; !there {
			return "The device has no " + name + "."
		}
		if name != "level" {
			t.set(name, value)
		}
	}
	switch level, given := set["level"].(float64); {
	case given:
		t.goal = level
		if t.light && level > 0 {
			t.set("on", true)
		}
	case !dimmed:
	case !t.is("on"):
		t.goal = 0
	case t.goal == 0:
		t.goal = 100
	}
	if t.ID == plug {
		t.set("power", draw(t.is("on")))
	}
	return ""
}

// draw is what the plug's lamp draws, in watts.
func draw(on bool) float64 {
	if on {
		return 42
	}
	return 0
}

// tenths rounds to one digit behind the point.
func tenths(x float64) float64 { return math.Round(10*x) / 10 }

// doorIsOpen is why the lock refuses.
const doorIsOpen = "The door is open."
