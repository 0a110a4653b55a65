package chat_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"madang"
	"madang/chat"
	"madang/store/memory"
)

// open lets rooms be heard in the channels that are named by their ids.
func open(c *chat.Config) { c.Ably.Enabled = true }

// keep keeps what is published for a while, as the dialect does whose clients come to these channels.
func keep(madang.Channel) madang.Retention { return madang.Retention{Count: 1000, Age: time.Minute} }

// posted is a message as a client of another protocol publishes it.
func posted(channel, user, id, text string) *madang.Message {
	return &madang.Message{
		Channel: madang.Channel{App: "app1", Name: channel}, ID: id, Sender: madang.Sender{User: user, Conn: "1.2.0"},
		Data: []byte(text), Type: madang.Text,
	}
}

// TestTakeRefuses publishes what is no chat message.
func TestTakeRefuses(t *testing.T) {
	w := newWorld(t, memory.NewChat(), 1, open)
	n := w.nodes[0]
	n.room("r", "kim", "lee")
	with := func(change func(*madang.Message)) *madang.Message {
		m := posted("r", "kim", "a:0", "hi")
		change(m)
		return m
	}
	for what, c := range map[string]struct {
		m     *madang.Message
		code  string // of the refusal
		err   error
		taken bool
	}{
		"no room":           {m: posted("news", "kim", "a:0", "hi")},
		"nobody":            {posted("r", "", "a:0", "hi"), "nobody", madang.ErrForbidden, true},
		"no member":         {posted("r", "park", "a:0", "hi"), "no_member", madang.ErrForbidden, true},
		"json":              {with(func(m *madang.Message) { m.Type = madang.JSON }), "not_text", madang.ErrInvalid, true},
		"binary":            {with(func(m *madang.Message) { m.Type = madang.Binary }), "not_text", madang.ErrInvalid, true},
		"encrypted":         {with(func(m *madang.Message) { m.Encoding = "cipher+aes-256-cbc" }), "not_text", madang.ErrInvalid, true},
		"another's name":    {with(func(m *madang.Message) { m.Name = "lee" }), "named", madang.ErrInvalid, true},
		"extras":            {with(func(m *madang.Message) { m.Extras = []byte(`{}`) }), "not_plain", madang.ErrInvalid, true},
		"ephemeral":         {with(func(m *madang.Message) { m.Transient = true }), "not_plain", madang.ErrInvalid, true},
		"nothing to see":    {posted("r", "kim", "a:0", " \u200b"), "", madang.ErrInvalid, true},
		"too long":          {posted("r", "kim", "a:0", strings.Repeat("x", 5001)), "too_large", madang.ErrInvalid, true},
		"a long id":         {posted("r", "kim", strings.Repeat("x", 129), "hi"), "", madang.ErrInvalid, true},
		"as the chat":       {posted("private-chat.r", "kim", "a:0", "hi"), "reserved", madang.ErrForbidden, false},
		"as the chat there": {posted("presence-chat.r", "kim", "a:0", "hi"), "reserved", madang.ErrForbidden, false},
		"another's channel": {m: posted("private-chat.none", "kim", "a:0", "hi")},
	} {
		at, taken, err := n.chat.Take(t.Context(), who(c.m.Sender.User), []*madang.Message{c.m})
		code := ""
		if r, ok := errors.AsType[*madang.Refusal](err); ok {
			code = r.Code
		}
		if taken != c.taken || !errors.Is(err, c.err) || code != c.code || len(at) != 0 {
			t.Errorf("%s: %v %v %v (code %q), want %v and %q", what, at, taken, err, code, c.err, c.code)
		}
	}
	whisper := posted("private-chat.r", "kim", "a:0", "hi")
	whisper.Name = "client-typing"
	if _, taken, err := n.chat.Take(t.Context(), who("kim"), []*madang.Message{whisper}); taken || err != nil || !whisper.Transient {
		t.Errorf("a whisper: %v %v, of interest only now: %v", taken, err, whisper.Transient)
	}
	// One that is refused takes the others with it.
	good, bad := posted("r", "kim", "b:0", "good"), posted("r", "kim", "b:1", "")
	if _, _, err := n.chat.Take(t.Context(), who("kim"), []*madang.Message{good, bad}); !errors.Is(err, madang.ErrInvalid) {
		t.Error(err)
	}
	if page, err := n.chat.History(t.Context(), who("kim"), "r", chat.HistoryQuery{}); err != nil || len(page.Messages) != 0 {
		t.Errorf("stored: %+v, %v", page.Messages, err)
	}
}

