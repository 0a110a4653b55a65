//go:build unix

package attack

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// letters makes codes of eight letters, which no log has in it by chance, and has nobody wait between two of them.
const letters = "\n  pairing: {format: base20-8, hub: {pace: 0s}}"

// cloud is the configuration of a server to which boxes connect, home that of one in a box; both stand behind the section account.
const (
	cloud = "\ndevice:\n  enabled: true"
	home  = cloud + "\n  mode: home\n  serial: box-1"
)

// somebody returns a browser of somebody whom another issuer's token proves: whoever has an issuer has as many as they like.
func (h *house) somebody(name, ip string) *browser {
	b := h.browse("barun.test", ip)
	b.bearer = hs256(map[string]any{"typ": "JWT", "alg": "HS256"}, map[string]any{"sub": name, "name": name, "exp": time.Now().Add(time.Hour).Unix()}, jwtSecret)
	h.secret(b.bearer)
	return b
}

// onTheBox are the headers of a page that the box itself shows, at 127.0.0.1: nobody has forwarded anything.
func onTheBox() http.Header {
	return http.Header{"Origin": {"http://127.0.0.1"}, "X-Forwarded-For": {}, "X-Forwarded-Proto": {}}
}

// A box is a hub with a display.
type box struct {
	h      *house
	serial string
	shown  string // by which it proves itself
	hub    *wire
	screen *wire
	calls  int
}

// box makes a hub known, connects it with a display, and has it declare a lamp and a lock.
func (h *house) box(serial string) *box {
	h.t.Helper()
	secret, err := h.rules.Register(h.t.Context(), "app1", serial, "House of "+serial)
	if err != nil {
		h.t.Fatal(err)
	}
	h.secret(secret)
	x := &box{h: h, serial: serial, shown: serial + ":" + secret}
	x.hub = h.at(h.browse("barun.test", "198.51.100.200"), values{"token": x.shown})
	x.screen = h.at(h.browse("barun.test", "198.51.100.200"), values{"token": x.shown, "display": true})
	x.call("device.hello", values{"devices": []values{
		{"id": "lamp", "name": "Lamp", "capabilities": []string{"switch"}}, {"id": "door", "name": "Door", "capabilities": []string{"lock"}},
	}})
	return x
}

// at connects to /home.
func (h *house) at(b *browser, auth values) *wire {
	h.t.Helper()
	w, err := b.join("/home", auth, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	return w
}

// call calls a procedure as the hub.
func (x *box) call(name string, arg any) {
	x.h.t.Helper()
	x.calls++
	x.h.granted(x.hub, x.calls, name, arg)
}

// granted calls a procedure that must not be refused, and returns the reply.
func (h *house) granted(w *wire, id int, name string, arg any) string {
	h.t.Helper()
	a, err := w.call(id, name, arg)
	if err != nil || strings.Contains(a, `{"error":`) {
		h.t.Fatalf("%s %v: %s %v", name, arg, a, err)
	}
	return a
}

// refusal calls a procedure, and returns the code of the refusal; empty: there was none.
func (h *house) refusal(w *wire, id int, name string, arg any) string {
	h.t.Helper()
	a, err := w.call(id, name, arg)
	if err != nil {
		h.t.Fatalf("%s %v: %v", name, arg, err)
	}
	_, text, _ := strings.Cut(a, `{"error":{"code":"`)
	code, _, _ := strings.Cut(text, `"`)
	return code
}

// code waits for the code that a display shows next.
func (h *house) code(screen *wire) string {
	h.t.Helper()
	text, err := screen.until(`["code",`)
	if err != nil {
		h.t.Fatal(err)
	}
	var event []string
	if err := json.Unmarshal([]byte(text[strings.Index(text, "["):]), &event); err != nil || len(event) != 2 {
		h.t.Fatalf("%s: %v", text, err)
	}
	if len(event[1]) > 6 {
		h.secret(event[1])
	}
	return event[1]
}

// asks asks for a code and returns the status.
func (b *browser) asks(serial string) int {
	b.h.t.Helper()
	return b.ask(http.MethodGet, "/code?serial="+serial, nil).status
}

// tries shows a code.
func (b *browser) tries(serial, code string) reply {
	b.h.t.Helper()
	r := b.request(http.MethodPost, "/codecheck", nil)
	r.Header.Set("Code", code)
	if serial != "" {
		r.Header.Set("X-Api-Serial", serial)
	}
	return b.do(r)
}

// pair pairs somebody with a hub and returns their token.
func (h *house) pair(b *browser, x *box) string {
	h.t.Helper()
	if a := b.ask(http.MethodGet, "/code?serial="+x.serial, nil); a.status != http.StatusOK {
		h.t.Fatalf("%d %s", a.status, a.body)
	}
	a := b.tries(x.serial, h.code(x.screen))
	token := a.text("token")
	if a.status != http.StatusCreated || token == "" {
		h.t.Fatalf("%d %s", a.status, a.body)
	}
	h.secret(token)
	return token
}

// order is the argument of device.command.
func order(x *box, what, key string) values {
	set := values{"on": true}
	if what == "door" {
		set = values{"locked": false}
	}
	return values{"hub": x.serial, "device": what, "set": set, "key": key, "no_wait": true}
}

// commanded waits for the next command of a hub and returns its id.
func (x *box) commanded() string {
	x.h.t.Helper()
	text, err := x.hub.until(`["command",`)
	if err != nil {
		x.h.t.Fatal(err)
	}
	var event []json.RawMessage
	var d struct{ ID string }
	if json.Unmarshal([]byte(text[strings.Index(text, "["):]), &event) != nil || len(event) != 2 || json.Unmarshal(event[1], &d) != nil || d.ID == "" {
		x.h.t.Fatal(text)
	}
	return d.ID
}

// placeOf returns the id of the place in which a person's hub box-1 is.
func (h *house) placeOf(w *wire) string {
	h.t.Helper()
	var reply []struct {
		Places []struct {
			ID   string
			Hubs []struct{ Serial string }
		}
	}
	a := h.granted(w, 900, "device.places", values{})
	if err := json.Unmarshal([]byte(a[strings.Index(a, "["):]), &reply); err != nil {
		h.t.Fatalf("%s: %v", a, err)
	}
	for _, p := range reply[0].Places {
		for _, x := range p.Hubs {
			if x.Serial == "box-1" {
				return p.ID
			}
		}
	}
	h.t.Fatalf("box-1 is in no place: %s", a)
	return ""
}

// heardBy returns everything that a socket has heard before the answer to a call that it may make.
func (w *wire) heardBy(last string, send string) string {
	var all []string
	w.send(send)
	for {
		text, err := w.next()
		if err != nil {
			return strings.Join(append(all, fmt.Sprint(err)), "\n")
		}
		all = append(all, text)
		if strings.Contains(text, last) {
			return strings.Join(all, "\n")
		}
	}
}
