package link_test

import (
	"bytes"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"madang"
	"madang/device/link"
)

const thingA = `{"id":"a","name":"a","capabilities":["dimmer"],"reported":{"level":`

// TestTold shows what the cloud is told, and in which order.
func TestTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, c := newHouse("a"), newCloud()
		start(t, h, c, nil)
		heard := func(want ...string) {
			t.Helper()
			rest(time.Second)
			if got := c.calls(); !slices.Equal(got, want) {
				t.Errorf("the cloud was told\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		}
		heard(`hello {"devices":[` + thingA + `0},"version":1}]}`)
		h.report("a", 10)
		h.report("a", 20)
		heard(`report {"device":"a","values":{"level":20},"version":3}`) // or both; but the newest is the last
		c.command("c1", "a", 50, 10*time.Second)
		heard(`report {"device":"a","values":{"level":50},"version":4}`, `answer {"command":"c1","done":true}`)
		c.command("c2", "a", 150, 10*time.Second)
		heard(`report {"device":"a","values":{"level":150},"version":5}`, `answer {"command":"c2","done":false,"note":"too bright"}`)
		c.command("c3", "nothing", 1, 10*time.Second)
		heard(`answer {"command":"c3","done":false,"note":"not_found"}`)
		c.command("c1", "a", 50, 10*time.Second) // again
		if heard(`answer {"command":"c1","done":true}`); h.asked != 3 {
			t.Errorf("the home was asked %d times", h.asked)
		}
		h.watch(link.Pressed)
		h.watch(link.Withdrawn)
		heard("press {}", "withdraw {}")
		h.mu.Lock()
		b := h.devices["a"]
		b.ID = "b"
		h.devices["b"] = b
		h.mu.Unlock()
		h.watch(link.Changed)
		heard(`hello {"devices":[` + thingA + `150},"version":5},` + strings.Replace(thingA, `"id":"a"`, `"id":"b"`, 1) + `150},"version":5}]}`)
		h.report("b", 1) // and of the other there is nothing to tell
		heard(`report {"device":"b","values":{"level":1},"version":6}`)
	})
}

// TestDisplay shows the cloud's codes at home.
func TestDisplay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, c := newHouse(), newCloud()
		start(t, h, c, nil)
		rest(time.Second)
		c.say("pairing.shown", map[string]any{"id": "p1", "who": "Mina", "from": "192.0.2.1", "expires_in_ms": 180000})
		c.say("code", "123456")
		c.say("pairing.cleared", map[string]any{"id": "p1", "why": "redeemed"})
		c.say("pairing.alarm", struct{}{})
		c.say("code", 7) // no text: nothing is shown
		want := []string{"show p1 123456 Mina 192.0.2.1 3m0s", "clear p1 redeemed", "alarm"}
		if !slices.Equal(h.display, want) {
			t.Errorf("the display showed %q, want %q", h.display, want)
		}
	})
}

// TestCut goes on at home without the line, and tells the truth after it: the newest state, once, and the answer to what was
// commanded before.
func TestCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, c := newHouse("a", "b"), newCloud()
		h.takes = time.Second
		start(t, h, c, nil)
		rest(time.Second)
		c.calls()
		c.command("c1", "a", 70, 10*time.Second)
		rest(500 * time.Millisecond)
		c.cut()
		rest(time.Minute)
		h.report("b", 30)
		h.report("b", 40)
		h.watch(link.Pressed) // by the time the line is back it would mean something else
		rest(time.Hour)
		if len(h.carried) != 1 || h.devices["b"].Version != 3 {
			t.Fatalf("at home: %v", h.devices)
		}
		c.up()
		rest(time.Minute)
		for id, d := range h.devices {
			if k := c.known[id]; k.Version != d.Version || k.Reported["level"] != d.Reported["level"] {
				t.Errorf("the cloud knows %v of %s, which is %v", k, id, d)
			}
		}
		if got := c.calls(); len(got) != 2 || !strings.HasPrefix(got[0], "hello") || got[1] != `answer {"command":"c1","done":true}` {
			t.Errorf("after the cut the cloud was told %q", got)
		}
		c.command("c1", "a", 70, 10*time.Second) // as the queue gives it again
		rest(5 * time.Second)
		if len(h.carried) != 1 {
			t.Errorf("it was carried out %d times", len(h.carried))
		}
		if gap := c.dials[len(c.dials)-1].Sub(c.dials[len(c.dials)-2]); gap < 30*time.Second || gap > time.Minute {
			t.Errorf("after an hour it tried each %v", gap)
		}
	})
}

// TestMute ends a line on which nobody answers.
func TestMute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, c := newHouse("a"), newCloud()
		start(t, h, c, nil)
		rest(time.Second)
		c.line.mute = true
		h.report("a", 5)
		rest(15 * time.Second)
		if len(c.dials) != 2 || c.known["a"].Version != 2 {
			t.Errorf("%d lines, the cloud knows %v", len(c.dials), c.known)
		}
	})
}

