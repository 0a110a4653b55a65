package clients

import (
	"testing"

	"github.com/ably/ably-go/ably"
)

// Data of all kinds comes as it was sent, also to clients that write otherwise; what is published has a serial.
func TestMessages(t *testing.T) {
	forms(t, func(t *testing.T, f form) {
		name, p := fresh(), port(t, "PORT")
		a, b := f.connect(t, p, ably.WithKey(rootKey), ably.WithClientID("ann")), form{!f.binary}.connect(t, p)
		heardA, heardB := hears(t, a.Channels.Get(name)), hears(t, b.Channels.Get(name))
		got, err := a.Channels.Get(name).PublishWithResult(within(t), "n", "text ✓")
		must(t, err)
		if got.Serial == nil || *got.Serial == "" {
			t.Error("what was published has no serial")
		}
		must(t, a.Channels.Get(name).PublishMultiple(within(t), []*ably.Message{{Name: "x", Data: ""}, {Name: "y", Data: "2"}}))
		// Over a connection the library leaves it to the wire's form what becomes of bytes and objects.
		sent := []any{"text ✓", "", "2", []byte{0, 255, 1}, map[string]any{"a": []any{"b", true, nil}}}
		for _, data := range sent[3:] {
			must(t, f.rest(t).Channels.Get(name).Publish(within(t), "n", data))
		}
		sent[3] = "\x00\xff\x01"
		want(t, "its own", datas(heardA.wait(t, len(sent))), sent)
		all := heardB.wait(t, len(sent))
		want(t, "the other's", datas(all), sent)
		m := all[0]
		want(t, "who", []string{m.Name, m.ClientID, m.ConnectionID}, []string{"n", "ann", a.Connection.ID()})
		if m.ID == "" || m.Serial != *got.Serial || m.Timestamp == 0 {
			t.Errorf("something is missing in %+v", m)
		}
	})
}

// Who does not want its own messages does not get them, and somebody who is not attached may publish.
func TestEcho(t *testing.T) {
	forms(t, func(t *testing.T, f form) {
		name, p := fresh(), port(t, "PORT")
		quiet := f.connect(t, p, ably.WithKey(rootKey), ably.WithEchoMessages(false))
		heard := hears(t, quiet.Channels.Get(name))
		must(t, quiet.Channels.Get(name).Publish(within(t), "n", "mine"))
		must(t, f.connect(t, p).Channels.Get(name).Publish(within(t), "n", "theirs"))
		want(t, "heard", datas(heard.wait(t, 1)), []any{"theirs"})
	})
}

// Parameters and modes of a channel: it begins in the past, and who only reads may not publish.
func TestParameters(t *testing.T) {
	forms(t, func(t *testing.T, f form) {
		name, p := fresh(), port(t, "PORT")
		a, b := f.connect(t, p), f.connect(t, p)
		hears(t, a.Channels.Get(name))
		for _, text := range []string{"1", "2", "3"} {
			must(t, a.Channels.Get(name).Publish(within(t), "n", text))
		}
		ch := b.Channels.Get(name, ably.ChannelWithParams("rewind", "2"), ably.ChannelWithModes(ably.ChannelModeSubscribe))
		heard := new(inbox[*ably.Message])
		_, err := ch.SubscribeAll(within(t), heard.add)
		must(t, err)
		want(t, "the past", datas(heard.wait(t, 2)), []any{"2", "3"})
		want(t, "parameters", ch.Params()["rewind"], "2")
		refused(t, ch.Publish(within(t), "n", "no"), 40160)
		must(t, ch.Detach(within(t)))
		want(t, "the state", ch.State(), ably.ChannelStateDetached)
	})
}

// Who has no right is told so, with the code that says what to do, and the connection goes on.
func TestRights(t *testing.T) {
	forms(t, func(t *testing.T, f form) {
		c := f.connect(t, port(t, "PORT"), ably.WithKey(readerKey))
		refused(t, c.Channels.Get("elsewhere").Attach(within(t)), 40160)
		open := c.Channels.Get("open:" + fresh())
		must(t, open.Attach(within(t)))
		refused(t, open.Publish(within(t), "n", "no"), 40160)
		want(t, "the connection", c.Connection.State(), ably.ConnectionStateConnected)

		bad := f.start(t, port(t, "PORT"), ably.WithKey("main.root:wrong"))
		reaches(t, bad, ably.ConnectionStateFailed)
		refused(t, bad.Connection.ErrorReason(), 40101)
	})
}
