package chat_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"madang"
	"madang/chat"
	"madang/store/memory"
)

// TestReadableWhenHeard checks that no event comes before the message it tells can be read, on any node.
func TestReadableWhenHeard(t *testing.T) {
	stores(t, func(t *testing.T, s chat.Store) {
		const senders, each = 12, 20
		w := newWorld(t, s, 2)
		w.nodes[0].room("r", "u0")
		var heard atomic.Int64
		for _, n := range w.nodes {
			l, err := n.hub.Listen(t.Context(), chat.RoomChannel(chat.RoomRef{App: "app1", ID: "r"}), func(e *madang.Event) {
				var m chat.MessageView
				if e.Message.Name != "message.created" {
					return
				}
				if err := json.Unmarshal(e.Message.Data, &m); err != nil {
					t.Error(err)
					return
				}
				got, err := s.Message(context.Background(), chat.RoomRef{App: "app1", ID: "r"}, m.Seq)
				if err != nil || got.Text != m.Text || got.Sender != m.Sender {
					t.Errorf("heard of %+v, but read %+v, %v", m, got, err)
				}
				heard.Add(1)
			})
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
		}
		var wg sync.WaitGroup
		for i := range senders {
			wg.Go(func() {
				n, p := w.nodes[i%2], who(fmt.Sprint("u", i))
				if _, err := n.chat.Join(t.Context(), p, "r"); err != nil {
					t.Error(err)
				}
				for k := range each {
					if _, err := n.chat.Send(t.Context(), p, "r", chat.Draft{Text: fmt.Sprint(i, "/", k)}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		eventually(t, "all events on both nodes", func() bool { return heard.Load() >= 2*senders*each })
	})
}

// TestOrder sends in random ways from several nodes and checks that every connection hears every room from its first
// message to its last, in the order of the seqs.
func TestOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t, memory.NewChat(), rapid.IntRange(1, 3).Draw(rt, "nodes"))
		rooms := rapid.IntRange(1, 3).Draw(rt, "rooms")
		senders := rapid.IntRange(1, 6).Draw(rt, "senders")
		var names []string
		for i := range senders {
			names = append(names, fmt.Sprint("u", i))
		}
		for r := range rooms {
			w.nodes[0].room(fmt.Sprint("r", r), names...)
		}
		var clients []*client
		for i, id := range names {
			clients = append(clients, w.nodes[i%len(w.nodes)].connect(id))
		}
		echoes := make([]*echo, rooms) // one in each room
		for r := range rooms {
			echoes[r] = w.nodes[r%len(w.nodes)].echo()
			echoes[r].mustJoin("u0", fmt.Sprint("private-chat.r", r))
		}
		plan := make([][]int, senders) // which room each of a sender's messages goes to
		count := make([]int, rooms)
		for i := range plan {
			plan[i] = rapid.SliceOfN(rapid.IntRange(0, rooms-1), 0, 20).Draw(rt, "messages")
			for _, r := range plan[i] {
				count[r]++
			}
		}
		var wg sync.WaitGroup
		for i, rs := range plan {
			wg.Go(func() {
				for _, r := range rs {
					arg := fmt.Sprintf(`{"room":"r%d","text":"x"}`, r)
					if _, err := clients[i].Call(t.Context(), "sendMessage", []byte(arg)); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		for r := range rooms {
			for _, c := range clients {
				want, room := upTo(count[r]), fmt.Sprint("r", r)
				eventually(t, fmt.Sprintf("%d messages of %s", len(want), room), func() bool { return len(c.seqs(room)) >= len(want) })
				if got := c.seqs(room); !slices.Equal(got, want) {
					rt.Fatalf("%s heard of %s: %v", c.Principal().User, room, got)
				}
			}
		}
		for r, e := range echoes {
			eventually(t, "all of a room for Echo", func() bool { return len(e.messages()) >= count[r] })
			if got := e.messages(); !slices.Equal(got, upTo(count[r])) {
				rt.Fatalf("Echo heard of r%d: %v", r, got)
			}
		}
		for _, n := range w.nodes {
			n.chat.Drain(t.Context())
		}
		if n, err := w.store.OutboxSize(t.Context()); n != 0 || err != nil {
			rt.Fatalf("%d entries are left in the outbox, %v", n, err)
		}
	})
}

// TestLoad has 100 senders in 10 rooms, on two nodes.
func TestLoad(t *testing.T) {
	stores(t, func(t *testing.T, s chat.Store) {
		const senders, rooms, each = 100, 10, 3
		w := newWorld(t, s, 2)
		var clients []*client
		var names []string
		for i := range senders {
			names = append(names, fmt.Sprint("u", i))
			clients = append(clients, w.nodes[i%2].connect(names[i]))
		}
		for r := range rooms {
			w.nodes[0].room(fmt.Sprint("r", r), names...)
		}
		for _, c := range clients {
			eventually(t, "all rooms", func() bool { return len(c.Subscriptions()) == rooms+2 })
		}
		begin := time.Now()
		var wg sync.WaitGroup
		for i, c := range clients {
			wg.Go(func() {
				for k := range each * rooms {
					arg := fmt.Sprintf(`{"room":"r%d","message":"%d/%d"}`, (i+k)%rooms, i, k)
					if _, err := c.Call(t.Context(), "sendMessage", []byte(arg)); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		stored := time.Since(begin)
		want := upTo(senders * each)
		for _, c := range clients {
			for r := range rooms {
				room := fmt.Sprint("r", r)
				eventually(t, "all of "+room, func() bool { return len(c.seqs(room)) >= len(want) })
				if got := c.seqs(room); !slices.Equal(got, want) {
					t.Fatalf("%s heard of %s: %v", c.Principal().User, room, got)
				}
			}
			c.wait("unread", `"total":`)
		}
		total := senders * rooms * each
		t.Logf("%d messages stored in %v (%.0f/s), %d deliveries in %v", total, stored, float64(total)/stored.Seconds(),
			total*senders, time.Since(begin))
	})
}

// A broken broker takes nothing while it is down, or nothing for one channel.
type broken struct {
	madang.Broker
	down atomic.Bool
	only string
}

func (b *broken) Publish(ctx context.Context, es []*madang.Event, keep madang.Retention) ([]madang.Position, error) {
	if b.down.Load() && es[0].Kind == madang.MessageEvent && (b.only == "" || b.only == es[0].Channel.Name) {
		return nil, errors.New("the broker is away")
	}
	return b.Broker.Publish(ctx, es, keep)
}

// TestBrokerAway sends while the broker fails: messages are stored and acknowledged, and published when it is back.
func TestBrokerAway(t *testing.T) {
	w := newWorld(t, memory.NewChat(), 0)
	b := &broken{}
	n := w.prepare(func(inner madang.Broker) madang.Broker { b.Broker = inner; return b })
	if err := n.chat.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	kim := n.connect("kim")
	b.down.Store(true)
	for i := range 5 {
		call[chat.Sent](kim, "sendMessage", fmt.Sprintf(`{"message":"%d"}`, i))
	}
	b.down.Store(false)
	eventually(t, "the messages", func() bool { return len(kim.seqs("lobby")) == 5 })
	if got := kim.seqs("lobby"); !slices.Equal(got, upTo(5)) {
		t.Errorf("heard %v", got)
	}
}

// TestCrash stores messages as a node that dies before it publishes them.
func TestCrash(t *testing.T) {
	stores(t, func(t *testing.T, s chat.Store) {
		rules, err := chat.New(chat.Defaults(), s)
		if err != nil {
			t.Fatal(err)
		}
		by := chat.UserRef{App: "app1", ID: "kim"}
		if _, err := rules.CreateRoom(t.Context(), by, chat.RoomSpec{ID: "r", Kind: chat.RoomPublic}); err != nil {
			t.Fatal(err)
		}
		dead := time.Now().Add(1500 * time.Millisecond)
		for i := range 3 {
			a, err := rules.Send(t.Context(), by, "r", chat.Draft{Text: fmt.Sprint(i), ClaimedBy: "dead", ClaimedUntil: dead})
			if err != nil || a.Claimed != (i == 0) {
				t.Fatalf("sent %+v, %v", a, err)
			}
		}
		// Another node does not overtake it, and goes on when the lease is over.
		w := newWorld(t, s, 1)
		kim, e := w.nodes[0].connect("kim"), w.nodes[0].echo()
		e.mustJoin("kim", "private-chat.r")
		call[chat.Sent](kim, "sendMessage", `{"room":"r","message":"3"}`)
		if got := kim.seqs("r"); len(got) > 0 && time.Now().Before(dead) {
			t.Errorf("heard %v while the dead node's lease runs", got)
		}
		eventually(t, "the dead node's messages", func() bool { return len(kim.seqs("r")) == 4 })
		if got := kim.seqs("r"); !slices.Equal(got, upTo(4)) {
			t.Errorf("heard %v", got)
		}
		eventually(t, "the same for Echo", func() bool { return len(e.messages()) == 4 })
		if got := e.messages(); !slices.Equal(got, upTo(4)) {
			t.Errorf("Echo heard %v", got)
		}
	})
}

// TestRestart starts a node again under its old name: what it had left is published at once.
func TestRestart(t *testing.T) {
	s := memory.NewChat()
	w := newWorld(t, s, 1)
	w.nodes[0].room("r", "kim")
	kim := w.nodes[0].connect("kim")
	rules, err := chat.New(chat.Defaults(), s)
	if err != nil {
		t.Fatal(err)
	}
	far := time.Now().Add(time.Hour)
	if _, err := rules.Send(t.Context(), chat.UserRef{App: "app1", ID: "kim"}, "r",
		chat.Draft{Text: "left", ClaimedBy: "here", ClaimedUntil: far}); err != nil {
		t.Fatal(err)
	}
	hub := madang.New(madang.Config{Broker: w.mem.Broker(), Presence: w.mem})
	again, err := chat.Open(hub, s, chat.Defaults(), chat.WithNode("here"))
	if err == nil {
		err = hub.Start(t.Context())
	}
	if err == nil {
		err = again.Start(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	kim.wait("message.created", "left")
	if err := errors.Join(again.Close(), hub.Close()); err != nil {
		t.Error(err)
	}
	if err := again.Start(t.Context()); err == nil {
		t.Error("a closed feature starts")
	}
}
