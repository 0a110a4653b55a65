package chat_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"madang"
	"madang/chat"
	"madang/store/memory"
)

const echoEvent = `App\Events\ChatMessageSent`

// An echo is a connection of nobody in particular, as Laravel Echo's are: each subscription brings its own proof.
type echo struct {
	*client
	rmu     sync.Mutex
	revoked []string
}

// Revoked implements madang.Revoker.
func (e *echo) Revoked(ch madang.Channel) {
	e.rmu.Lock()
	defer e.rmu.Unlock()
	e.revoked = append(e.revoked, ch.Name)
}

func (*echo) Disconnect(madang.CloseReason) {}
func (*echo) Closed(madang.CloseReason)     {}

func (e *echo) lost() []string {
	e.rmu.Lock()
	defer e.rmu.Unlock()
	return slices.Clone(e.revoked)
}

func (n *node) echo() *echo {
	n.t.Helper()
	e := &echo{client: &client{n: n, rooms: map[string][]int64{}, seen: map[spot]bool{}}}
	line, err := n.hub.Open(link{e.client})
	if err == nil {
		e.Conn, err = line.Connect(n.t.Context(), madang.ConnRequest{Dialect: lines{}, Principal: who(""), Owner: e})
	}
	if err != nil {
		n.t.Fatal(err)
	}
	return e
}

// join subscribes with a user's token, and enters if it is a presence channel, as the dialects do.
func (e *echo) join(user, channel string) error {
	ch := madang.Channel{App: "app1", Name: channel}
	proof := &madang.Proof{Header: map[string][]string{"Authorization": {user}}}
	s, err := e.Subscribe(e.n.t.Context(), ch, madang.SubscribeOptions{Proof: proof})
	if err != nil {
		return err
	}
	if strings.HasPrefix(channel, "presence-") {
		err = e.Enter(e.n.t.Context(), ch, nil, madang.JSON)
	}
	s.Open()
	return err
}

func (e *echo) mustJoin(user, channel string) {
	e.n.t.Helper()
	if err := e.join(user, channel); err != nil {
		e.n.t.Fatalf("%s in %s: %v", user, channel, err)
	}
}

// messages returns the seqs of the messages that an echo has heard, each as often as it was heard.
func (e *echo) messages() (seqs []int64) {
	for _, h := range e.all(echoEvent) {
		var d struct{ Message chat.MessageView }
		if err := json.Unmarshal(h.data, &d); err != nil {
			e.n.t.Errorf("%s: %v", h, err)
		}
		seqs = append(seqs, d.Message.Seq)
	}
	return seqs
}

func TestEcho(t *testing.T) {
	stores(t, func(t *testing.T, s chat.Store) {
		w := newWorld(t, s, 2)
		kim := w.nodes[0].connect("kim")
		w.nodes[1].connect("lee")
		here, there := w.nodes[0].echo(), w.nodes[1].echo()
		here.mustJoin("kim", "private-chat.lobby")
		there.mustJoin("lee", "private-chat.lobby")
		sent := call[chat.Sent](kim, "sendMessage", `{"message":"<안녕>"}`)
		view, err := json.Marshal(sent.MessageView)
		if err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprintf(`{"message":%s,"room":"lobby","user":{"id":"kim","name":"Name of kim"}}`, view)
		for _, e := range []*echo{here, there} {
			if got := e.wait(echoEvent); string(got.data) != want {
				t.Errorf("heard %s, want %s", got.data, want)
			}
		}
		call[chat.ReadState](kim, "read", `{"room":"lobby","seq":1}`)
		if _, err := w.nodes[1].chat.Announce(t.Context(), chat.RoomRef{App: "app1", ID: "lobby"}, chat.Draft{Text: "closing"}); err != nil {
			t.Fatal(err)
		}
		for _, e := range []*echo{here, there} {
			e.wait(echoEvent, "closing", `"kind":"system"`, `"user":null`)
			if got := e.messages(); !slices.Equal(got, upTo(2)) {
				t.Errorf("heard %v", got)
			}
			if n := len(e.all("message.created", "read", "unread", "presence")); n != 0 {
				t.Errorf("%d other events heard", n)
			}
		}
	})
}

