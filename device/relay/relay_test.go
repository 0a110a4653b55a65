package relay_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"madang"
	"madang/device"
	"madang/device/relay"
)

// The whole way: a code on the box's display and nowhere else, a command, its answer, what the device reports.
func TestPairAndCommand(t *testing.T) {
	clusters(t, func(t *testing.T, w *world) {
		box, other := w.node(0).box("box1"), w.node(1).box("box2")
		display := w.node(2).connect(relay.DisplayPrincipal(app, "box1"))
		kim, lee := w.node(1).connect(person("kim")), w.node(2).connect(person("lee"))
		token := kim.pair(box)
		display.wait("code")
		box.wait("pairing.shown", `"who":"Name of kim"`, `"from":"192.0.2.9"`, `"expires_in_ms":1`)
		box.wait("pairing.cleared", `"why":"redeemed"`)
		for _, c := range []*client{other, kim, lee} {
			if n := len(c.all("code")) + len(c.all("pairing.shown")); n != 0 {
				t.Errorf("%s has heard a code", c.Principal().User)
			}
		}
		kim.wait("place.changed", `"person":"kim"`)
		phone := w.node(0).connect(shows(token))

		go func() { // the box
			h := box.wait("command", `"device":"lamp"`, `"set":{"on":true}`)
			var d relay.Delivery
			if err := json.Unmarshal(h.data, &d); err != nil || d.ExpiresIn < 5000 || d.ExpiresIn > 10_000 {
				t.Errorf("%s: %v", h.data, err)
			}
			if err := box.try("device.answer", `{"command":"`+d.ID+`","done":true}`, nil); err != nil {
				t.Error(err)
			}
			if err := box.try("device.report", `{"device":"lamp","values":{"on":true},"version":2}`, nil); err != nil {
				t.Error(err)
			}
		}()
		var c relay.CommandView
		phone.call("device.command", `{"hub":"box1","device":"lamp","set":{"on":true},"key":"k"}`, &c)
		if c.State != device.Done || c.Person != "kim" {
			t.Errorf("%+v", c)
		}
		for _, who := range []*client{kim, phone} {
			who.wait("command.changed", c.ID, `"state":"sent"`)
			who.wait("command.changed", c.ID, `"state":"done"`)
			who.wait("device.changed", `"reported":{"on":true}`, `"desired":{}`)
		}
		var again relay.CommandView
		phone.call("device.command", `{"hub":"box1","device":"lamp","set":{"on":true},"key":"k"}`, &again)
		if again.ID != c.ID || len(box.all("command")) != 1 {
			t.Errorf("the same command again: %+v", again)
		}
		var sum relay.Stats
		for _, n := range w.nodes {
			s := n.device.Stats()
			sum.Codes, sum.Done, sum.Refused, sum.Expired = sum.Codes+s.Codes, sum.Done+s.Done, sum.Refused+s.Refused, sum.Expired+s.Expired
		}
		if (sum != relay.Stats{Codes: 1, Done: 1}) {
			t.Errorf("counted: %+v", sum)
		}
		var places struct{ Places []relay.PlaceView }
		kim.call("device.places", ``, &places)
		if len(places.Places) != 1 || len(places.Places[0].Hubs) != 1 || !places.Places[0].Hubs[0].Online || len(places.Places[0].Hubs[0].Devices) != 2 {
			t.Errorf("%+v", places)
		}
		if len(lee.all("device.changed"))+len(lee.all("command.changed"))+len(other.all("command")) != 0 {
			t.Error("others have heard what happens")
		}
	})
}

// The connections of a token that has ended are closed on every node at once; who is removed hears nothing more.
func TestEnds(t *testing.T) {
	clusters(t, func(t *testing.T, w *world) {
		box := w.node(0).box("box1")
		kim, lee := w.node(1).connect(person("kim")), w.node(2).connect(person("lee"))
		kim.pair(box)
		w.tenSeconds()
		token := lee.pair(box)
		lee.wait("place.changed", `"person":"lee"`)
		var phones []*client
		for i := range 3 {
			phones = append(phones, w.node(i).connect(shows(token)))
		}
		kim.call("device.unpair", `{"hub":"box1","person":"lee"}`, nil)
		for _, c := range phones {
			eventually(t, "the end of a connection", c.ended)
		}
		_, err := w.node(0).arrive(shows(token))
		fails(t, err, device.ErrUnauthenticated)

		box.call("device.report", `{"device":"lamp","values":{"on":true},"version":2}`, nil)
		lee.wait("device.changed", `"version":2`) // who still is a member
		var places struct{ Places []relay.PlaceView }
		kim.call("device.places", ``, &places)
		kim.call("device.remove_member", `{"place":"`+places.Places[0].ID+`","person":"lee"}`, nil)
		eventually(t, "the end of the subscriptions", func() bool { return len(lee.Subscriptions()) == 1 })
		box.call("device.report", `{"device":"lamp","values":{"on":false},"version":3}`, nil)
		kim.wait("device.changed", `"version":3`)
		if slices.ContainsFunc(lee.all("device.changed"), func(h heard) bool { return string(h.data) == string(kim.wait("device.changed", `"version":3`).data) }) {
			t.Error("who was removed hears what happens")
		}
		fails(t, lee.try("device.command", `{"hub":"box1","device":"lamp","set":{"on":true}}`, nil), madang.ErrNotFound)

		phone := w.node(2).connect(shows(func() string { w.tenSeconds(); return kim.pair(box) }()))
		kim.call("device.remove_hub", `{"hub":"box1"}`, nil)
		eventually(t, "the end of a connection", phone.ended)
		// Nor does who has no part in the hub any more hear what happens there.
		eventually(t, "the end of a subscription", func() bool {
			return !slices.ContainsFunc(kim.Subscriptions(), func(s *madang.Subscription) bool { return s.Channel().Name == "$device/home/box1" })
		})
	})
}