// TestTake lets many publish at once on two nodes, each of them everything twice: every message is stored once and
// published once, and its position is where it is.
func TestTake(t *testing.T) {
	stores(t, func(t *testing.T, s chat.Store) {
		w := newWorld(t, s, 0)
		w.retention = keep
		w.add(open)
		w.add(open)
		users := []string{"kim", "lee", "park", "choi"}
		w.nodes[0].room("r", users...)
		kim := w.nodes[0].connect("kim")
		const each, batch = 5, 3
		ch := madang.Channel{App: "app1", Name: "r"}
		type result struct {
			id, user string
			at       madang.Position
		}
		var mu sync.Mutex
		var results []result
		var wg sync.WaitGroup
		for u, user := range users {
			wg.Go(func() {
				for i := range each {
					for range 2 {
						var all []*madang.Message
						for k := range batch {
							all = append(all, posted("r", user, fmt.Sprintf("%d:%d", i, k), fmt.Sprint(user, i, k)))
						}
						at, taken, err := w.nodes[(u+i)%2].chat.Take(t.Context(), &madang.Principal{App: "app1", User: user}, all)
						if err != nil || !taken || len(at) != batch {
							t.Errorf("%v %v %v", at, taken, err)
							continue
						}
						mu.Lock()
						for k, m := range all {
							results = append(results, result{m.ID, user, at[k]})
						}
						mu.Unlock()
					}
				}
			})
		}
		wg.Wait()
		total := len(users) * each * batch
		eventually(t, "all messages", func() bool { return len(kim.seqs("r")) == total })
		page, err := w.mem.Broker().History(t.Context(), ch, madang.HistoryQuery{})
		if err != nil || len(page.Events) != total {
			t.Fatalf("%d messages in the channel, want %d (%v)", len(page.Events), total, err)
		}
		where := map[string]*madang.Event{}
		for _, e := range page.Events {
			m := e.Message
			if m.Name != m.Sender.User || m.Type != madang.Text || !strings.HasPrefix(string(m.Data), m.Name) {
				t.Errorf("%s by %s: %s", m.Name, m.Sender.User, m.Data)
			}
			where[m.Sender.User+" "+m.ID] = e
		}
		for _, r := range results {
			if e := where[r.user+" "+r.id]; e == nil || e.Pos != r.at {
				t.Errorf("%s by %s is said to be at %v, and is %v", r.id, r.user, r.at, e)
			}
		}
		// Its sender's name is the one that is known.
		if got := kim.wait("message.created", `"sender":"kim"`); !strings.Contains(got.String(), "Name of kim") {
			t.Errorf("heard %s", got)
		}
	})
}

// TestTakeWhileBrokerFails stores what cannot be published: it has no position yet, and is published later. The sender,
// who does not want to hear it, does not hear it then either.
func TestTakeWhileBrokerFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, memory.NewChat(), 0)
		w.retention = keep
		b := &broken{}
		n := w.prepare(func(inner madang.Broker) madang.Broker { b.Broker = inner; return b }, open)
		if err := n.chat.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		n.room("r", "kim")
		time.Sleep(time.Second)
		b.down.Store(true)
		m := posted("r", "kim", "a:0", "hi")
		m.Skip = "1.2.0"
		at, taken, err := n.chat.Take(t.Context(), who("kim"), []*madang.Message{m})
		if err != nil || !taken || len(at) != 1 || at[0] != (madang.Position{}) {
			t.Errorf("%v %v %v", at, taken, err)
		}
		b.down.Store(false)
		time.Sleep(5 * time.Second)
		at, _, err = n.chat.Take(t.Context(), who("kim"), []*madang.Message{m})
		page, _ := n.hub.History(t.Context(), m.Channel, madang.HistoryQuery{})
		if err != nil || len(page.Events) != 1 || at[0] != page.Events[0].Pos || page.Events[0].Message.Skip != "1.2.0" {
			t.Errorf("again: %v %v, published %+v", at, err, page.Events)
		}
		// Long after it was forgotten where it was, nobody is kept waiting.
		time.Sleep(time.Hour)
		began := time.Now()
		if at, _, err = n.chat.Take(t.Context(), who("kim"), []*madang.Message{m}); err != nil || at[0] != (madang.Position{}) || time.Since(began) > time.Second {
			t.Errorf("an hour later: %v %v after %v", at, err, time.Since(began))
		}
	})
}

// TestTakeInTheLobby sends to the room that everybody is in, without having been there.
func TestTakeInTheLobby(t *testing.T) {
	w := newWorld(t, memory.NewChat(), 1, open)
	n := w.nodes[0]
	n.connect("kim") // and there is a lobby
	if _, taken, err := n.chat.Take(t.Context(), who("lee"), []*madang.Message{posted("lobby", "lee", "a:0", "hi")}); !taken || err != nil {
		t.Fatal(taken, err)
	}
	if err := n.chat.Leave(t.Context(), who("lee"), "lobby"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := n.chat.Take(t.Context(), who("lee"), []*madang.Message{posted("lobby", "lee", "a:1", "hi")}); !errors.Is(err, madang.ErrForbidden) {
		t.Errorf("after leaving: %v", err)
	}
}

// TestSeenInTheRoomsChannel counts who enters the presence set of the channel named by the room as online, until they are
// no member any more.
func TestSeenInTheRoomsChannel(t *testing.T) {
	w := newWorld(t, memory.NewChat(), 1, open)
	n := w.nodes[0]
	n.room("r", "kim", "lee")
	lee := n.arrive("lee")
	ch := madang.Channel{App: "app1", Name: "r"}
	if err := lee.Enter(t.Context(), ch, []byte("here"), madang.Text); err != nil {
		t.Fatal(err)
	}
	if on, err := n.chat.Online(t.Context(), who("kim"), "r"); err != nil || !slices.Equal(on, []string{"lee"}) {
		t.Errorf("online %q, %v", on, err)
	}
	if err := n.chat.RemoveMember(t.Context(), who("kim"), "r", "lee"); err != nil {
		t.Fatal(err)
	}
	if m, err := n.hub.Members(t.Context(), ch); err != nil || len(m) != 0 {
		t.Errorf("still there: %+v, %v", m, err)
	}
}

// Keeps knows the channels in which rooms are heard, and no others.
func TestKeeps(t *testing.T) {
	w := newWorld(t, memory.NewChat(), 1, open)
	n := w.nodes[0]
	n.room("r", "kim")
	for channel, want := range map[string]bool{"r": true, "private-chat.r": true, "presence-chat.r": true, "news": false, "private-chat.news": false} {
		if got, err := n.chat.Keeps(t.Context(), madang.Channel{App: "app1", Name: channel}); got != want || err != nil {
			t.Errorf("%s: %v, %v", channel, got, err)
		}
	}
}
