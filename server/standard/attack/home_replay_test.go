//go:build unix

// Commands that are carried out twice, late, or in somebody else's name: what was recorded and is sent again.
//
// Here a person's key names one command for ever, whoever answers is the hub that it was for, once and in time, and what cannot wait is
// not kept for a hub that is away. Parts: device TestIdempotency, TestNeverLate, TestSold.

package attack

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestReplayedCommands sends commands again: as the same person, as others, changed, many at once, by requests and sockets.
func TestReplayedCommands(t *testing.T) {
	h := open(t, cloud+letters)
	x, y := h.box("box-1"), h.box("box-2")
	kim, lee := h.somebody("kim", "192.0.2.1"), h.somebody("lee", "192.0.2.2")
	h.pair(kim, x)
	token := h.pair(lee, x)
	h.pair(lee, y)
	kims, lees := h.at(kim, values{"token": kim.bearer}), h.at(lee, values{"token": lee.bearer})
	h.granted(kims, 1, "device.command", order(x, "door", "unlock-1"))
	id := x.commanded()
	x.call("device.answer", values{"command": id, "done": true})
	// The same again is the command that has ended, however it comes.
	for i := range 3 {
		if a := h.granted(kims, 2+i, "device.command", order(x, "door", "unlock-1")); !strings.Contains(a, id) || !strings.Contains(a, `"done"`) {
			t.Errorf("the same again is %s", a)
		}
	}
	r := kim.request(http.MethodPost, "/v1/hubs/box-1/devices/door/commands", values{"set": values{"locked": false}})
	r.Header.Set("Idempotency-Key", "unlock-1")
	if a := kim.do(r); a.text("id") != id || a.text("state") != "done" {
		t.Errorf("the same again, by a request: %d %s", a.status, a.body)
	}
	lock := order(x, "door", "unlock-1")
	lock["set"] = values{"locked": true}
	if code := h.refusal(kims, 10, "device.command", lock); code != "conflict" {
		t.Errorf("another with the same key: %q", code)
	}
	// Many at once are one; somebody else's key is their own.
	done := make(chan string, 16)
	for i := range 16 {
		w := h.at(kim, values{"token": kim.bearer})
		go func() {
			a, err := w.call(i+1, "device.command", order(x, "lamp", "many"))
			done <- fmt.Sprint(a, err)
		}()
	}
	first := x.commanded()
	for range 16 {
		if a := <-done; !strings.Contains(a, first) {
			t.Errorf("one of many at once is another: %s", a)
		}
	}
	x.call("device.answer", values{"command": first, "done": true})
	h.granted(lees, 1, "device.command", order(x, "lamp", "many"))
	theirs := x.commanded()
	if theirs == first {
		t.Error("somebody else's command with the same key is the first one's")
	}
	// Who answers: the hub that was asked, once, and not what it was not asked.
	for _, c := range []struct {
		who string
		w   *wire
		id  string
	}{{"another hub", y.hub, theirs}, {"the hub, of one that has ended", x.hub, first}, {"the hub, of none", x.hub, "0"}} {
		if code := h.refusal(c.w, 700, "device.answer", values{"command": c.id, "done": true}); code != "not_found" {
			t.Errorf("%s answers: %q", c.who, code)
		}
	}
	x.call("device.answer", values{"command": theirs, "done": false, "note": strings.Repeat("n", 5000)})
	if code := h.refusal(x.hub, 701, "device.answer", values{"command": theirs, "done": true}); code != "not_found" {
		t.Errorf("the hub answers twice: %q", code)
	}
	if a := h.granted(lees, 2, "device.command", order(x, "lamp", "many")); !strings.Contains(a, `"refused"`) || len(a) > 1000 {
		t.Errorf("it has come to %.1500s", a)
	}
	// A hub that is away gets no lock's command later.
	_ = x.hub.conn.Close() // a power cut
	eventually(t, "the hub is away", func() bool { return h.refusal(kims, 11, "device.command", order(x, "door", "")) == "hub_away" })
	b := h.browse("barun.test", "192.0.2.3")
	b.bearer = token
	if a := b.ask(http.MethodPost, "/v1/hubs/box-1/devices/lamp/commands", values{"set": values{"on": false}}); a.text("state") != "queued" {
		t.Errorf("the lamp's waits: %d %s", a.status, a.body)
	}
	h.granted(lees, 3, "device.unpair", values{"hub": "box-1"})
	h.granted(kims, 12, "device.remove_member", values{"place": h.placeOf(kims), "person": "lee"})
	x.hub = h.at(h.browse("barun.test", "198.51.100.200"), values{"token": x.shown})
	if heard := x.hub.heardBy("44/nowhere", "40/nowhere,"); strings.Contains(heard, `"command"`) {
		t.Errorf("what somebody wished who has gone is carried out: %s", heard)
	}
}

// TestHouseholdBefore pairs with a box that others had before, and looks for what they did.
func TestHouseholdBefore(t *testing.T) {
	h := open(t, cloud+letters)
	x := h.box("box-1")
	kim, eve := h.somebody("kim", "192.0.2.1"), h.somebody("eve", "192.0.2.2")
	old := h.pair(kim, x)
	kims := h.at(kim, values{"token": kim.bearer})
	h.granted(kims, 1, "device.command", order(x, "door", "away-for-a-week"))
	id := x.commanded()
	x.call("device.answer", values{"command": id, "done": true})
	before := h.placeOf(kims)
	h.granted(kims, 2, "device.remove_hub", values{"hub": "box-1"})
	h.pair(eve, x)
	eves := h.at(eve, values{"token": eve.bearer})
	after := h.placeOf(eves)
	for _, path := range []string{"/v1/hubs/box-1/commands", "/v1/hubs/box-1/commands/" + id, "/v1/hubs/box-1/tokens", "/v1/places/" + before, "/v1/places/" + before + "/audit", "/v1/places/" + after + "/audit", "/v1/hubs/box-1"} {
		if a := eve.ask(http.MethodGet, path, nil); strings.Contains(a.body, id) || strings.Contains(a.body, `"kim"`) {
			t.Errorf("the household before is in %s: %.300s", path, a.body)
		}
	}
	for _, w := range []*wire{kims} {
		if code := h.refusal(w, 3, "device.devices", values{"hub": "box-1"}); code != "not_found" {
			t.Errorf("who had it before: %q", code)
		}
		if heard := w.heardBy("44/nowhere", "40/nowhere,"); strings.Contains(heard, `"eve"`) || strings.Contains(heard, "House of") && strings.Contains(heard, after) {
			t.Errorf("who had it before hears %.300s", heard)
		}
	}
	if _, err := h.browse("barun.test", "192.0.2.1").join("/home", values{"token": old}, nil); err == nil {
		t.Error("what was paired before is still good")
	}
}
