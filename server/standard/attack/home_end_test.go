//go:build unix

// Rights at homes that go on after what should have ended them: CVE-2026-88770 (Keycloak: grants of the locked), CVE-2025-3230
// (Mattermost: tokens of people who had been deactivated), CVE-2024-21635.
//
// Here each request and each command asks for the record of the pairing, the place's members and the account; and what ends a right
// closes, or takes out of its channels, whoever is connected by it. Parts: device TestEnds, device/relay TestEnds, TestGone.

package attack

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"madang/account"
)

// member registers somebody who signs in with apps, and returns a browser with their token.
func (h *house) member(email string) *browser {
	h.t.Helper()
	h.user(email)
	b := h.browse("barun.test", "192.0.2.1")
	b.bearer = h.tokens(email)["access_token"]
	return b
}

// household is a place with an owner, a member, and what they have paired.
type household struct {
	h             *house
	x             *box
	place         string
	kim, lee      *browser // the owner, and the member
	kims, lees    *wire    // their connections
	token         string   // of the member
	holder        *wire    // by it
	personOf, own string   // of the member, of the owner
}

func (h *house) household() *household {
	h.t.Helper()
	o := &household{h: h, x: h.box("box-1"), kim: h.member("kim@example.com"), lee: h.member("lee@example.com")}
	h.pair(o.kim, o.x)
	o.kims = h.at(o.kim, values{"token": o.kim.bearer})
	o.place = h.placeOf(o.kims)
	o.enter()
	o.personOf, o.own = strconv.FormatInt(h.find("users", "lee@example.com").ID, 10), strconv.FormatInt(h.find("users", "kim@example.com").ID, 10)
	return o
}

// enter has the member pair and connect.
func (o *household) enter() {
	o.h.t.Helper()
	o.token = o.h.pair(o.lee, o.x)
	o.lees = o.h.at(o.lee, values{"token": o.lee.bearer})
	o.holder = o.h.at(o.h.browse("barun.test", "192.0.2.9"), values{"token": o.token})
	o.h.granted(o.holder, 1, "device.devices", values{"hub": "box-1"})
}

// out checks that the member may do nothing there any more, and hears nothing.
func (o *household) out(why string, connected bool) {
	t, h := o.h.t, o.h
	t.Helper()
	within(t, why+": the pairing's connection ends", o.holder.over())
	if _, err := h.browse("barun.test", "192.0.2.9").join("/home", values{"token": o.token}, nil); err == nil {
		t.Errorf("%s: the pairing's token opens /home", why)
	}
	b := h.browse("barun.test", "192.0.2.9")
	b.bearer = o.token
	for _, who := range []*browser{b, o.lee} {
		for _, r := range restOf("box-1", o.place) {
			if r.path == "/v1/places" || strings.HasSuffix(r.path, "/code") {
				continue
			}
			if a := who.ask(r.method, r.path, r.body); a.status < 300 {
				t.Errorf("%s: %s %s: %d %.200s", why, r.method, r.path, a.status, a.body)
			}
		}
	}
	if !connected {
		return
	}
	o.x.call("device.report", values{"device": "lamp", "values": values{"on": true}, "version": 1000 + o.x.calls})
	for name, arg := range procedures(o.place) {
		if !strings.HasPrefix(name, "device.") || name == "device.register" || name == "device.make_place" || name == "device.places" || name == "device.code" {
			continue
		}
		a, err := o.lees.call(500+o.x.calls, name, arg)
		if err != nil || !strings.Contains(a, `{"error":`) {
			t.Errorf("%s: %s: %.200s %v", why, name, a, err)
		}
		if strings.Contains(a, "device.changed") {
			t.Errorf("%s: they hear %.200s", why, a)
		}
	}
	if heard := o.lees.heardBy("44/nowhere", "40/nowhere,"); strings.Contains(heard, "changed") {
		t.Errorf("%s: they hear %.300s", why, heard)
	}
}