// tenSeconds lets the time pass that must lie between two codes of a hub.
func (w *world) tenSeconds() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.skew += 11 * time.Second
}

// A box that goes leaves commands that wait for it; when it comes back, wherever, it gets them.
func TestAwayAndBack(t *testing.T) {
	clusters(t, func(t *testing.T, w *world) {
		box := w.node(0).box("box1")
		kim := w.node(1).connect(person("kim"))
		kim.pair(box)
		kim.wait("place.changed")
		box.line.Drop(madang.CloseGone)
		kim.wait("hub.changed", `"online":false`)
		var c relay.CommandView
		kim.call("device.command", `{"hub":"box1","device":"lamp","set":{"on":true}}`, &c)
		if c.State != device.Queued {
			t.Fatalf("%+v", c)
		}
		fails(t, kim.try("device.command", `{"hub":"box1","device":"door","set":{"locked":false}}`, nil), device.ErrAway)
		box = w.node(2).connect(relay.HubPrincipal(app, "box1"))
		box.wait("command", c.ID)
		kim.wait("hub.changed", `"online":true`)
		box.call("device.answer", `{"command":"`+c.ID+`","done":false,"note":"no bulb"}`, nil)
		kim.wait("command.changed", c.ID, `"state":"refused"`, `"note":"no bulb"`)
	})
}

// There is one connection of a box: a newer one takes the place of the one before, whose end means nothing.
func TestBoxTwice(t *testing.T) {
	clusters(t, func(t *testing.T, w *world) {
		old := w.node(0).box("box1")
		kim := w.node(1).connect(person("kim"))
		kim.pair(old)
		box := w.node(1).connect(relay.HubPrincipal(app, "box1"))
		eventually(t, "the end of the connection before", old.ended)
		var c relay.CommandView
		kim.call("device.command", `{"hub":"box1","device":"lamp","set":{"on":true},"no_wait":true}`, &c)
		box.wait("command", c.ID)
		if len(old.all("command")) != 0 || c.State != device.Sent {
			t.Errorf("the old connection has got %v, the command is %s", old.all("command"), c.State)
		}
		h, err := w.store.Hub(t.Context(), app, "box1")
		if err != nil || h.Link != string(box.ID()) {
			t.Errorf("the hub is at %q, want %q: %v", h.Link, box.ID(), err)
		}
	})
}

// The last will of a box whose node dies.
func TestNodeDies(t *testing.T) {
	w := newWorld(t, 3)
	box := w.node(0).box("box1")
	kim := w.node(1).connect(person("kim"))
	kim.pair(box)
	kim.wait("place.changed")
	if err := w.nodes[0].device.Close(); err != nil {
		t.Fatal(err)
	}
	w.cluster.Kill(0)
	kim.wait("hub.changed", `"online":false`)
}

// A box that was there when the server died is not taken to be there by the next one.
func TestRestart(t *testing.T) {
	w := newWorld(t, 1)
	w.node(0).box("box1")
	again := newWorldOn(t, 1, w.store)
	eventually(t, "the box is away", func() bool {
		h, err := again.store.Hub(t.Context(), app, "box1")
		return err == nil && !h.Online()
	})
}

// A command that nobody answers ends, and with it what was wished.
func TestUnanswered(t *testing.T) {
	w := newWorld(t, 1)
	box := w.node(0).box("box1")
	kim := w.node(0).connect(person("kim"))
	kim.pair(box)
	kim.wait("place.changed")
	var c relay.CommandView
	kim.call("device.command", `{"hub":"box1","device":"door","set":{"locked":false},"no_wait":true}`, &c)
	w.tenSeconds()
	fails(t, box.try("device.answer", `{"command":"`+c.ID+`","done":true}`, nil), madang.ErrNotFound)
	kim.wait("command.changed", c.ID, `"state":"expired"`)
	kim.wait("device.changed", `"id":"door"`, `"desired":{}`)
}

