package clients

import (
	"fmt"
	"slices"
	"testing"

	"github.com/ably/ably-go/ably"
)

// ids returns the client ids of members, in order.
func ids(all []*ably.PresenceMessage) (out []string) {
	for _, m := range all {
		out = append(out, m.ClientID)
	}
	slices.Sort(out)
	return out
}

// Members enter, change and leave, everybody hears of it, and all interfaces show the same set.
func TestPresence(t *testing.T) {
	forms(t, func(t *testing.T, f form) {
		name, p := fresh(), port(t, "PORT")
		a, b := f.connect(t, p, ably.WithKey(rootKey), ably.WithClientID("ann")), f.connect(t, p, ably.WithKey(rootKey), ably.WithClientID("bob"))
		chA, chB := a.Channels.Get(name), b.Channels.Get(name)
		must(t, chA.Presence.Enter(within(t), "hello"))
		there, err := chB.Presence.Get(within(t))
		must(t, err)
		if len(there) != 1 || there[0].ClientID != "ann" || there[0].Data != "hello" || there[0].ConnectionID != a.Connection.ID() {
			t.Fatalf("there: %v", there)
		}
		events := new(inbox[*ably.PresenceMessage])
		_, err = chB.Presence.SubscribeAll(within(t), events.add)
		must(t, err)
		must(t, chA.Presence.Update(within(t), map[string]any{"busy": true}))
		must(t, chB.Presence.Enter(within(t), "hi"))
		listed, err := f.rest(t).Channels.Get(name).Presence.Get().Pages(within(t))
		must(t, err)
		if !listed.Next(within(t)) || !slices.Equal(ids(listed.Items()), []string{"ann", "bob"}) {
			t.Fatalf("listed: %v, %v", listed.Items(), listed.Err())
		}
		must(t, chA.Presence.Leave(within(t), "bye"))
		heard := events.wait(t, 3)
		for i, w := range []struct {
			action ably.PresenceAction
			who    string
			data   any
		}{
			{ably.PresenceActionUpdate, "ann", map[string]any{"busy": true}}, {ably.PresenceActionEnter, "bob", "hi"},
			{ably.PresenceActionLeave, "ann", "bye"},
		} {
			m := heard[len(heard)-3+i] // it may have been told first who is there
			want(t, "what", m.Action, w.action)
			want(t, "who", m.ClientID, w.who)
			want(t, "with", value(&m.Message), w.data)
		}
	})
}

// A set that does not fit one SYNC comes whole, and who goes away leaves it.
func TestManyMembers(t *testing.T) {
	forms(t, func(t *testing.T, f form) {
		const many = 120
		name, p := fresh(), port(t, "PORT")
		a, b := f.connect(t, p), f.connect(t, p)
		var all []string
		for i := range many {
			id := fmt.Sprintf("client-%03d", i)
			all = append(all, id)
			must(t, a.Channels.Get(name).Presence.EnterClient(within(t), id, nil))
		}
		there, err := b.Channels.Get(name).Presence.Get(within(t))
		must(t, err)
		want(t, "there", ids(there), all)
		a.Close()
		eventually(t, "nobody is there", func() bool {
			there, err := b.Channels.Get(name).Presence.Get(within(t))
			return err == nil && len(there) == 0
		})
	})
}

// Who may not be whom it wants to be is told so.
func TestForeignPresence(t *testing.T) {
	forms(t, func(t *testing.T, f form) {
		c := f.connect(t, port(t, "PORT"), ably.WithKey(readerKey), ably.WithClientID("ann"))
		must(t, c.Channels.Get("both").Presence.Enter(within(t), nil))
		if err := c.Channels.Get("both").Presence.EnterClient(within(t), "bob", nil); err == nil {
			t.Error("ann is present as bob")
		}
		if err := c.Channels.Get("open:x").Presence.Enter(within(t), nil); err == nil {
			t.Error("it is present where it may only read")
		}
	})
}
