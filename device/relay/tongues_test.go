package relay_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"madang"
	"madang/device"
	"madang/device/relay"
)

// nobody connects as clients of other protocols do.
func (n *node) nobody() *client {
	n.t.Helper()
	c := &client{n: n}
	var err error
	if c.line, err = n.hub.Open(link{c}); err == nil {
		c.Conn, err = c.line.Connect(n.t.Context(), madang.ConnRequest{Dialect: lines{}, Principal: &madang.Principal{App: app, Guard: "other"}, Owner: c})
	}
	if err != nil {
		n.t.Fatal(err)
	}
	return c
}

func named(name string) madang.Channel { return madang.Channel{App: app, Name: name} }

// as subscribes to a channel as somebody.
func (c *client) as(who, ch string) error {
	s, err := c.Subscribe(c.n.t.Context(), named(ch), madang.SubscribeOptions{Proof: &madang.Proof{Signature: who}})
	if err == nil {
		s.Open()
	}
	return err
}

// in connects somebody and subscribes them.
func (n *node) in(who, ch string) *client {
	n.t.Helper()
	c := n.nobody()
	if err := c.as(who, ch); err != nil {
		n.t.Fatal(err)
	}
	return c
}

// says publishes in a channel.
func (c *client) says(ch, event, data string) error {
	c.n.t.Helper()
	taken, err := c.n.device.Hear(c.n.t.Context(), c.Conn, &madang.Message{Channel: named(ch), Name: event, Data: []byte(data), Type: madang.JSON})
	if !taken {
		c.n.t.Fatalf("%s in %s is not taken", event, ch)
	}
	return err
}

func (c *client) must(ch, event, data string) {
	c.n.t.Helper()
	if err := c.says(ch, event, data); err != nil {
		c.n.t.Fatal(err)
	}
}

// subscribed reports whether a connection is in a channel.
func (c *client) subscribed(ch string) bool {
	for _, s := range c.Subscriptions() {
		if s.Channel() == named(ch) {
			return true
		}
	}
	return false
}

const hello = `{"devices":[{"id":"lamp","name":"거실 등","capabilities":["switch"],"reported":{"on":false},"version":1},
	{"id":"door","name":"현관문","capabilities":["lock"]}]}`

// otherBox registers a hub and has it come by another protocol.
func (n *node) otherBox(serial string) *client {
	n.t.Helper()
	if _, err := n.device.Service().Register(n.t.Context(), app, serial, "현관"); err != nil {
		n.t.Fatal(err)
	}
	own := "private-hub." + strings.ReplaceAll(serial, ":", "=")
	c := n.in("hub:"+serial, own)
	n.online(serial, string(c.ID()))
	c.must(own, "client-device.hello", hello)
	return c
}

func (n *node) online(serial, link string) {
	n.t.Helper()
	eventually(n.t, "the hub is there by "+link, func() bool {
		h, err := n.store.Hub(n.t.Context(), app, serial)
		return err == nil && h.Link == link
	})
}

// The whole way in channels: the code on the hub's own, a command, what comes of it; nobody else hears anything.
func TestTongues(t *testing.T) {
	clusters(t, func(t *testing.T, w *world) {
		box := w.node(0).otherBox("aa:bb")
		stranger := w.node(1).nobody()
		for _, ch := range []string{"private-hub.aa=bb", "private-home.aa=bb", "private-place.x"} {
			for _, who := range []string{"mallory", "hub:other", "token:none", "", "display:aa:bb"} {
				fails(t, stranger.as(who, ch), madang.ErrForbidden)
			}
		}
		kim := w.node(1).connect(person("kim"))
		kim.call("device.code", `{"hub":"aa:bb"}`, nil)
		box.wait("pairing.shown", `"who":"Name of kim"`)
		code := box.wait("code")
		var paired struct{ Token string }
		kim.call("device.check", `{"hub":"aa:bb","code":`+string(code.data)+`}`, &paired)
		box.wait("pairing.cleared")
		var places struct{ Places []relay.PlaceView }
		kim.call("device.places", ``, &places)
		place := "private-place." + places.Places[0].ID

		other, at, phone := w.node(2).in("kim", "private-home.aa=bb"), w.node(0).in("kim", place), w.node(2).in("token:"+paired.Token[len("signed "):], "private-home.aa=bb")
		fails(t, phone.as("token:"+paired.Token[len("signed "):], place), madang.ErrForbidden)
		phone.must("private-home.aa=bb", "client-device.command", `{"device":"lamp","set":{"on":true},"key":"k1"}`)
		reply := phone.wait("device.reply", `"key":"k1"`, `"state":"sent"`)
		given := box.wait("command", `"device":"lamp"`)
		_, id, _ := strings.Cut(string(given.data), `"id":"`)
		id, _, _ = strings.Cut(id, `"`)
		if !strings.Contains(string(reply.data), id) {
			t.Errorf("%s, and the hub is given %s", reply.data, given.data)
		}
		box.must("private-hub.aa=bb", "device.answer", `{"command":"`+id+`","done":true}`)
		box.must("private-hub.aa=bb", "device.report", `{"device":"lamp","values":{"on":true},"version":2}`)
		for _, c := range []*client{other, at, phone, kim} {
			c.wait("command.changed", id, `"state":"done"`)
			c.wait("device.changed", `"version":2`)
		}
		if err := box.says("private-hub.aa=bb", "device.answer", `{"command":"`+id+`","done":true}`); !errors.Is(err, madang.ErrNotFound) {
			t.Error(err)
		}
		box.wait("device.reply", `"event":"device.answer"`, `"code":"not_found"`)
		if n := len(box.all("command.changed")) + len(other.all("command")) + len(other.all("device.reply")) + len(other.all("code")); n != 0 {
			t.Errorf("%d things were heard by whom they are not for", n)
		}
	})
}

