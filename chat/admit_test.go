package chat_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"madang"
	"madang/chat"
	"madang/store/memory"
)

func TestAdmit(t *testing.T) {
	w := newWorld(t, memory.NewChat(), 0)
	w.add()
	w.add(func(c *chat.Config) { c.Echo.Prefix = "room-"; c.Ably.Enabled = true })
	w.add(func(c *chat.Config) { c.Echo.Enabled = false })
	w.nodes[0].room("open", "kim")
	spec := chat.RoomSpec{ID: "shut", Kind: chat.RoomPrivate, Members: []string{"lee"}}
	if _, err := w.nodes[0].chat.CreateRoom(t.Context(), who("kim"), spec); err != nil {
		t.Fatal(err)
	}
	const yes, no, none = "yes", "no", "no opinion"
	other := who("kim")
	other.App = "app2"
	for _, c := range []struct {
		node    int
		who     *madang.Principal
		channel string
		want    string
	}{
		{0, who("kim"), "private-chat.shut", yes},
		{0, who("lee"), "presence-chat.shut", yes},
		{0, who("park"), "private-chat.shut", no},
		{0, who("park"), "presence-chat.shut", no},
		{0, who("park"), "private-chat.open", yes},
		{0, who("park"), "presence-chat.open", yes},
		{0, who("kim"), "private-chat.42", none}, // somebody else's channel
		{0, who("kim"), "private-chat.", none},
		{0, who("kim"), "private-chat.a b", none},
		{0, who("kim"), "chat.shut", none},
		{0, who("kim"), "private-shut", none},
		{0, who("kim"), "shut", none},
		{0, who("kim"), "$chat/shut", none},
		{0, who(""), "private-chat.shut", none},
		{0, nil, "private-chat.shut", none},
		{0, other, "private-chat.shut", none},
		{1, who("kim"), "private-chat.shut", none},
		{1, who("kim"), "private-room-shut", yes},
		{1, who("kim"), "shut", yes},
		{1, who("park"), "shut", no},
		{1, who(""), "shut", no}, // the name would let everybody in
		{1, who(""), "open", none},
		{1, who(""), "news", none},
		{1, who(""), "private-room-shut", none},
		{2, who("kim"), "private-chat.shut", none},
	} {
		for _, action := range []madang.Action{
			madang.ActSubscribe, madang.ActEnter, madang.ActMembers, madang.ActHistory, madang.ActOccupancy,
		} {
			ch := madang.Channel{App: "app1", Name: c.channel}
			g, err := w.nodes[c.node].chat.Authorize(t.Context(), madang.AccessRequest{Action: action, Principal: c.who, Channel: ch})
			got := yes
			switch {
			case errors.Is(err, madang.ErrForbidden):
				got = no
			case err != nil:
				got = err.Error()
			case g == nil:
				got = none
			case g.Member == nil || g.Member.User != c.who.User || g.Member.Type != madang.JSON ||
				string(g.Member.Data) != `{"id":"`+c.who.User+`","name":"Name of `+c.who.User+`"}`:
				got = "somebody else"
			}
			if got != c.want {
				t.Errorf("node %d: %v %s %s: %s, want %s", c.node, c.who, action, c.channel, got, c.want)
			}
		}
	}
	// Who has no other proof is nobody in any of a room's channels.
	for channel, want := range map[string]string{"shut": no, "private-room-shut": no, "open": none, "private-room-open": none, "news": none} {
		g, err := w.nodes[1].chat.AdmitAlone(t.Context(), who(""), madang.Channel{App: "app1", Name: channel})
		if errors.Is(err, madang.ErrForbidden) != (want == no) || g != nil {
			t.Errorf("nobody in %s: %v, %v", channel, g, err)
		}
	}
	if _, err := w.nodes[1].chat.AdmitAlone(t.Context(), nil, madang.Channel{App: "app1", Name: "shut"}); err != nil {
		t.Error(err)
	}
	// A name that comes without a token's is the one that is known.
	if err := w.nodes[0].chat.Seen(t.Context(), who("kim")); err != nil {
		t.Fatal(err)
	}
	nameless := who("kim")
	nameless.Name = ""
	g, err := w.nodes[0].chat.Admit(t.Context(), nameless, madang.Channel{App: "app1", Name: "private-chat.shut"})
	if err != nil || !strings.Contains(string(g.Member.Data), "Name of kim") {
		t.Errorf("%+v, %v", g, err)
	}
}

