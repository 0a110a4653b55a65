package redis

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"madang"
)

var hundred = madang.Retention{Count: 100, Age: time.Hour}

// refused publishes until that is refused, and reports how long the refusals took at most.
func refused(t *testing.T, b *Broker, c madang.Channel) (longest time.Duration) {
	t.Helper()
	eventually(t, "publishing is refused at once", func() bool {
		start := time.Now()
		_, err := say(b, c, "refused", hundred)
		took := time.Since(start)
		longest = max(longest, took)
		if err != nil && !errors.Is(err, ErrUnavailable) {
			t.Fatalf("refused with %v", err)
		}
		return err != nil && took < 50*time.Millisecond && b.Ready(context.Background()) != nil
	})
	return longest
}

// A server that is killed and comes back with nothing: publishing is refused meanwhile, subscriptions come back, epochs
// change, who asks for what came since is told that it is lost, and members are there again.
func TestRestartedEmpty(t *testing.T) {
	t.Parallel()
	server, c := standalone(t), room("news")
	config := quick(server.URL())
	a, _ := listen(t, config)
	b, ear := listen(t, config, c)
	if err := b.Keep(t.Context(), "7", time.Minute); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Put(t.Context(), c, madang.Member{User: "u", Conn: "7.1", Node: "7"}); err != nil {
		t.Fatal(err)
	}
	old := mustSay(t, a, c, 1, 3, hundred)
	eventually(t, "all is heard", func() bool { return len(ear.texts(c)) == 3 })
	server.Kill()
	if longest := refused(t, a, c); longest > 2*config.Timeout {
		t.Errorf("a refusal took %v", longest)
	}
	if _, err := b.History(t.Context(), c, madang.HistoryQuery{}); !errors.Is(err, ErrUnavailable) {
		t.Errorf("history without a server: %v", err)
	}
	if err := b.Keep(t.Context(), "7", time.Minute); !errors.Is(err, ErrUnavailable) {
		t.Errorf("lease without a server: %v", err)
	}
	server.Restart()
	eventually(t, "both are ready again", func() bool { return a.Ready(t.Context()) == nil && b.Ready(t.Context()) == nil })
	now := sayEventually(t, a, c, "4", hundred)
	if now.Epoch == old.Epoch || now.Offset <= old.Offset {
		t.Errorf("position %v after %v: the history between is gone", now, old)
	}
	eventually(t, "what is new is heard", func() bool { return slices.Contains(ear.texts(c), "4") })
	if got := fmt.Sprint(ear.texts(c)); got != "[1 2 3 4]" || ear.losses(c) != 1 {
		t.Errorf("heard %s, told of %d losses", got, ear.losses(c))
	}
	if _, err := b.History(t.Context(), c, madang.HistoryQuery{Since: old}); !errors.Is(err, madang.ErrLost) {
		t.Errorf("history since before: %v", err)
	}
	if err := b.Keep(t.Context(), "7", time.Minute); err != nil {
		t.Fatal(err)
	}
	if all, err := a.Members(t.Context(), c); err != nil || len(all) != 1 {
		t.Errorf("members %v, %v", all, err)
	}
	if s := b.Stats(); s.Outages == 0 || s.Lost != 1 || s.Restored != 1 || s.Deaf+s.Silent != 0 {
		t.Errorf("%+v", s)
	}
}

// A server that hangs: who publishes waits no longer than the time allowed, and later not at all; then all goes on, and
// nothing that was kept is missing.
func TestHanging(t *testing.T) {
	t.Parallel()
	server, c := standalone(t), room("news")
	config := quick(server.URL())
	config.Timeout = 300 * time.Millisecond
	a, _ := listen(t, config)
	b, ear := listen(t, config, c)
	mustSay(t, a, c, 1, 3, hundred)
	server.Pause()
	if longest := refused(t, a, c); longest > 2*config.Timeout {
		t.Errorf("a refusal took %v, the limit is %v", longest, config.Timeout)
	}
	start := time.Now()
	if err := b.Subscribe(t.Context(), room("other")); !errors.Is(err, ErrUnavailable) || time.Since(start) > 2*config.Timeout {
		t.Errorf("subscribe: %v after %v", err, time.Since(start))
	}
	server.Resume()
	sayEventually(t, a, c, "4", hundred)
	eventually(t, "what is new is heard", func() bool { return slices.Contains(ear.texts(c), "4") })
	got := ear.texts(c)
	if got = slices.DeleteFunc(got, func(s string) bool { return s == "refused" }); fmt.Sprint(got) != "[1 2 3 4]" {
		t.Errorf("heard %q", got)
	}
	follows(t, ear, c)
	if ear.losses(c) != 0 {
		t.Errorf("told of %d losses", ear.losses(c))
	}
}

// follows fails the test if a channel's events did not come in their order, each once.
func follows(t *testing.T, e *ear, c madang.Channel) {
	t.Helper()
	events := e.events(c)
	for i := 1; i < len(events); i++ {
		a, b := events[i-1].Pos, events[i].Pos
		if a.Epoch == b.Epoch && b.Offset != a.Offset+1 {
			t.Errorf("%v came after %v", b, a)
		}
	}
}