// TestToOthers names connections that are not to be told, of this node and of another one.
func TestToOthers(t *testing.T) {
	stores(t, func(t *testing.T, s chat.Store) {
		w := newWorld(t, s, 2)
		kim := w.nodes[0].connect("kim")
		here, there := w.nodes[0].echo(), w.nodes[1].echo()
		here.mustJoin("kim", "private-chat.lobby")
		there.mustJoin("kim", "private-chat.lobby")
		for _, c := range []*client{kim, here.client, there.client} {
			call[chat.Sent](kim, "sendMessage", fmt.Sprintf(`{"message":"x","socket":%q}`, c.ID()))
		}
		call[chat.Sent](kim, "sendMessage", `{"message":"x","socket":"1.1"}`)
		kim.wait("message.created", `"seq":4`)
		for want, e := range map[string]*echo{"[1 3 4]": here, "[1 2 4]": there} {
			e.wait(echoEvent, `"seq":4`)
			if got := fmt.Sprint(e.messages()); got != want {
				t.Errorf("heard %s, want %s", got, want)
			}
		}
		if got := kim.seqs("lobby"); !slices.Equal(got, []int64{2, 3, 4}) {
			t.Errorf("kim has heard %v, but had sent 1", got)
		}
		for _, bad := range []string{"x", "1", "1.", ".1", "1.2.3.4", "1.x", "undefined", strings.Repeat("1", 300) + ".1"} {
			if _, err := kim.Call(t.Context(), "sendMessage", fmt.Appendf(nil, `{"message":"x","socket":%q}`, bad)); err == nil {
				t.Errorf("socket %q was taken", bad)
			}
		}
		if !chat.ValidSocket("/chat#12.34") || chat.ValidSocket("") {
			t.Error("socket ids are judged wrongly")
		}
	})
}

// TestToOthersLater has messages published later by whoever comes to it: who is left out is not forgotten.
func TestToOthersLater(t *testing.T) {
	stores(t, func(t *testing.T, s chat.Store) {
		w := newWorld(t, s, 0)
		b := &broken{}
		n := w.prepare(func(inner madang.Broker) madang.Broker { b.Broker = inner; return b })
		if err := n.chat.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		kim, e := n.connect("kim"), n.echo()
		e.mustJoin("kim", "private-chat.lobby")
		b.down.Store(true)
		for i := range 4 {
			id := e.ID()
			if i%2 == 0 {
				id = kim.ID()
			}
			call[chat.Sent](kim, "sendMessage", fmt.Sprintf(`{"message":"x","socket":%q}`, id))
		}
		b.down.Store(false)
		e.wait(echoEvent, `"seq":3`)
		kim.wait("message.created", `"seq":4`)
		if got := fmt.Sprint(e.messages(), kim.seqs("lobby")); got != "[1 3] [2 4]" {
			t.Errorf("heard %s", got)
		}
	})
}

// TestEchoIsNotLost lets the broker take a message for the room and refuse it for Echo: it comes to both.
func TestEchoIsNotLost(t *testing.T) {
	w := newWorld(t, memory.NewChat(), 0)
	w.retention = func(c madang.Channel) (r madang.Retention) { // so that the broker gets them apart
		if strings.HasPrefix(c.Name, "private-") {
			r.Count = 1
		}
		return r
	}
	b := &broken{only: "private-chat.lobby"}
	n := w.prepare(func(inner madang.Broker) madang.Broker { b.Broker = inner; return b })
	if err := n.chat.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	kim, e := n.connect("kim"), n.echo()
	e.mustJoin("kim", "private-chat.lobby")
	b.down.Store(true)
	for range 3 {
		call[chat.Sent](kim, "sendMessage", `{"message":"x"}`)
	}
	kim.wait("message.created", `"seq":1`)
	b.down.Store(false)
	eventually(t, "all for Echo", func() bool { return len(e.messages()) == 3 })
	if got := e.messages(); !slices.Equal(got, upTo(3)) {
		t.Errorf("heard %v", got)
	}
	if got := kim.seqs("lobby"); !slices.Equal(got, upTo(3)) {
		t.Errorf("kim has heard %v", got)
	}
}