// The button on the box, and somebody there who does not want the code.
func TestButtons(t *testing.T) {
	w := newWorld(t, 1)
	box := w.node(0).box("box1")
	kim := w.node(0).connect(person("kim"))
	display := w.node(0).connect(relay.DisplayPrincipal(app, "box1"))
	kim.call("device.code", `{"hub":"box1"}`, nil)
	display.wait("code")
	display.call("device.withdraw", ``, nil)
	box.wait("pairing.cleared", `"why":"withdrawn"`)
	for range 3 {
		w.tenSeconds()
		kim.call("device.code", `{"hub":"box1"}`, nil)
		fails(t, kim.try("device.check", `{"hub":"box1","code":"x"}`, nil), madang.ErrUnauthenticated)
	}
	w.tenSeconds()
	fails(t, kim.try("device.code", `{"hub":"box1"}`, nil), madang.ErrForbidden)
	box.wait("pairing.alarm")
	box.call("device.press", ``, nil)
	kim.call("device.code", `{"hub":"box1"}`, nil)
}

// Nobody listens where they have no business, or calls what is not theirs.
func TestRefusals(t *testing.T) {
	w := newWorld(t, 1)
	box := w.node(0).box("box1")
	kim := w.node(0).connect(person("kim"))
	token := w.node(0).connect(shows(kim.pair(box)))
	display := w.node(0).connect(relay.DisplayPrincipal(app, "box1"))
	nobody := w.node(0).connect(&madang.Principal{App: app, Guard: "api"})
	for _, name := range []string{"$device/display/box1", "$device/home/box1", "$device/hub/box1", "$device"} {
		for _, c := range []*client{kim, token, display, nobody, box} {
			if _, err := c.Subscribe(t.Context(), madang.Channel{App: app, Name: name}, madang.SubscribeOptions{}); err == nil && c != box {
				t.Errorf("%s subscribes to %s", c.Principal().User, name)
			}
			if _, err := c.Publish(t.Context(), &madang.Message{Channel: madang.Channel{App: app, Name: name}, Name: "command", Data: []byte("{}")}); err == nil {
				t.Errorf("%s publishes in %s", c.Principal().User, name)
			}
		}
	}
	for _, c := range []struct {
		who  *client
		name string
		arg  string
		want error
	}{
		{nobody, "device.code", `{"hub":"box1"}`, madang.ErrForbidden}, {nobody, "device.places", ``, madang.ErrForbidden},
		{token, "device.places", ``, madang.ErrForbidden}, {token, "device.code", `{"hub":"box1"}`, madang.ErrForbidden},
		{display, "device.answer", `{}`, madang.ErrForbidden}, {display, "device.command", `{}`, madang.ErrNotFound}, {display, "device.places", ``, madang.ErrForbidden},
		{display, "device.command", `{"hub":"box2","device":"lamp","set":{"on":true}}`, madang.ErrNotFound}, {display, "device.unpair", `{"hub":"box1"}`, madang.ErrForbidden},
		{box, "device.command", `{"hub":"box1","device":"lamp","set":{"on":true}}`, madang.ErrForbidden},
		{kim, "device.hello", `{}`, madang.ErrForbidden}, {kim, "device.answer", `{}`, madang.ErrForbidden},
		{kim, "device.command", `{"hub":"box1","device":"lamp","set":[1]}`, madang.ErrInvalid}, {kim, "device.command", "{\"hub\":\"\xff\"}", madang.ErrInvalid},
		{kim, "device.command", `{"hub":"box1","device":"lamp","set":{"on":[]}}`, madang.ErrInvalid},
		{kim, "device.command", `{"hub":"box9","device":"lamp","set":{"on":true}}`, madang.ErrNotFound},
		{kim, "device.code", `{"hub":"../x"}`, madang.ErrInvalid}, {kim, "device.code", `{"hub":"box9"}`, madang.ErrNotFound},
		{box, "device.hello", `{"devices":[{"id":"x"}]}`, madang.ErrInvalid}, {box, "device.report", `{"device":"none"}`, madang.ErrNotFound},
	} {
		fails(t, c.who.try(c.name, c.arg, nil), c.want)
	}
	w.mu.Lock()
	w.locked["kim"] = true
	w.mu.Unlock()
	fails(t, kim.try("device.command", `{"hub":"box1","device":"lamp","set":{"on":true}}`, nil), madang.ErrForbidden)
	fails(t, token.try("device.command", `{"hub":"box1","device":"lamp","set":{"on":true}}`, nil), madang.ErrUnauthenticated)
}
