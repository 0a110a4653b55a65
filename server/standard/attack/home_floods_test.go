//go:build unix

// More than there should be of anything that boxes and people can send (CWE-770).
//
// Here each list, text and number has a bound, which holds for what it adds up to, and a connection that sends too much is slowed
// down or ended, and nobody else's. Parts: device TestOpenCommandsAreBounded, TestDeclare, device/rest FuzzRequests.

package attack

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
)

// TestTooMuchOfEverything has a hub and a person send too much, one by one and bit by bit.
func TestTooMuchOfEverything(t *testing.T) {
	h := open(t, cloud+"\n  ack_timeout: 60s\n  pairing: {format: base20-8}", func(s string) string { return strings.Replace(s, "drain:", "limits: {message_rate: 5000}\ndrain:", 1) })
	x := h.box("box-1")
	kim := h.somebody("kim", "192.0.2.1")
	h.pair(kim, x)
	kims := h.at(kim, values{"token": kim.bearer})
	lamp := func(more values) values {
		d := values{"id": "lamp", "name": "Lamp", "capabilities": []string{"switch"}}
		maps.Copy(d, more)
		return values{"devices": []values{d}}
	}
	many := func(n int) (all []values) {
		for i := range n {
			all = append(all, values{"id": fmt.Sprintf("d%d", i), "name": "D", "capabilities": []string{"switch"}})
		}
		return all
	}
	wide := values{}
	for i := range 17 {
		wide[fmt.Sprintf("p%d", i)] = 1
	}
	deep := strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000)
	id := 100
	for what, arg := range map[string]values{
		"257 devices": {"devices": many(257)}, "a device twice": {"devices": append(many(1), many(1)...)}, "a long id": lamp(values{"id": strings.Repeat("i", 65)}), "a path as an id": lamp(values{"id": "../x"}),
		"a long name": lamp(values{"name": strings.Repeat("n", 129)}), "a name that turns around": lamp(values{"name": "Lamp\u202egpj.exe"}), "a name of two lines": lamp(values{"name": "Lamp\nDoor"}),
		"a name of bytes": lamp(values{"name": "Lamp\u0000"}), "no name": lamp(values{"name": ""}), "what nothing can do": lamp(values{"capabilities": []string{"fly"}}), "nothing": lamp(values{"capabilities": []string{}}),
		"100000 capabilities": lamp(values{"capabilities": strings.Split(strings.Repeat("switch,", 100000), ",")}), "17 properties": lamp(values{"reported": wide, "version": 1}),
		"a long property": lamp(values{"reported": values{strings.Repeat("p", 33): 1}, "version": 1}), "a long text": lamp(values{"reported": values{"p": strings.Repeat("t", 65)}, "version": 1}),
		"a list": lamp(values{"reported": values{"p": []int{1}}, "version": 1}), "an object": lamp(values{"reported": values{"p": values{"p": 1}}, "version": 1}), "a huge number": lamp(values{"reported": values{"p": 1e300}, "version": 1}),
		"no number": lamp(values{"version": 1e300}), "no list": {"devices": "x"},
	} {
		id++
		if code := h.refusal(x.hub, id, "device.hello", arg); code != "invalid" && code != "too_many" {
			t.Errorf("%s: %q", what, code)
		}
	}
	x.hub.send(`42/home,99["device.hello",{"devices":` + deep + `}]`)
	if a, err := x.hub.until("43/home,99["); err == nil && !strings.Contains(a, `"invalid"`) {
		t.Errorf("what is deep: %.200s", a)
	}
	x.hub = h.at(h.browse("barun.test", "198.51.100.200"), values{"token": x.shown}) // it may have been sent away
	// Bit by bit: what is reported stays within the bounds of what can be reported at once.
	for i := range 5 {
		reported := values{}
		for j := range 16 {
			reported[fmt.Sprintf("p%d_%d", i, j)] = strings.Repeat("t", 64)
		}
		id += 2
		h.refusal(x.hub, id, "device.hello", lamp(values{"reported": reported, "version": 100*i + 10}))
		h.refusal(x.hub, id+1, "device.report", values{"device": "lamp", "values": reported, "version": 100*i + 20})
	}
	if a := h.granted(kims, 1, "device.devices", values{"hub": "box-1"}); strings.Count(a, "tttttttt") > 16*8 {
		t.Errorf("what a device reports has grown to %d bytes", len(a))
	}
	x.call("device.hello", lamp(nil))
	h.tooManyOrders(x, kims)
	for what, r := range map[string]*http.Request{
		"a body of 2 MiB":   kim.request(http.MethodPost, "/v1/places", values{"name": strings.Repeat("n", 2<<20)}),
		"a code of 2 MiB":   kim.request(http.MethodPost, "/v1/hubs/box-1/pair", values{"code": strings.Repeat("1", 2<<20)}),
		"a code of 64 KiB":  withHeader(kim.request(http.MethodPost, "/codecheck", nil), "Code", strings.Repeat("1", 64<<10)),
		"a serial of 1 KiB": kim.request(http.MethodGet, "/code?serial="+strings.Repeat("s", 1<<10), nil),
		"deep JSON":         withBody(kim.request(http.MethodPost, "/v1/places", nil), deep),
		"a decision of 1 M": kim.request(http.MethodPost, "/oauth/device", values{"request": strings.Repeat("r", 1<<20), "hub": "box-1"}),
	} {
		if a, err := send(r); err == nil && (a.status < 400 || a.status >= 500) {
			t.Errorf("%s: %d %.200s", what, a.status, a.body)
		}
	}
}