// TestFromOutside has somebody else's events in the channels of a room, which are theirs: chat neither stores nor repeats
// them.
func TestFromOutside(t *testing.T) {
	n := newWorld(t, memory.NewChat(), 1).nodes[0]
	kim, e, sender := n.connect("kim"), n.echo(), n.echo()
	e.mustJoin("kim", "private-chat.lobby")
	sender.mustJoin("lee", "private-chat.lobby")
	for _, name := range []string{echoEvent, "message.created", "read", "last"} {
		m := &madang.Message{
			Name: name, Channel: madang.Channel{App: "app1", Name: "private-chat.lobby"}, Skip: sender.ID(),
			Data: []byte(`{"room":"lobby","payload":{"text":"hi"}}`), Sender: madang.Sender{User: "kim"},
		}
		if _, err := n.hub.Publish(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	e.wait("last")
	if sent := call[chat.Sent](kim, "sendMessage", `{"message":"x"}`); sent.Seq != 1 {
		t.Errorf("the first message has seq %d", sent.Seq)
	}
	sender.wait(echoEvent, `"seq":1`)
	e.wait(echoEvent, `"seq":1`)
	if a, b := len(e.all(echoEvent)), len(sender.all(echoEvent, "message.created", "read", "last")); a != 2 || b != 1 {
		t.Errorf("%d and %d events heard, want 2 and 1", a, b)
	}
	kim.wait("message.created")
	if n := len(kim.all("message.created")); n != 1 {
		t.Errorf("kim has heard %d messages", n)
	}
}

// TestAbly has rooms heard in the channels named by their ids, and those of others' names not.
func TestAbly(t *testing.T) {
	w := newWorld(t, memory.NewChat(), 1, func(c *chat.Config) { c.Ably.Enabled = true })
	n := w.nodes[0]
	n.room("r", "kim")
	n.room("private-chat.r", "lee")
	e := n.echo()
	e.mustJoin("kim", "private-chat.r")
	e.mustJoin("kim", "r")
	for room, user := range map[string]string{"private-chat.r": "lee", "r": "kim"} {
		if _, err := n.chat.Send(t.Context(), who(user), room, chat.Draft{Text: `"hi"`}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := n.chat.Announce(t.Context(), chat.RoomRef{App: "app1", ID: "r"}, chat.Draft{Text: "bye"}); err != nil {
		t.Fatal(err)
	}
	if got := e.wait("system"); string(got.data) != "bye" {
		t.Errorf("heard %s", got)
	}
	if got := e.all("kim", "lee"); len(got) != 1 || got[0].String() != `kim "hi"` {
		t.Errorf("heard %s", got)
	}
	eventually(t, "both of r, as Echo hears them", func() bool { return len(e.messages()) == 2 })
}

// TestNobodyThere bounds what it costs that a message goes to where nobody is.
func TestNobodyThere(t *testing.T) {
	hub := madang.New(madang.Config{})
	ctx := t.Context()
	m := &madang.Message{Name: "e", Channel: madang.Channel{App: "app1", Name: "private-chat.7"}, Data: []byte(`{}`)}
	n := testing.AllocsPerRun(100, func() {
		if _, err := hub.Publish(ctx, m); err != nil {
			t.Error(err)
		}
	})
	if n > 3 { // the event, its list, its position
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkSend sends to a room that one connection hears, with and without the places where nobody is.
func BenchmarkSend(b *testing.B) {
	for _, on := range []bool{false, true} {
		b.Run(fmt.Sprint("echo=", on), func(b *testing.B) {
			n := newWorld(b, memory.NewChat(), 1, func(c *chat.Config) { c.Echo.Enabled = on }).nodes[0]
			kim := n.connect("kim")
			b.ReportAllocs()
			for b.Loop() {
				if _, err := kim.Call(b.Context(), "sendMessage", []byte(`{"message":"hello"}`)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
