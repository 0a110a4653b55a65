package redis

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"madang"
)

// Redis is full, or is a replica: it answers, hears nothing new, and says so; what it has can be read.
func TestRefusing(t *testing.T) {
	t.Parallel()
	server, c := standalone(t), room("news")
	b, ear := listen(t, quick(server.URL()), c)
	if err := b.Keep(t.Context(), "7", time.Minute); err != nil {
		t.Fatal(err)
	}
	for _, id := range []madang.ConnID{"7.1", "7.2"} {
		if _, err := b.Put(t.Context(), c, madang.Member{User: "u", Conn: id, Node: "7"}); err != nil {
			t.Fatal(err)
		}
	}
	refuses := func(what string) {
		t.Helper()
		if _, err := say(b, c, "refused", hundred); !errors.Is(err, ErrUnavailable) {
			t.Errorf("%s: published: %v", what, err)
		}
		eventually(t, "it is noticed", func() bool {
			return errors.Is(b.Ready(t.Context()), ErrUnavailable) && b.Stats().Full == len(b.partitions)
		})
		if page, err := b.History(t.Context(), c, madang.HistoryQuery{}); err != nil || len(page.Events) != 1 {
			t.Errorf("%s: history has %d events, %v", what, len(page.Events), err)
		}
		if all, err := b.Members(t.Context(), c); err != nil || len(all) == 0 {
			t.Errorf("%s: members %v, %v", what, all, err)
		}
	}
	heals := func(text string) {
		t.Helper()
		sayEventually(t, b, c, text, hundred)
		eventually(t, "it is ready again", func() bool { return b.Ready(t.Context()) == nil && b.Stats().Full == 0 })
		eventually(t, "it is heard", func() bool { all := ear.texts(c); return len(all) > 0 && all[len(all)-1] == text })
	}
	mustSay(t, b, c, 1, 1, hundred)

	server.Do("CONFIG", "SET", "maxmemory", "1")
	refuses("full")
	if err := b.Keep(t.Context(), "7", time.Minute); err != nil {
		t.Errorf("a full Redis does not renew the lease, and all members will leave: %v", err)
	}
	if was, _, err := b.Remove(t.Context(), c, "7.2"); err != nil || was == nil {
		t.Errorf("a full Redis does not let members leave: %v", err)
	}
	server.Do("CONFIG", "SET", "maxmemory", "0")
	heals("2")

	p, s := b.partition(c)
	server.Do("DEL", p.keys.spoken(s), p.keys.stream(s))
	mustSay(t, b, c, 1, 1, hundred)
	server.Do("REPLICAOF", "127.0.0.1", "1")
	refuses("a replica")
	server.Do("REPLICAOF", "NO", "ONE")
	heals("2")
	if s := b.Stats(); s.Outages != 0 || ear.losses(c) != 0 {
		t.Errorf("%+v, %d losses", s, ear.losses(c))
	}
}

// A channel in which nothing happens is not forgotten while somebody hears it: else each cut would look like a loss.
func TestQuiet(t *testing.T) {
	t.Parallel()
	server, c := standalone(t), room("news")
	config := quick(server.URL())
	config.Forget = 2 * time.Second
	b, _ := listen(t, config, c)
	mustSay(t, b, c, 1, 1, madang.Retention{})
	p, s := b.partition(c)
	before := ""
	for range 2 { // the time that is left grows, and again
		before = server.Do("PTTL", p.keys.stream(s))
		eventually(t, "its time is extended", func() bool {
			now := server.Do("PTTL", p.keys.stream(s))
			grown := len(now) > len(before) || len(now) == len(before) && now > before
			before = now
			return grown
		})
	}
}

// Orders between hubs that may not be missed are brought after; others nobody misses.
func TestOrdersAreFilled(t *testing.T) {
	t.Parallel()
	server, all := standalone(t), madang.Channel{Name: "$all"}
	near := quick(server.URL())
	a, _ := listen(t, near)
	way, far := newProxy(t, server.Addr), near
	far.URL = way.url()
	b, ear := listen(t, far, all)
	order := func(id uint64, keep madang.Retention) {
		t.Helper()
		e := &madang.Event{Kind: 4, Channel: all, Control: &madang.Control{Op: madang.OpLeave, ID: id}}
		if _, err := a.Publish(t.Context(), []*madang.Event{e}, keep); err != nil {
			t.Fatal(err)
		}
	}
	order(1, hundred)
	eventually(t, "it is heard", func() bool { return len(ear.events(all)) == 1 })
	way.cut(true)
	eventually(t, "it is noticed", func() bool { return b.Ready(t.Context()) != nil })
	order(2, hundred)
	order(3, madang.Retention{})
	order(4, hundred)
	way.cut(false)
	eventually(t, "what was missed is heard", func() bool { return len(ear.events(all)) == 3 })
	for i, want := range []uint64{1, 2, 4} {
		if got := ear.events(all)[i].Control.ID; got != want {
			t.Errorf("order %d is %d, want %d", i, got, want)
		}
	}
	if ear.losses(all) != 0 {
		t.Errorf("told of %d losses", ear.losses(all))
	}
}

// A Redis that may evict is told of when the node starts, once.
func TestEvictingIsWarnedOf(t *testing.T) {
	t.Parallel()
	server := standalone(t)
	for policy, want := range map[string]int{"noeviction": 0, "volatile-lru": 1} {
		server.Do("CONFIG", "SET", "maxmemory-policy", policy)
		var said strings.Builder
		b, err := Open(t.Context(), quick(server.URL()), Options{Log: slog.New(slog.NewTextHandler(&said, &slog.HandlerOptions{Level: slog.LevelWarn}))})
		if err != nil {
			t.Fatal(err)
		}
		err = b.Start(t.Context(), newEar())
		if closed := b.Close(); err != nil || closed != nil {
			t.Fatal(err, closed)
		}
		if got := strings.Count(said.String(), "noeviction"); got != want {
			t.Errorf("%s: said %q", policy, said.String())
		}
	}
}