func withHeader(r *http.Request, name, value string) *http.Request {
	r.Header.Set(name, value)
	return r
}

func withBody(r *http.Request, body string) *http.Request {
	with, _ := http.NewRequestWithContext(r.Context(), r.Method, r.URL.String(), strings.NewReader(body)) // r was one
	with.Header, with.Host = r.Header, r.Host
	with.Header.Set("Content-Type", "application/json")
	return with
}

// tooManyOrders fills the queue of a hub, a place with invitations, and a person's list of places.
func (h *house) tooManyOrders(x *box, kims *wire) {
	t := h.t
	t.Helper()
	open, last := 0, ""
	for i := range 100 {
		if last = h.refusal(kims, 1000+i, "device.command", order(x, "lamp", "")); last == "" {
			open++
		}
	}
	if open != 64 || last != "too_many" {
		t.Errorf("%d commands are open, then %q", open, last)
	}
	place := h.placeOf(kims)
	for what, c := range map[string]struct {
		name string
		arg  values
		most int
	}{"invitations": {"device.invite", values{"place": place}, 20}, "places": {"device.make_place", values{"name": "Home"}, 49}} {
		n := 0
		for i := range 70 {
			if h.refusal(kims, 2000+i, c.name, c.arg) == "" {
				n++
			}
		}
		if n > c.most {
			t.Errorf("%d %s", n, what)
		}
	}
	for what, arg := range map[string]values{
		"a long key": {"hub": x.serial, "device": "lamp", "set": values{"on": true}, "key": strings.Repeat("k", 65)}, "a key that is no text": {"hub": x.serial, "device": "lamp", "set": values{"on": true}, "key": 1},
		"many wishes": {"hub": x.serial, "device": "lamp", "set": manyWishes(), "key": "x"}, "a wish that is a list": {"hub": x.serial, "device": "lamp", "set": values{"on": []bool{true}}},
		"what it cannot do": {"hub": x.serial, "device": "lamp", "set": values{"locked": false}}, "nothing": {"hub": x.serial, "device": "lamp", "set": values{}},
	} {
		if code := h.refusal(kims, 3000, "device.command", arg); code != "invalid" && code != "too_many" {
			t.Errorf("%s: %q", what, code)
		}
	}
}

func manyWishes() values {
	all := values{}
	for i := range 1000 {
		all[fmt.Sprintf("w%d", i)] = true
	}
	return all
}

// TestNameOnTheDisplay asks for codes under names that are made to mislead whoever reads the display.
func TestNameOnTheDisplay(t *testing.T) {
	h := open(t, cloud+letters)
	x := h.box("box-1")
	for what, c := range map[string]struct{ name, not string }{
		"two lines": {"kim\nYour code is 000000", `\n`}, "turned around": {"\u202e000000 si edoc ruoy", "\u202e"}, "without a width": {"k\u200bim", "\u200b"},
		"a page": {"<img src=x onerror=alert(1)>", "\x00"}, "a novel": {strings.Repeat("long ", 40), strings.Repeat("long ", 14)},
	} {
		b := h.somebody(c.name, "192.0.2.1")
		if status := b.asks("box-1"); status == http.StatusUnauthorized {
			continue // nobody is called so
		} else if status != http.StatusOK {
			t.Fatalf("%s: %d", what, status)
		}
		text, err := x.screen.until("pairing.shown")
		if err != nil || strings.Contains(text, c.not) {
			t.Errorf("%s: %s %v", what, text, err)
		}
		h.code(x.screen)
	}
}
