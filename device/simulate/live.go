package simulate

import (
	"math"
	"time"
)

// A room is what the sensors measure. Everything goes faster than in a house of stone, so that it can be watched.
type room struct {
	inside, outside, humidity float64
	doorFor, stillFor         time.Duration // until the door moves, and until somebody does
	weather                   time.Duration // until it changes
}

func newRoom() room {
	return room{inside: 18.5, outside: 4, humidity: 71, doorFor: 40 * time.Second, stillFor: 10 * time.Second, weather: 10 * time.Second}
}

// How fast a room warms and cools, in degrees of a second and of a second and a degree of difference.
const (
	warms = 0.05
	cools = 0.0008
)

// live lets some time pass.
func (h *House) live(d time.Duration) {
	h.levels(d)
	h.heat(d)
	h.somebody(d)
	h.sky(d)
}

// levels moves what is dimmed towards where it is to be.
func (h *House) levels(d time.Duration) {
	for _, t := range h.things {
		level, step := t.number("level"), t.pace*d.Seconds()
		if level == t.goal {
			continue
		}
		if math.Abs(t.goal-level) <= step {
			level = t.goal
		} else {
			level += math.Copysign(step, t.goal-level)
		}
		t.set("level", math.Round(level))
		if t.light {
			t.set("on", level > 0)
		}
	}
}

// heat warms the room if the thermostat says so, and lets it cool.
func (h *House) heat(d time.Duration) {
	t, r := h.things[heating], &h.room
	target := t.number("target")
	r.inside -= cools * (r.inside - r.outside) * d.Seconds()
	switch mode := t.Reported["mode"]; {
	case (mode == "heat" || mode == "auto") && r.inside < target:
		r.inside = min(target+0.04, r.inside+warms*d.Seconds())
	case (mode == "cool" || mode == "auto") && r.inside > target+0.5:
		r.inside -= warms * d.Seconds()
	}
	t.set("temperature", tenths(r.inside))
}

// somebody walks about, and goes out and comes in unless the door is locked.
func (h *House) somebody(d time.Duration) {
	r, t := &h.room, h.things[motion]
	if r.stillFor -= d; r.stillFor <= 0 {
		t.set("motion", !t.is("motion"))
		r.stillFor = h.some(15*time.Second, 60*time.Second)
		if t.is("motion") {
			r.stillFor = h.some(3*time.Second, 8*time.Second)
		}
	}
	t = h.things[door]
	if r.doorFor -= d; r.doorFor > 0 || !t.is("open") && h.things[frontDoor].is("locked") {
		return
	}
	t.set("open", !t.is("open"))
	r.doorFor = h.some(45*time.Second, 120*time.Second)
	if t.is("open") {
		r.doorFor = h.some(6*time.Second, 15*time.Second)
	}
}

// sky is the weather.
func (h *House) sky(d time.Duration) {
	r := &h.room
	if r.weather -= d; r.weather > 0 {
		return
	}
	r.weather = h.some(10*time.Second, 20*time.Second)
	r.outside = min(12, max(-8, r.outside+0.2*(h.chance.Float64()-0.5)))
	r.humidity = min(98, max(35, r.humidity+2*(h.chance.Float64()-0.5)))
	h.things[terrace].set("temperature", tenths(r.outside))
	h.things[terrace].set("humidity", math.Round(r.humidity))
}

// some returns a duration between two.
func (h *House) some(least, most time.Duration) time.Duration {
	return least + time.Duration(h.chance.Int64N(int64(most-least)))
}