// TestKeptOut says what is wrong, and asks slowly.
func TestKeptOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, c := newHouse("a"), newCloud()
		var log bytes.Buffer
		var last link.Status
		start(t, h, c, func(config *link.Config, d *link.Deps) {
			d.Log = slog.New(slog.NewTextHandler(&log, nil))
			d.Status = func(s link.Status) { last = s }
		})
		rest(time.Minute)
		if !last.Connected {
			t.Error("it is not connected")
		}
		c.mu.Lock()
		c.down = &madang.Refusal{Code: "token_invalid", Text: "No.", Err: madang.ErrUnauthenticated}
		c.mu.Unlock()
		c.line.end(errors.New("disconnected"))
		rest(time.Hour)
		if n := len(c.dials); n < 12 || n > 26 {
			t.Errorf("in an hour it asked %d times", n)
		}
		if !strings.Contains(log.String(), "does not let this box in any more: it was removed there") || last.Connected || !errors.Is(last.Err, madang.ErrUnauthenticated) {
			t.Errorf("the log says %s, and %v", log.String(), last)
		}
		c.up() // made known again
		rest(slow)
		if !last.Connected {
			t.Error("it has not come back")
		}
	})
}

// slow is longer than it ever waits.
const slow = 6 * time.Minute

func TestWrongSecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, c := newHouse("a"), newCloud()
		var log bytes.Buffer
		start(t, h, c, func(config *link.Config, d *link.Deps) {
			config.Secret = "another"
			d.Log = slog.New(slog.NewTextHandler(&log, nil))
		})
		rest(slow)
		if len(c.dials) < 2 || len(c.dials) > 3 || !strings.Contains(log.String(), "the secret is another") || strings.Contains(log.String(), "good") {
			t.Errorf("%d times: %s", len(c.dials), log.String())
		}
	})
}

// TestRefusals does not repeat what the cloud does not take.
func TestRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, c := newHouse("a"), newCloud()
		c.refuse["device.hello"] = &madang.Refusal{Code: "invalid", Text: "Bad request", Err: madang.ErrInvalid}
		start(t, h, c, nil)
		rest(time.Hour)
		if got := c.calls(); len(got) != 1 || len(c.dials) != 1 {
			t.Errorf("it said %q on %d lines", got, len(c.dials))
		}
		c.mu.Lock()
		c.refuse["device.report"] = &madang.Refusal{Code: "unauthenticated", Text: "Authentication failed", Err: madang.ErrUnauthenticated}
		c.mu.Unlock()
		h.report("a", 1)
		if rest(time.Second); c.line.Err() == nil {
			t.Error("it stays where it is nobody any more")
		}
	})
}

// TestFlood refuses more commands at once than there may be, and carries the others out in order.
func TestFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, c := newHouse("a"), newCloud()
		h.takes = 10 * time.Millisecond
		start(t, h, c, nil)
		rest(time.Second)
		for i := range 100 {
			c.command(string(rune('A'+i)), "a", i, 10*time.Second)
		}
		rest(30 * time.Second)
		if len(h.carried) != 64 || h.devices["a"].Reported["level"] != 63.0 {
			t.Errorf("%d commands were carried out, the last led to %v", len(h.carried), h.devices["a"].Reported)
		}
		c.command("later", "a", 99, 10*time.Second)
		if rest(time.Second); h.devices["a"].Reported["level"] != 99.0 {
			t.Error("after many commands it does nothing any more")
		}
	})
}

// TestStalled carries nothing out that was on its way too long, though the clocks of both ends differ.
func TestStalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, c := newHouse("a"), newCloud()
		start(t, h, c, nil)
		rest(time.Second)
		sent := c.now()
		for i, wait := range []time.Duration{4 * time.Second, time.Second, 2 * time.Second} { // 4, 5 and 7 seconds after it was sent
			rest(wait)
			c.say("command", map[string]any{"id": string(rune('x' + i)), "device": "a", "set": map[string]any{"level": i + 1}, "expires_in_ms": 6000, "now": sent})
			rest(0)
		}
		rest(time.Minute)
		if len(h.carried) != 2 || h.asked != 2 || h.devices["a"].Reported["level"] != 2.0 {
			t.Errorf("carried out: %v of %d", h.carried, h.asked)
		}
	})
}

func TestValidate(t *testing.T) {
	for want, c := range map[string]link.Config{
		"link.url: is missing": {Secret: "x"},
		"no address":           {URL: "cloud.test", Secret: "x"},
		"more than":            {URL: "https://cloud.test/home", Secret: "x"},
		"madang hub":           {URL: "https://cloud.test"},
		"serial":               {URL: "https://cloud.test", Secret: "x", Serial: "no spaces"},
	} {
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	for _, c := range []link.Config{{}, {URL: "https://cloud.test/", Secret: "x"}, {URL: "http://127.0.0.1:8080", Secret: "x", Serial: "box-1"}} {
		if err := c.Validate(); err != nil {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
