package link_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// A step is something that happens, some time after the one before.
type step struct {
	After time.Duration
	What  string // cut, up, report, command, again
	On    string
	Level int
	Life  time.Duration
}

// TestAnything lets lines be cut, states change and commands come, also again, in any order. In the end the cloud knows what is
// true, and nothing was carried out twice or too late.
func TestAnything(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		steps := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) step {
			return step{
				After: time.Duration(rapid.IntRange(0, 5000).Draw(r, "after")) * time.Millisecond,
				What:  rapid.SampledFrom([]string{"cut", "up", "up", "report", "command", "command", "again"}).Draw(r, "what"),
				On:    rapid.SampledFrom([]string{"a", "b"}).Draw(r, "on"),
				Level: rapid.IntRange(0, 100).Draw(r, "level"),
				Life:  time.Duration(rapid.IntRange(0, 3000).Draw(r, "life")) * time.Millisecond,
			}
		}), 1, 40).Draw(r, "steps")
		takes := time.Duration(rapid.IntRange(0, 2000).Draw(r, "takes")) * time.Millisecond
		var wrong string
		synctest.Test(t, func(t *testing.T) { wrong = play(t, steps, takes) })
		if wrong != "" {
			r.Fatal(wrong)
		}
	})
}

// play plays steps and returns what is wrong in the end.
func play(t *testing.T, steps []step, takes time.Duration) string {
	h, c := newHouse("a", "b"), newCloud()
	h.takes = takes
	start(t, h, c, nil)
	rest(time.Second)
	until := map[string]time.Time{} // by command
	var last step
	for i, s := range steps {
		rest(s.After)
		switch s.What {
		case "cut":
			c.cut()
		case "up":
			c.up()
		case "report":
			h.report(s.On, s.Level)
		case "command":
			id := fmt.Sprint("c", i)
			until[id] = time.Now().Add(s.Life)
			c.command(id, s.On, s.Level, s.Life)
			last, last.What = s, id
		case "again": // what was not answered is given again, with the time that is left
			if last.What != "" {
				c.command(last.What, last.On, last.Level, time.Until(until[last.What]))
			}
		}
	}
	c.up()
	rest(5 * time.Minute)
	times := map[string]int{}
	for _, x := range h.carried {
		if times[x.id]++; times[x.id] > 1 {
			return x.id + " was carried out twice"
		}
		if x.at.After(until[x.id]) {
			return fmt.Sprint(x.id, " was carried out ", x.at.Sub(until[x.id]), " too late")
		}
		if c.ends[x.id] != "true" {
			return x.id + " was carried out, and the cloud does not know"
		}
	}
	for id, d := range h.devices {
		if k := c.known[id]; k.Version != d.Version || k.Reported["level"] != d.Reported["level"] {
			return fmt.Sprintf("of %s the cloud knows %v, true is %v", id, k, d)
		}
	}
	return ""
}
