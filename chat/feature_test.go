package chat_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"madang"
	"madang/chat"
	"madang/store/memory"
)

func TestSendIsHeard(t *testing.T) {
	stores(t, func(t *testing.T, s chat.Store) {
		w := newWorld(t, s, 2)
		kim, lee := w.nodes[0].connect("kim"), w.nodes[1].connect("lee")
		sent := call[chat.Sent](kim, "sendMessage", `{"message":"안녕","nonce":"n1","sender":"lee","user":"lee"}`)
		if sent.Room != "lobby" || sent.Seq != 1 || sent.Sender != "kim" || sent.SenderName != "Name of kim" ||
			sent.Text != "안녕" || sent.Nonce != "n1" || sent.Duplicate || sent.CreatedAt.Location() != time.UTC {
			t.Errorf("sent %+v", sent)
		}
		want, err := json.Marshal(sent.MessageView)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []*client{kim, lee} {
			if got := c.wait("message.created"); string(got.data) != string(want) {
				t.Errorf("heard %s, want %s", got, want)
			}
			c.wait("read", `"user":"kim"`, `"seq":1`)
		}
		lee.wait("unread", `{"room":"lobby","unread":1,"total":1}`)

		again := call[chat.Sent](kim, "sendMessage", `{"room":"lobby","text":"other","nonce":"n1"}`)
		if !again.Duplicate || again.Seq != 1 || again.Text != "안녕" {
			t.Errorf("sent again: %+v", again)
		}
		next := call[chat.Sent](lee, "sendMessage", `{"text":"two"}`)
		kim.wait("message.created", `"seq":2`)
		if n := len(kim.all("message.created")); n != 2 {
			t.Errorf("%d messages heard, want 2: a repeated one is told to its sender only", n)
		}
		if p := call[chat.PageView](kim, "history", `{"room":"lobby","limit":1}`); len(p.Messages) != 1 || !p.HasMore ||
			p.Messages[0] != next.MessageView {
			t.Errorf("history %+v", p)
		}
	})
}

func TestRefusals(t *testing.T) {
	n := newWorld(t, memory.NewChat(), 1, func(c *chat.Config) { c.UnknownUsers = false }).nodes[0]
	kim := n.connect("kim")
	n.connect("lee")
	call[chat.RoomView](n.connect("park"), "createRoom", `{"id":"secret","type":"private","name":"x"}`)
	long := strings.Repeat("a", 5001)
	for _, c := range []struct {
		name, arg string
		err       error
		code      string
	}{
		{"sendMessage", `{"room":"none","message":"x"}`, madang.ErrNotFound, ""},
		{"sendMessage", `{"room":"secret","message":"x"}`, madang.ErrForbidden, ""},
		{"sendMessage", `{"message":" "}`, madang.ErrInvalid, ""},
		{"sendMessage", `{}`, madang.ErrInvalid, ""},
		{"sendMessage", ``, madang.ErrInvalid, ""},
		{"sendMessage", `[]`, madang.ErrInvalid, ""},
		{"sendMessage", `{"message":1}`, madang.ErrInvalid, ""},
		{"sendMessage", "{\"message\":\"\xff\"}", madang.ErrInvalid, ""},
		{"sendMessage", `{"message":"` + long + `"}`, madang.ErrInvalid, "too_large"},
		{"read", `{"room":"lobby","seq":1.5}`, madang.ErrInvalid, ""},
		{"history", `{"room":"secret"}`, madang.ErrForbidden, ""},
		{"members", `{"room":"secret"}`, madang.ErrForbidden, ""},
		{"dm", `{"user":"nobody"}`, madang.ErrNotFound, "user_not_found"},
		{"dm", `{"user":"kim"}`, madang.ErrInvalid, ""},
		{"dm", `{}`, madang.ErrNotFound, "user_not_found"},
		{"addMember", `{"room":"lobby","user":"nobody"}`, madang.ErrNotFound, "user_not_found"},
		{"createRoom", `{"id":"secret","type":"public"}`, madang.ErrInvalid, "conflict"},
		{"createRoom", `{"type":"direct"}`, madang.ErrInvalid, ""},
		{"removeMember", `{"room":"lobby","user":"lee"}`, madang.ErrForbidden, ""},
		{"nothing", `{}`, madang.ErrNotFound, ""},
	} {
		_, err := kim.Call(t.Context(), c.name, []byte(c.arg))
		code := ""
		if r, ok := errors.AsType[*madang.Refusal](err); ok {
			code = r.Code
		}
		if !errors.Is(err, c.err) || code != c.code {
			t.Errorf("%s %.40s: %v, code %q; want %v, %q", c.name, c.arg, err, code, c.err, c.code)
		}
	}
	nobody := n.arrive("")
	if err := n.chat.Welcome(t.Context(), nobody.Conn); err != nil || len(nobody.Subscriptions()) != 0 {
		t.Errorf("welcome of nobody: %v, %d subscriptions", err, len(nobody.Subscriptions()))
	}
	if _, err := nobody.Call(t.Context(), "rooms", nil); !errors.Is(err, madang.ErrForbidden) {
		t.Errorf("a call of nobody: %v", err)
	}
}