// A hub is there as long as it is in its channel, by the newest connection, in whatever protocol.
func TestTongueComesAndGoes(t *testing.T) {
	clusters(t, func(t *testing.T, w *world) {
		box := w.node(0).otherBox("box1")
		box.Unsubscribe(named("private-hub.box1"))
		w.node(0).online("box1", "")
		if err := box.as("hub:box1", "private-hub.box1"); err != nil {
			t.Fatal(err)
		}
		w.node(0).online("box1", string(box.ID()))
		box.line.Close(madang.CloseGone)
		w.node(0).online("box1", "")

		first := w.node(1).in("hub:box1", "private-hub.box1")
		w.node(0).online("box1", string(first.ID()))
		for range 2 {
			next := w.node(2).in("hub:box1", "private-hub.box1")
			w.node(0).online("box1", string(next.ID()))
			eventually(t, "the end of the older one", func() bool { return !first.subscribed("private-hub.box1") })
			if first.ended() {
				t.Error("the whole connection was closed")
			}
			native := w.node(0).connect(relay.HubPrincipal(app, "box1"))
			w.node(0).online("box1", string(native.ID()))
			eventually(t, "the end of the older one", func() bool { return !next.subscribed("private-hub.box1") })
			first = w.node(1).in("hub:box1", "private-hub.box1")
			w.node(0).online("box1", string(first.ID()))
			eventually(t, "the end of the older one", native.ended)
		}
	})
}

// Who has no right any more hears nothing more, on any node, by any protocol.
func TestTonguesEnd(t *testing.T) {
	clusters(t, func(t *testing.T, w *world) {
		box := w.node(0).box("box1")
		kim, lee := w.node(1).connect(person("kim")), w.node(2).connect(person("lee"))
		kim.pair(box)
		w.tenSeconds()
		token := lee.pair(box)
		var places struct{ Places []relay.PlaceView }
		kim.call("device.places", ``, &places)
		id := places.Places[0].ID
		gone := func(what string, ch string, all ...*client) {
			t.Helper()
			for _, c := range all {
				eventually(t, what, func() bool { return !c.subscribed(ch) })
			}
		}
		var tokens, people, owners []*client
		for i := range 3 {
			tokens = append(tokens, w.node(i).in("token:"+token[len("signed "):], "private-home.box1"))
			people = append(people, w.node(i).in("lee", "private-home.box1"))
			owners = append(owners, w.node(i).in("kim", "private-home.box1"))
		}
		at, owns := w.node(0).in("lee", "private-place."+id), w.node(0).in("kim", "private-place."+id)
		kim.call("device.unpair", `{"hub":"box1","person":"lee"}`, nil)
		gone("the end of a token", "private-home.box1", tokens...)
		kim.call("device.remove_member", `{"place":"`+id+`","person":"lee"}`, nil)
		gone("the end of a membership", "private-home.box1", people...)
		gone("the end of a membership", "private-place."+id, at)
		fails(t, people[0].says("private-home.box1", "device.command", `{"device":"lamp","set":{"on":true}}`), madang.ErrForbidden)
		box.call("device.report", `{"device":"lamp","values":{"on":true},"version":2}`, nil)
		for _, c := range append(owners, owns) {
			c.wait("device.changed", `"version":2`)
		}
		for _, c := range append(append(tokens, people...), at) {
			if len(c.all("device.changed")) != 0 {
				t.Error("who has no right any more hears what happens")
			}
		}
		w.mu.Lock()
		w.locked["kim"] = true
		w.mu.Unlock()
		if err := w.node(2).device.Service().EndPerson(t.Context(), app, "kim"); err != nil {
			t.Fatal(err)
		}
		gone("the end of an account", "private-home.box1", owners...)
		w.mu.Lock()
		w.locked["kim"] = false
		w.mu.Unlock()
		again := w.node(1).in("kim", "private-home.box1")
		kim.call("device.delete_place", `{"place":"`+id+`"}`, nil)
		gone("the end of a place", "private-home.box1", again)
		gone("the end of a place", "private-place."+id, owns)
		owns.wait("place.gone", id)

		hub := w.node(1).otherBox("box2")
		if err := w.node(0).device.Service().RevokeHub(t.Context(), app, "box2"); err != nil {
			t.Fatal(err)
		}
		gone("the end of a hub", "private-hub.box2", hub)
		fails(t, hub.as("hub:box2", "private-hub.box2"), madang.ErrForbidden)
	})
}