// TestRemoval ends a membership while the member listens by several dialects on several nodes.
func TestRemoval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, memory.NewChat(), 2)
		w.nodes[0].room("r", "kim", "lee")
		kim := w.nodes[0].connect("kim")
		var gone []*echo // lee's, of both nodes
		for _, n := range w.nodes {
			e := n.echo()
			e.mustJoin("lee", "private-chat.r")
			e.mustJoin("lee", "presence-chat.r")
			e.mustJoin("lee", "private-chat.lobby")
			gone = append(gone, e)
		}
		other := w.nodes[1].echo()
		other.mustJoin("kim", "private-chat.r")
		other.mustJoin("kim", "presence-chat.r")
		call[struct{}](kim, "removeMember", `{"room":"r","user":"lee"}`)
		time.Sleep(time.Second / 2)
		synctest.Wait()
		call[chat.Sent](kim, "sendMessage", `{"room":"r","message":"secret"}`)
		call[chat.Sent](kim, "sendMessage", `{"message":"for all"}`)
		time.Sleep(time.Second)
		synctest.Wait()
		for i, e := range gone {
			if got := e.all(echoEvent); len(got) != 1 || !strings.Contains(got[0].String(), "for all") {
				t.Errorf("node %d: lee has heard %s", i, got)
			}
			if got := e.lost(); !slices.Equal(got, []string{"private-chat.r", "presence-chat.r"}) {
				t.Errorf("node %d: lee's client was told of %q", i, got)
			}
			if n := len(e.Subscriptions()); n != 1 {
				t.Errorf("node %d: lee has %d subscriptions", i, n)
			}
		}
		if n := len(other.messages()); n != 1 || len(other.lost()) != 0 {
			t.Errorf("kim has heard %d messages, and lost %q", n, other.lost())
		}
		if got := w.here("r"); !slices.Equal(slices.Compact(got), []string{"kim"}) {
			t.Errorf("in the room: %q", got)
		}
		// A room that everybody may read can be entered again.
		gone[0].mustJoin("lee", "private-chat.r")
	})
}

// TestRemovalWhileBrokerFails ends a membership while the other nodes cannot be told: they are as soon as they can.
func TestRemovalWhileBrokerFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, memory.NewChat(), 1)
		b := &broken{only: "$chat"}
		n := w.prepare(func(inner madang.Broker) madang.Broker { b.Broker = inner; return b })
		if err := n.chat.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		n.room("r", "kim", "lee")
		e := w.nodes[0].echo()
		e.mustJoin("lee", "private-chat.r")
		time.Sleep(time.Second) // until what was told so far has come
		b.down.Store(true)
		if err := n.chat.RemoveMember(t.Context(), who("kim"), "r", "lee"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := len(e.Subscriptions()); n != 1 {
			t.Errorf("%d subscriptions, though nobody can have told", n)
		}
		b.down.Store(false)
		time.Sleep(6 * time.Second)
		synctest.Wait()
		if n := len(e.Subscriptions()); n != 0 || len(e.lost()) != 1 {
			t.Errorf("%d subscriptions, told of %q", n, e.lost())
		}
	})
}

// A late store changes a membership behind the answer to whether there is one.
type lateStore struct {
	chat.Store
	after func()
}

func (s *lateStore) Member(ctx context.Context, ref chat.RoomRef, user string) (chat.Member, error) {
	m, err := s.Store.Member(ctx, ref, user)
	if f := s.after; f != nil && user == "lee" {
		s.after = nil
		f()
	}
	return m, err
}

// TestRemovalMeanwhile ends a membership between the granting of a subscription and the subscription itself.
func TestRemovalMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		late := &lateStore{Store: memory.NewChat()}
		w := newWorld(t, late, 2)
		spec := chat.RoomSpec{ID: "r", Kind: chat.RoomPrivate, Members: []string{"lee"}}
		if _, err := w.nodes[0].chat.CreateRoom(t.Context(), who("kim"), spec); err != nil {
			t.Fatal(err)
		}
		e := w.nodes[1].echo()
		late.after = func() {
			if err := w.nodes[0].chat.RemoveMember(t.Context(), who("kim"), "r", "lee"); err != nil {
				t.Error(err)
			}
			time.Sleep(10 * time.Millisecond) // the other node has looked
		}
		e.mustJoin("lee", "private-chat.r")
		time.Sleep(time.Second)
		synctest.Wait()
		if n := len(e.Subscriptions()); n != 0 || len(e.lost()) != 1 {
			t.Errorf("%d subscriptions, told of %q", n, e.lost())
		}
	})
}

// here returns the users in a room's presence set.
func (w *world) here(room string) []string {
	w.t.Helper()
	list, err := w.mem.Members(w.t.Context(), madang.Channel{App: "app1", Name: "presence-chat." + room})
	if err != nil {
		w.t.Fatal(err)
	}
	users := []string{}
	for _, m := range list {
		users = append(users, m.User)
	}
	slices.Sort(users)
	return users
}