func TestPolicy(t *testing.T) {
	p := chat.Policy()
	for _, c := range []struct {
		action madang.Action
		name   string
		user   string
		grants bool
	}{
		{madang.ActCall, "sendMessage", "kim", true},
		{madang.ActCall, "sendMessage", "", false},
		{madang.ActCall, "other", "kim", false},
		{madang.ActSubscribe, "sendMessage", "kim", false},
		{madang.ActPublish, "lobby", "kim", false},
	} {
		g, err := p.Authorize(t.Context(), madang.AccessRequest{
			Action: c.action, Channel: madang.Channel{App: "app1", Name: c.name}, Principal: who(c.user),
		})
		if (g != nil) != c.grants || err != nil {
			t.Errorf("%+v: %v, %v", c, g, err)
		}
	}
	// Every procedure there is is in the policy, or nobody could call it.
	for _, name := range newWorld(t, memory.NewChat(), 1).nodes[0].hub.Procedures() {
		g, err := p.Authorize(t.Context(), madang.AccessRequest{
			Action: madang.ActCall, Channel: madang.Channel{App: "app1", Name: name}, Principal: who("kim"),
		})
		if g == nil || err != nil {
			t.Errorf("procedure %s is not granted: %v", name, err)
		}
	}
}

func TestMembership(t *testing.T) {
	stores(t, func(t *testing.T, s chat.Store) {
		w := newWorld(t, s, 2)
		kim := w.nodes[0].connect("kim")
		lee, lee2 := w.nodes[0].connect("lee"), w.nodes[1].connect("lee")
		park := w.nodes[1].connect("park")
		r := call[chat.RoomView](kim, "createRoom", `{"name":"안방","type":"private"}`)
		if r.Type != chat.RoomPrivate || r.Role != chat.RoleOwner || r.MemberCount != 1 || r.Name != "안방" {
			t.Fatalf("room %+v", r)
		}
		kim.wait("room.added", r.ID)
		m := call[chat.MemberView](kim, "addMember", fmt.Sprintf(`{"room":%q,"user":"lee"}`, r.ID))
		if m.User != "lee" || m.Name != "Name of lee" || !m.Online || m.LastSeen != nil {
			t.Errorf("member %+v", m)
		}
		for _, c := range []*client{lee, lee2} {
			c.wait("room.added", r.ID, "안방", `"role":"member"`)
			eventually(t, "a subscription to the room", func() bool { return c.hears(r.ID) }) // of another node: soon
		}
		kim.wait("member.joined", `"user":"lee"`, `"name":"Name of lee"`)
		say := func(text string) {
			call[chat.Sent](kim, "sendMessage", fmt.Sprintf(`{"room":%q,"message":%q}`, r.ID, text))
		}
		say("one")
		lee.wait("message.created", "one")
		lee2.wait("message.created", "one")

		call[struct{}](lee, "leave", fmt.Sprintf(`{"room":%q}`, r.ID))
		kim.wait("member.left", `"user":"lee"`)
		for _, c := range []*client{lee, lee2} {
			c.wait("room.removed", r.ID)
			eventually(t, "the end of a subscription", func() bool { return !c.hears(r.ID) })
		}
		say("two")
		kim.wait("message.created", "two")
		// What is published behind it reaches lee: so "two" never will.
		call[chat.Sent](kim, "sendMessage", `{"message":"three"}`)
		for _, c := range []*client{lee, lee2, park} {
			c.wait("message.created", "three")
			if slices.ContainsFunc(c.all("message.created"), func(h heard) bool { return strings.Contains(string(h.data), "two") }) {
				t.Errorf("%s has heard a message of a room that is not theirs", c.Principal().User)
			}
		}

		d := call[chat.RoomView](kim, "dm", `{"user":"lee"}`)
		if d.Type != chat.RoomDirect || d.Peer == nil || *d.Peer != (chat.Person{ID: "lee", Name: "Name of lee"}) {
			t.Errorf("direct room %+v", d)
		}
		lee2.wait("room.added", d.ID, `"peer":{"id":"kim","name":"Name of kim"}`)
		if again := call[chat.RoomView](lee, "dm", `{"user":"kim"}`); again.ID != d.ID {
			t.Errorf("another direct room: %+v", again)
		}
		if on := call[struct{ Users []string }](kim, "online", fmt.Sprintf(`{"room":%q}`, d.ID)); !slices.Equal(on.Users, []string{"kim", "lee"}) {
			t.Errorf("online %+v", on)
		}
	})
}

// hears reports whether a client subscribes to a room.
func (c *client) hears(room string) bool {
	ch := chat.RoomChannel(chat.RoomRef{App: "app1", ID: room})
	return slices.ContainsFunc(c.Subscriptions(), func(s *madang.Subscription) bool { return s.Channel() == ch })
}

