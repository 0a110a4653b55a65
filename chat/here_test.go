package chat_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"madang"
	"madang/chat"
	"madang/store/memory"
)

// TestHere lets people be in a room by chat's own connections and by Echo's, on two nodes.
func TestHere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, memory.NewChat(), 2)
		expect := func(when, room string, want ...string) {
			t.Helper()
			time.Sleep(100 * time.Millisecond)
			synctest.Wait()
			if got := w.here(room); !slices.Equal(got, want) && len(got)+len(want) > 0 {
				t.Errorf("%s: %q are in %s, want %q", when, got, room, want)
			}
		}
		w.nodes[0].room("r", "kim", "lee")
		kim, lee := w.nodes[0].connect("kim"), w.nodes[1].connect("lee")
		expect("at first", "r", "kim", "lee")
		expect("at first", "lobby", "kim", "lee")
		list, err := w.mem.Members(t.Context(), madang.Channel{App: "app1", Name: "presence-chat.r"})
		if err != nil || len(list) != 2 || list[0].Type != madang.JSON ||
			string(list[0].Data) != fmt.Sprintf(`{"id":%q,"name":"Name of %[1]s"}`, list[0].User) {
			t.Errorf("members %+v, %v", list, err)
		}
		if err := w.nodes[0].chat.Welcome(t.Context(), kim.Conn); err != nil {
			t.Fatal(err)
		}
		expect("welcomed again", "r", "kim", "lee")
		call[struct{}](lee, "leave", `{"room":"r"}`)
		expect("lee has left", "r", "kim")
		expect("lee has left r", "lobby", "kim", "lee")
		call[chat.MemberView](kim, "addMember", `{"room":"r","user":"lee"}`)
		expect("lee is back", "r", "kim", "lee")
		call[chat.RoomView](kim, "createRoom", `{"id":"new","type":"private","members":["lee"]}`)
		expect("made just now", "new", "kim", "lee")

		// By Echo alone: there, and counted.
		e := w.nodes[0].echo()
		if _, err := w.nodes[0].chat.Join(t.Context(), who("park"), "r"); err != nil {
			t.Fatal(err)
		}
		e.mustJoin("park", "presence-chat.r")
		expect("park by Echo", "r", "kim", "lee", "park")
		on := call[struct{ Users []string }](lee, "online", `{"room":"r"}`)
		if !slices.Equal(on.Users, []string{"kim", "lee", "park"}) {
			t.Errorf("online %q", on.Users)
		}
		on = call[struct{ Users []string }](lee, "online", `{}`)
		if !slices.Equal(on.Users, []string{"kim", "lee"}) {
			t.Errorf("online in the other room %q", on.Users)
		}
		lee.Conn.Close(madang.CloseGone)
		expect("lee has gone", "r", "kim", "park")
		expect("lee has gone", "lobby", "kim")
		expect("lee has gone", "new", "kim")
		e.Conn.Close(madang.CloseGone)
		kim.Conn.Close(madang.CloseGone)
		expect("all have gone", "r")
	})
}

// TestHereIsBounded shows a connection in the liveliest rooms only, and in no large one.
func TestHereIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, memory.NewChat(), 1, func(c *chat.Config) {
			c.Echo.PresenceRooms, c.PresenceMembers, c.DefaultRoom.ID = 2, 2, ""
		})
		n := w.nodes[0]
		for _, id := range []string{"a", "b", "c", "d"} {
			n.room(id, "kim")
			time.Sleep(2 * time.Millisecond) // rooms are sorted by their last activity in milliseconds
		}
		n.room("large", "kim", "lee", "park")
		kim := n.connect("kim")
		for room, want := range map[string]int{"a": 0, "b": 0, "c": 1, "d": 1, "large": 0} {
			if got := w.here(room); len(got) != want {
				t.Errorf("in %s: %q", room, got)
			}
		}
		// What kim joins meanwhile comes on top, unless it is large.
		n.room("e", "lee")
		for _, room := range []string{"e", "large"} {
			if _, err := n.chat.Join(t.Context(), who("kim"), room); err != nil {
				t.Fatal(err)
			}
		}
		if len(w.here("e")) != 1 || len(w.here("large")) != 0 || !kim.hears("e") {
			t.Errorf("in e: %q, in large: %q", w.here("e"), w.here("large"))
		}
		// A connection that ends while it is welcomed leaves nothing behind.
		late := n.arrive("kim")
		late.Conn.Close(madang.CloseGone)
		if err := n.chat.Welcome(t.Context(), late.Conn); !errors.Is(err, madang.ErrClosed) {
			t.Errorf("welcome of one that has gone: %v", err)
		}
		if got := w.here("d"); len(got) != 1 {
			t.Errorf("in d: %q", got)
		}
	})
}

// TestOthersOfTheUser has a connection in its user's channel that another dialect brought: it hears nothing of chat but
// what is the user's own.
func TestOthersOfTheUser(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, memory.NewChat(), 2)
		for _, n := range w.nodes {
			e := n.echo()
			s, err := n.hub.Subscribe(t.Context(), e.Conn, madang.UserChannel("app1", "kim"), madang.Messages)
			if err != nil {
				t.Fatal(err)
			}
			s.Open()
			n.room("of"+string(n.hub.Node()), "kim")
			e.wait("room.added")
			if _, err := n.chat.Send(t.Context(), who("kim"), "of"+string(n.hub.Node()), chat.Draft{Text: "x"}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
			synctest.Wait()
			if len(e.Subscriptions()) != 1 || len(e.all("message.created")) != 0 || len(w.here("of"+string(n.hub.Node()))) != 0 {
				t.Errorf("%d subscriptions, heard %s", len(e.Subscriptions()), e.all("message.created"))
			}
		}
	})
}

func TestEchoConfig(t *testing.T) {
	for what, change := range map[string]func(*chat.Config){
		"no event":       func(c *chat.Config) { c.Echo.Event = "" },
		"sealed":         func(c *chat.Config) { c.Echo.Prefix = "encrypted-x" },
		"empty":          func(c *chat.Config) { c.Echo.Prefix = "" },
		"not printable":  func(c *chat.Config) { c.Echo.Prefix = "a\n" },
		"less than none": func(c *chat.Config) { c.Echo.PresenceRooms = -1 },
	} {
		c := chat.Defaults()
		change(&c)
		if err := c.Validate(); err == nil {
			t.Errorf("%s: no complaint", what)
		}
	}
	off := chat.Defaults()
	off.Echo = chat.EchoConfig{}
	if err := errors.Join(chat.Defaults().Validate(), off.Validate()); err != nil {
		t.Error(err)
	}
}
