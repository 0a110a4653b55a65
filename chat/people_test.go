package chat_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"madang"
	"madang/chat"
)

// presence returns what a client has last heard of a user, and how often it has heard of them.
func (c *client) presence(user string) (online bool, last *time.Time, n int) { //nolint:unparam // whom a test asks for is for the test to say
	for _, h := range c.all("presence") {
		var e struct {
			User     string
			Online   bool
			LastSeen *time.Time `json:"last_seen"`
		}
		if json.Unmarshal(h.data, &e) == nil && e.User == user {
			online, last = e.Online, e.LastSeen
			n++
		}
	}
	return online, last, n
}

func TestPresence(t *testing.T) {
	stores(t, func(t *testing.T, s chat.Store) {
		w := newWorld(t, s, 2)
		w.nodes[0].room("r", "kim", "lee")
		kim := w.nodes[0].connect("kim")
		lee, lee2 := w.nodes[0].connect("lee"), w.nodes[1].connect("lee")
		eventually(t, "lee comes", func() bool { on, _, _ := kim.presence("lee"); return on })
		if _, _, n := kim.presence("lee"); n != 1 {
			t.Errorf("kim has heard %d times of lee, with whom they share two rooms", n)
		}
		lee.Conn.Close(madang.CloseGone)
		// lee2 is still there: nothing is to be heard until it goes.
		online := func() bool {
			list, err := w.nodes[0].chat.Online(t.Context(), who("kim"), "r")
			if err != nil {
				t.Fatal(err)
			}
			return slices.Contains(list, "lee")
		}
		call[chat.Sent](lee2, "sendMessage", `{"message":"still here"}`)
		kim.wait("message.created", "still here")
		if on, _, n := kim.presence("lee"); !on || n != 1 || !online() {
			t.Errorf("with one connection left lee is online %v, %v; heard %d times", on, online(), n)
		}
		lee2.Conn.Close(madang.CloseGone)
		eventually(t, "lee goes", func() bool { on, seen, _ := kim.presence("lee"); return !on && seen != nil })
		eventually(t, "lee goes from the list", func() bool { return !online() })
		list, err := w.nodes[1].chat.Members(t.Context(), who("kim"), "r", chat.ListQuery{})
		if err != nil || len(list) != 2 || !list[0].Online || list[1].Online || list[1].LastSeen == nil {
			t.Errorf("members %+v, %v", list, err)
		}
	})
}

// TestPresenceOfADeadNode cuts a node off; its users go when its lease is over.
func TestPresenceOfADeadNode(t *testing.T) {
	stores(t, func(t *testing.T, s chat.Store) {
		w := newWorld(t, s, 1)
		kim := w.nodes[0].connect("kim")
		// A node that dies is one that enters and never renews.
		ch := chat.OnlineChannel("app1")
		if err := w.nodes[0].chat.Seen(t.Context(), who("lee")); err != nil {
			t.Fatal(err)
		}
		if _, err := w.nodes[0].chat.Join(t.Context(), who("lee"), "lobby"); err != nil {
			t.Fatal(err)
		}
		m := madang.Member{User: "lee", Conn: "7.7", Node: "7"}
		if err := w.mem.Keep(t.Context(), "7", 500*time.Millisecond); err != nil {
			t.Fatal(err)
		}
		if _, err := w.mem.Put(t.Context(), ch, m); err != nil {
			t.Fatal(err)
		}
		eventually(t, "lee goes with the node", func() bool { on, _, n := kim.presence("lee"); return n > 0 && !on })
	})
}

// TestPresenceSettles lets a user come and go on two nodes at once: however the nodes tell it, the last thing told is
// true.
func TestPresenceSettles(t *testing.T) {
	stores(t, func(t *testing.T, s chat.Store) {
		w := newWorld(t, s, 2)
		kim := w.nodes[0].connect("kim")
		last := w.nodes[1].connect("lee")
		for i := range 30 {
			next := w.nodes[i%2].connect("lee")
			last.Conn.Close(madang.CloseGone)
			if i%3 == 0 {
				next.Conn.Close(madang.CloseGone)
				next = w.nodes[(i+1)%2].connect("lee")
			}
			last = next
		}
		eventually(t, "lee is told to be online", func() bool { on, _, _ := kim.presence("lee"); return on })
		last.Conn.Close(madang.CloseGone)
		eventually(t, "lee is told to be gone", func() bool { on, _, n := kim.presence("lee"); return n > 0 && !on })
	})
}