// A connection that is cut while others publish: what is kept is brought after, what is not is told.
func TestCut(t *testing.T) {
	t.Parallel()
	server, kept, gone := standalone(t), room("kept"), room("gone")
	near := quick(server.URL())
	a, _ := listen(t, near)
	way, far := newProxy(t, server.Addr), near
	far.URL = way.url()
	b, ear := listen(t, far, kept, gone)
	mustSay(t, a, kept, 1, 3, hundred)
	mustSay(t, a, gone, 1, 3, madang.Retention{})
	eventually(t, "all is heard", func() bool { return len(ear.texts(kept)) == 3 && len(ear.texts(gone)) == 3 })
	way.cut(true)
	eventually(t, "it is noticed", func() bool { return b.Ready(t.Context()) != nil })
	mustSay(t, a, kept, 4, 700, madang.Retention{Count: 1000}) // more than one script brings
	mustSay(t, a, gone, 4, 6, madang.Retention{})
	way.cut(false)
	eventually(t, "it is ready again", func() bool { return b.Ready(t.Context()) == nil })
	mustSay(t, a, kept, 701, 702, madang.Retention{Count: 1000})
	mustSay(t, a, gone, 7, 8, madang.Retention{})
	eventually(t, "all is heard", func() bool { return len(ear.texts(kept)) >= 702 && len(ear.texts(gone)) >= 5 })
	for i, text := range ear.texts(kept) {
		if text != fmt.Sprint(i+1) {
			t.Fatalf("heard %q at %d", text, i)
		}
	}
	if got := fmt.Sprint(ear.texts(gone)); got != "[1 2 3 7 8]" || ear.losses(gone) != 1 || ear.losses(kept) != 0 {
		t.Errorf("heard %s, told of %d losses, and of %d where there were none", got, ear.losses(gone), ear.losses(kept))
	}
}

// Whatever lies between is slow: everything takes longer, and nothing breaks.
func TestSlow(t *testing.T) {
	t.Parallel()
	server, c := standalone(t), room("news")
	config := quick(server.URL())
	way := newProxy(t, server.Addr)
	config.URL = way.url()
	b, ear := listen(t, config, c)
	way.slow(60 * time.Millisecond)
	mustSay(t, b, c, 1, 5, hundred)
	eventually(t, "all is heard", func() bool { return len(ear.texts(c)) == 5 })
	if got := fmt.Sprint(ear.texts(c)); got != "[1 2 3 4 5]" || ear.losses(c) != 0 || b.Stats().Outages != 0 {
		t.Errorf("heard %s, %+v", got, b.Stats())
	}
}

// A subscription that Redis ends by itself, as when a Cluster moves a slot, comes back.
func TestTakenAway(t *testing.T) {
	t.Parallel()
	server, c := standalone(t), room("news")
	b, ear := listen(t, quick(server.URL()), c)
	mustSay(t, b, c, 1, 1, hundred)
	for line := range strings.SplitSeq(server.Do("CLIENT", "LIST", "TYPE", "PUBSUB"), "\n") {
		if id, _, ok := strings.Cut(strings.TrimPrefix(line, "id="), " "); ok {
			server.Do("CLIENT", "KILL", "ID", id)
		}
	}
	mustSay(t, b, c, 2, 2, hundred)
	eventually(t, "all is heard", func() bool { return len(ear.texts(c)) == 2 })
	if ear.losses(c) != 0 {
		t.Errorf("told of %d losses", ear.losses(c))
	}
}

// A node that was thought dead while it was only slow tells that its members are there again.
func TestThoughtDead(t *testing.T) {
	t.Parallel()
	server, c := standalone(t), room("news")
	config := quick(server.URL())
	slow, _ := listen(t, config)
	other, ear := listen(t, config, c)
	if err := slow.Keep(t.Context(), "7", 50*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if _, err := slow.Put(t.Context(), c, madang.Member{User: "u", Conn: "7.1", Node: "7", Data: []byte("x")}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is swept", func() bool {
		gone, err := other.Sweep(t.Context())
		return err == nil && len(gone) == 1
	})
	if err := slow.Keep(t.Context(), "7", time.Minute); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it is told", func() bool { return len(ear.events(c)) == 1 })
	e := ear.events(c)[0]
	if e.Kind != madang.EnterEvent || !e.First || e.Member.Conn != "7.1" || string(e.Member.Data) != "x" {
		t.Errorf("told %+v %+v", e, e.Member)
	}
	if all, err := other.Members(t.Context(), c); err != nil || len(all) != 1 {
		t.Errorf("members %v, %v", all, err)
	}
}