// What is not as it should be is refused, says so, and reaches nobody.
func TestTonguesRefuse(t *testing.T) {
	w := newWorld(t, 1)
	n := w.node(0)
	box := n.otherBox("box1")
	kim := n.connect(person("kim"))
	kim.pair(box)
	at := n.in("kim", "private-home.box1")
	for _, x := range []struct {
		who             *client
		ch, event, data string
		want            error
		code            string
	}{
		{at, "private-home.box1", "client-device.command", `{"device":"none","set":{"on":true}}`, madang.ErrNotFound, "not_found"},
		{at, "private-home.box1", "client-device.command", `{"device":"lamp","set":{"on":3}}`, madang.ErrInvalid, "invalid"},
		{at, "private-home.box1", "client-device.command", `{"hub":"box2","device":"lamp","set":{"on":true}}`, madang.ErrInvalid, "invalid"},
		{at, "private-home.box1", "client-device.command", `[1]`, madang.ErrInvalid, "invalid"},
		{at, "private-home.box1", "client-device.command", `"{"`, madang.ErrInvalid, "invalid"},
		{at, "private-home.box1", "client-device.hello", `{}`, madang.ErrInvalid, "invalid"},
		{at, "private-home.box1", "client-x", `{}`, madang.ErrInvalid, "invalid"},
		{box, "private-hub.box1", "client-device.command", `{"device":"lamp","set":{"on":true}}`, madang.ErrInvalid, "invalid"},
		{box, "private-hub.box1", "client-device.report", `{"device":"none"}`, madang.ErrNotFound, "not_found"},
	} {
		fails(t, x.who.says(x.ch, x.event, x.data), x.want)
		x.who.wait("device.reply", `"code":"`+x.code+`"`, `"event":"`+strings.TrimPrefix(x.event, "client-")+`"`)
	}
	fails(t, at.says("private-hub.box1", "client-device.press", ``), madang.ErrForbidden)
	fails(t, box.says("private-home.box1", "client-device.command", `{}`), madang.ErrForbidden)
	at.must("private-home.box1", "client-device.command", `"{\"device\":\"lamp\",\"set\":{\"on\":true}}"`) // an object written as a text
	box.wait("command", `"device":"lamp"`)
	box.must("private-hub.box1", "client-device.press", ``)
	box.must("private-hub.box1", "client-device.withdraw", `null`)
	for _, m := range []*madang.Message{
		{Data: []byte("{}"), Type: madang.Binary}, {Data: []byte("{}"), Type: madang.JSON, Encoding: "cipher"}, {Data: []byte("[{}]"), Type: madang.Args, Attachments: [][]byte{{1}}},
	} {
		m.Channel, m.Name = named("private-home.box1"), "device.command"
		taken, err := n.device.Hear(t.Context(), at.Conn, m)
		if fails(t, err, device.ErrInvalid); !taken {
			t.Error("it would be published")
		}
	}
	for _, a := range []madang.Action{madang.ActEnter, madang.ActMembers, madang.ActHistory, madang.ActOccupancy, madang.ActChange} {
		_, err := n.device.Admit(t.Context(), person("kim"), a, named("private-home.box1"))
		fails(t, err, madang.ErrForbidden)
	}
	for _, user := range []string{"hub:box1", "token:x", "display:box1"} {
		p := person(user)
		_, err := n.device.Admit(t.Context(), p, madang.ActSubscribe, named("private-hub.box1"))
		fails(t, err, madang.ErrForbidden)
	}
	for _, name := range []string{"private-home.", "private-home.a:b", "private-hub.-x", "private-homes.box1", "presence-home.box1", "private-place." + strings.Repeat("x", 65)} {
		if relay.IsTongue(named(name)) {
			t.Errorf("%s is one of the channels", name)
		}
		if g, err := n.device.Admit(context.Background(), person("kim"), madang.ActSubscribe, named(name)); g != nil || err != nil {
			t.Errorf("%s: %+v, %v", name, g, err)
		}
	}
}