func TestWelcome(t *testing.T) {
	stores(t, func(t *testing.T, s chat.Store) {
		w := newWorld(t, s, 1, func(c *chat.Config) { c.MaxLiveRooms = 3 })
		n := w.nodes[0]
		kim := n.connect("kim")
		if !kim.hears("lobby") {
			t.Error("kim does not hear the default room")
		}
		call[struct{}](kim, "leave", `{}`)
		if n.connect("kim").hears("lobby") {
			t.Error("who has left the default room is brought back")
		}
		if _, err := kim.Call(t.Context(), "sendMessage", []byte(`{"message":"x"}`)); !errors.Is(err, madang.ErrForbidden) {
			t.Errorf("a message to the default room that was left: %v", err)
		}
		// Who came by another way is let in by sending.
		if sent := call[chat.Sent](n.arrive("lee"), "sendMessage", `{"message":"x"}`); sent.Seq != 1 {
			t.Errorf("sent %+v", sent)
		}
		for i := range 5 {
			n.room(fmt.Sprint("r", i), "kim")
		}
		for i := range 3 { // the ones with the latest messages are heard
			if _, err := n.chat.Send(t.Context(), who("kim"), fmt.Sprint("r", i), chat.Draft{Text: "x"}); err != nil {
				t.Fatal(err)
			}
		}
		if c := n.connect("kim"); len(c.Subscriptions()) != 4 {
			t.Errorf("%d subscriptions, want the user's and 3 rooms", len(c.Subscriptions()))
		}

		// A connection that was kept while its user left a room does not hear it any more when it is welcomed again.
		old := n.connect("park")
		sub, err := n.hub.Subscribe(t.Context(), old.Conn, chat.RoomChannel(chat.RoomRef{App: "app1", ID: "r0"}), madang.Messages)
		if err != nil {
			t.Fatal(err)
		}
		sub.Open()
		if err := n.chat.Welcome(t.Context(), old.Conn); err != nil || old.hears("r0") || !old.hears("lobby") {
			t.Errorf("welcomed again: %v, hears r0 %v, lobby %v", err, old.hears("r0"), old.hears("lobby"))
		}
	})
}

func TestUnread(t *testing.T) {
	stores(t, func(t *testing.T, s chat.Store) {
		w := newWorld(t, s, 2)
		w.nodes[0].room("r", "kim", "lee", "away")
		kim, lee, lee2 := w.nodes[0].connect("kim"), w.nodes[0].connect("lee"), w.nodes[1].connect("lee")
		const burst = 200
		for i := range burst {
			call[chat.Sent](kim, "sendMessage", fmt.Sprintf(`{"room":"r","message":"%d"}`, i))
		}
		call[chat.Sent](kim, "sendMessage", `{"message":"elsewhere"}`)
		for _, c := range []*client{lee, lee2} {
			c.wait("unread", fmt.Sprintf(`"room":"r","unread":%d,"total":%d`, burst, burst+1))
			if n := len(c.all("unread")); n > burst/2 {
				t.Errorf("%d unread events for %d messages", n, burst)
			}
		}
		if got := call[chat.UnreadState](lee, "unread", ""); got.Total != burst+1 || got.Rooms["r"] != burst {
			t.Errorf("unread %+v", got)
		}
		state := call[chat.ReadState](lee, "read", `{"room":"r","seq":150}`)
		if state != (chat.ReadState{ReadSeq: 150, Unread: burst - 150}) {
			t.Errorf("read %+v", state)
		}
		kim.wait("read", `"user":"lee","seq":150`)
		lee2.wait("unread", fmt.Sprintf(`"unread":%d,"total":%d`, burst-150, burst-149))
		if back := call[chat.ReadState](lee2, "read", `{"room":"r","seq":3}`); back != state {
			t.Errorf("read backwards: %+v", back)
		}
	})
}

func TestLargeRoomsKeepReceiptsApart(t *testing.T) {
	w := newWorld(t, memory.NewChat(), 1, func(c *chat.Config) { c.ReceiptMembers = 2; c.DefaultRoom.ID = "" })
	n := w.nodes[0]
	n.room("r", "kim", "lee", "park")
	kim, lee, lee2 := n.connect("kim"), n.connect("lee"), n.connect("lee")
	call[chat.Sent](kim, "sendMessage", `{"room":"r","message":"x"}`)
	call[chat.ReadState](lee, "read", `{"room":"r","seq":1}`)
	lee2.wait("read", `"user":"lee"`)
	lee2.wait("unread", `"unread":0`)
	call[chat.Sent](lee, "sendMessage", `{"room":"r","message":"y"}`)
	kim.wait("message.created", `"y"`)
	for _, h := range kim.all("read") {
		if strings.Contains(string(h.data), `"lee"`) {
			t.Errorf("kim has heard %s", h)
		}
	}
}