// Who leaves while Redis is away has left when it is back.
func TestLeftMeanwhile(t *testing.T) {
	t.Parallel()
	server, c := standalone(t), room("news")
	near := quick(server.URL())
	other, ear := listen(t, near, c)
	way, far := newProxy(t, server.Addr), near
	far.URL = way.url()
	b, _ := listen(t, far)
	if err := b.Keep(t.Context(), "7", time.Minute); err != nil {
		t.Fatal(err)
	}
	for _, id := range []madang.ConnID{"7.1", "7.2"} {
		if _, err := b.Put(t.Context(), c, madang.Member{User: "u" + string(id), Conn: id, Node: "7"}); err != nil {
			t.Fatal(err)
		}
	}
	way.cut(true)
	if _, _, err := b.Remove(t.Context(), c, "7.1"); !errors.Is(err, ErrUnavailable) {
		t.Fatalf("removed: %v", err)
	}
	way.cut(false)
	eventually(t, "the lease is renewed", func() bool { return b.Keep(t.Context(), "7", time.Minute) == nil })
	eventually(t, "it is told", func() bool { return len(ear.events(c)) == 1 })
	if e := ear.events(c)[0]; e.Kind != madang.LeaveEvent || !e.Last || e.Member.Conn != "7.1" {
		t.Errorf("told %+v %+v", e, e.Member)
	}
	if all, err := other.Members(t.Context(), c); err != nil || len(all) != 1 || all[0].Conn != "7.2" {
		t.Errorf("members %v, %v", all, err)
	}
}

// Redis may drop keys when it is full: what is gone is said to be lost, and what is left is not taken for something else.
func TestEvicted(t *testing.T) {
	t.Parallel()
	server := standalone(t)
	b, _ := listen(t, quick(server.URL()))
	for what, key := range map[string]func(keys, string) string{"the stream": keys.stream, "a shelf": keys.spoken} {
		c := room(what)
		p, suffix := b.partition(c)
		old := mustSay(t, b, c, 1, 3, hundred)
		server.Do("DEL", key(p.keys, suffix))
		if _, err := b.History(t.Context(), c, madang.HistoryQuery{Since: madang.Position{Epoch: old.Epoch, Offset: 1}}); !errors.Is(err, madang.ErrLost) {
			t.Errorf("without %s: history since the first: %v", what, err)
		}
		now := mustSay(t, b, c, 4, 4, hundred)
		if now.Epoch == old.Epoch && now.Offset <= old.Offset {
			t.Errorf("without %s: position %v after %v", what, now, old)
		}
		page, err := b.History(t.Context(), c, madang.HistoryQuery{})
		if err != nil || len(page.Events) != 1 || page.Events[0].Pos != now {
			t.Errorf("without %s: history has %d events, %v", what, len(page.Events), err)
		}
	}
}

// A failover while this node was cut off: the stream goes on under another epoch. What
// is new is delivered all the same.
func TestOtherProcess(t *testing.T) {
	t.Parallel()
	server, c := standalone(t), room("news")
	near := quick(server.URL())
	a, _ := listen(t, near)
	way, far := newProxy(t, server.Addr), near
	far.URL = way.url()
	b, ear := listen(t, far, c)
	old := mustSay(t, a, c, 1, 5, hundred)
	eventually(t, "all is heard", func() bool { return len(ear.texts(c)) == 5 })
	way.cut(true)
	eventually(t, "it is noticed", func() bool { return b.Ready(t.Context()) != nil })
	p, suffix := a.partition(c)
	server.Do("DEL", p.keys.spoken(suffix))
	server.Do("HSET", p.keys.stream(suffix), "r", "another", "o", fmt.Sprint(old.Offset-2), "k1", "0") // as a replica has it that lacks two
	if at := mustSay(t, a, c, 6, 6, hundred); at.Offset <= old.Offset || at.Epoch == old.Epoch {
		t.Fatalf("position %v after %v", at, old)
	}
	way.cut(false)
	eventually(t, "what is new is heard", func() bool { return len(ear.texts(c)) == 6 })
	if got := fmt.Sprint(ear.texts(c)); got != "[1 2 3 4 5 6]" || ear.losses(c) != 1 {
		t.Errorf("heard %s, told of %d losses", got, ear.losses(c))
	}
}

// What is published first of all in a channel is missed like anything else.
func TestCutBeforeTheFirst(t *testing.T) {
	t.Parallel()
	server, kept, gone := standalone(t), room("kept"), room("gone")
	near := quick(server.URL())
	a, _ := listen(t, near)
	way, far := newProxy(t, server.Addr), near
	far.URL = way.url()
	b, ear := listen(t, far, kept, gone)
	way.cut(true)
	eventually(t, "it is noticed", func() bool { return b.Ready(t.Context()) != nil })
	mustSay(t, a, kept, 1, 3, hundred)
	mustSay(t, a, gone, 1, 3, madang.Retention{})
	way.cut(false)
	eventually(t, "it is ready again", func() bool { return b.Ready(t.Context()) == nil })
	eventually(t, "all is heard", func() bool { return len(ear.texts(kept)) == 3 && ear.losses(gone) == 1 })
	if got := fmt.Sprint(ear.texts(kept)); got != "[1 2 3]" || ear.losses(kept) != 0 {
		t.Errorf("heard %s, told of %d losses", got, ear.losses(kept))
	}
}