// TestWhoGoesIsGone takes a member's rights away in all ways, while they are connected.
func TestWhoGoesIsGone(t *testing.T) {
	h := open(t, cloud+letters)
	o := h.household()
	h.granted(o.kims, 10, "device.remove_member", values{"place": o.place, "person": o.personOf})
	if text, err := o.lees.until("place.gone"); err != nil {
		t.Errorf("they are not told: %s", text)
	}
	o.out("removed", true)
	o.enter()
	h.granted(o.lees, 11, "device.remove_member", values{"place": o.place, "person": o.personOf})
	o.lees = h.at(o.lee, values{"token": o.lee.bearer})
	o.out("left", true)
	o.enter()
	h.granted(o.kims, 12, "device.remove_hub", values{"hub": "box-1"})
	o.lees = h.at(o.lee, values{"token": o.lee.bearer})
	within(t, "the pairing's connection ends with the hub's being there", o.holder.over())
	if code := h.refusal(o.lees, 13, "device.command", order(o.x, "lamp", "")); code != "not_found" {
		t.Errorf("a hub that was removed is commanded: %q", code)
	}

	// An account that is disabled, and one that is deleted, behind the server's back: no connection is told, but nothing works.
	h.pair(o.kim, o.x)
	o.place = h.placeOf(o.kims)
	o.enter()
	p := h.find("users", "lee@example.com")
	p.DisabledAt = p0()
	if _, err := h.store.SavePerson(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if code := h.refusal(o.holder, 2, "device.command", order(o.x, "lamp", "")); code == "" {
		t.Error("the pairing of somebody who is disabled commands")
	}
	b := h.browse("barun.test", "192.0.2.9")
	b.bearer = o.token
	if a := b.ask(http.MethodGet, "/v1/hubs/box-1", nil); a.status != http.StatusUnauthorized {
		t.Errorf("the pairing of somebody who is disabled: %d %.200s", a.status, a.body)
	}
	if o.lee.asks("box-1") == http.StatusOK {
		t.Error("somebody who is disabled asks for a code")
	}
	if _, err := b.join("/home", values{"token": o.token}, nil); err == nil {
		t.Error("the pairing of somebody who is disabled opens /home")
	}
	p = h.find("users", "lee@example.com")
	p.DisabledAt = account.Person{}.DisabledAt
	if _, err := h.store.SavePerson(t.Context(), p); err != nil {
		t.Fatal(err)
	}
}

// TestRolesAtHome has members, those who were owners and the last owner do what is for owners, and uses invitations that should be
// worth nothing.
func TestRolesAtHome(t *testing.T) {
	h := open(t, cloud+letters)
	o := h.household()
	eve := h.member("eve@example.com")
	eves := h.at(eve, values{"token": eve.bearer})
	member := []struct {
		name string
		arg  values
	}{
		{"device.rename_place", values{"place": o.place, "name": "forged"}}, {"device.invite", values{"place": o.place, "role": "owner"}}, {"device.audit", values{"place": o.place}},
		{"device.set_role", values{"place": o.place, "person": o.personOf, "role": "owner"}}, {"device.remove_member", values{"place": o.place, "person": o.own}},
		{"device.remove_hub", values{"hub": "box-1"}}, {"device.unpair", values{"hub": "box-1", "person": o.own}}, {"device.delete_place", values{"place": o.place}},
	}
	for i, c := range member {
		if code := h.refusal(o.lees, 20+i, c.name, c.arg); code != "forbidden" {
			t.Errorf("a member: %s: %q", c.name, code)
		}
	}
	h.granted(o.kims, 10, "device.set_role", values{"place": o.place, "person": o.personOf, "role": "owner"})
	_, rest, _ := strings.Cut(h.granted(o.lees, 30, "device.invite", values{"place": o.place, "role": "owner"}), `"secret":"`)
	secret, _, _ := strings.Cut(rest, `"`)
	h.secret(secret)
	h.granted(o.kims, 11, "device.set_role", values{"place": o.place, "person": o.personOf, "role": "member"})
	if code := h.refusal(eves, 1, "device.join", values{"secret": secret}); code != "not_found" {
		t.Errorf("the invitation of who is an owner no more: %q", code)
	}
	for i, c := range member {
		if code := h.refusal(o.lees, 40+i, c.name, c.arg); code != "forbidden" {
			t.Errorf("who was an owner: %s: %q", c.name, code)
		}
	}
	for i, name := range []string{"device.remove_member", "device.set_role"} {
		if code := h.refusal(o.kims, 50+i, name, values{"place": o.place, "person": o.own, "role": "member"}); code != "last_owner" {
			t.Errorf("the last owner: %s: %q", name, code)
		}
	}
	// An invitation is good once, for one of many who use it at once.
	_, rest, _ = strings.Cut(h.granted(o.kims, 60, "device.invite", values{"place": o.place}), `"secret":"`)
	secret, _, _ = strings.Cut(rest, `"`)
	h.secret(secret)
	many := make(chan bool)
	for i := range 6 {
		w := h.at(h.somebody("many-"+strconv.Itoa(i), "192.0.2.50"), values{"token": h.somebody("many-"+strconv.Itoa(i), "192.0.2.50").bearer})
		go func() {
			a, err := w.call(1, "device.join", values{"secret": secret})
			many <- err == nil && !strings.Contains(a, `"error"`)
		}()
	}
	n := 0
	for range 6 {
		if <-many {
			n++
		}
	}
	if n != 1 {
		t.Errorf("one invitation let %d in", n)
	}
	if code := h.refusal(eves, 2, "device.set_role", values{"place": o.place, "person": "eve", "role": "owner"}); code != "not_found" {
		t.Errorf("a stranger: %q", code)
	}
}

// TestReadOnlyTokensAtHome has a program whose token may only read do what it may not.
func TestReadOnlyTokensAtHome(t *testing.T) {
	h := open(t, cloud+letters)
	x := h.box("box-1")
	kim := h.browse("barun.test", "192.0.2.1").register("kim@example.com")
	kim.header.Set("Origin", "https://barun.test")
	h.pair(kim, x)
	robot := h.browse("barun.test", "192.0.2.2")
	robot.bearer = kim.apiToken("reader", "read")
	if a := robot.ask(http.MethodGet, "/code?serial=box-1", nil); a.status < 300 {
		t.Errorf("GET /code: %d %s", a.status, a.body)
	}
	if a := robot.tries("box-1", "12345678"); strings.Contains(a.body, wrongCode) || strings.Contains(a.body, expiredCode) {
		t.Errorf("POST /codecheck: %d %s", a.status, a.body)
	}
	if a := robot.ask(http.MethodGet, "/v1/hubs/box-1", nil); a.status != http.StatusOK {
		t.Errorf("it may not even read: %d %s", a.status, a.body)
	}
	for _, r := range restOf("box-1", "x") {
		if a := robot.ask(r.method, r.path, r.body); r.method != http.MethodGet && a.status != http.StatusForbidden {
			t.Errorf("%s %s: %d %.200s", r.method, r.path, a.status, a.body)
		}
	}
	w, err := robot.join("/home", values{"token": robot.bearer}, nil)
	if err != nil {
		return // it may be that such tokens have no sockets
	}
	if code := h.refusal(w, 1, "device.command", order(x, "lamp", "")); code != "forbidden" {
		t.Errorf("device.command: %q", code)
	}
}
