package laravel

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"madang"
	"madang/internal/redistest"
)

// script is how the broadcaster publishes to several channels at once.
const script = "for i = 2, #ARGV do\n  redis.call('publish', ARGV[i], ARGV[1])\nend"

// The bytes of Laravel reach a subscriber under the channel's name, whichever of Laravel's own prefixes stands before it,
// and not the connection that sent them.
func TestBroadcast(t *testing.T) {
	r := redistest.Start(t)
	h := hubs(t, 1, madang.Config{})[0]
	c := quick()
	c.URL = r.URL()
	i := start(t, h, c, Options{})
	ready(t, i)
	all := subscribe(t, h, "news", "private-chat.1")
	sender := subscribe(t, h, "news")

	r.Do("EVAL", script, "0", strings.ReplaceAll(sent, "12.34", string(sender.id)), "laravel_database_news", "laravel_database_private-chat.1")
	r.Do("EVAL", script, "0", shipped, "laravel-database-news")
	const data = `{"text":"\uc548\ub155\/hello","n":1,"nested":{"a":[]}}` // without the sender's id
	want := []string{
		`news App\Events\MessageSent ` + data, `private-chat.1 App\Events\MessageSent ` + data,
		`news order.shipped {"order":{"id":7},"socket":null}`,
	}
	eventually(t, "all have come", func() bool { return len(all.seen()) == len(want) && sender.seen()[0] != "" })
	if got := all.seen(); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if got := sender.seen(); !slices.Equal(got, want[2:]) {
		t.Errorf("the sender got %q", got)
	}
	eventually(t, "all are counted", func() bool { return i.Stats().Delivered == 3 }) // after they have come
	if s := i.Stats(); s.Received != 3 || s.Delivered != 3 || !s.Connected || s.Outages != 0 {
		t.Errorf("%+v", s)
	}
}

// What is no event of Laravel, or is for a channel that clients cannot have, is counted and goes no further; one of them
// is logged.
func TestIgnored(t *testing.T) {
	r := redistest.Start(t)
	h := hubs(t, 1, madang.Config{})[0]
	c, log := quick(), &logbook{}
	c.URL, c.Prefixes, c.MaxPayload = r.URL(), []string{""}, 200
	i := start(t, h, c, Options{Log: log.logger(), Closed: func(ch madang.Channel) bool { return ch.Name == "private-shut" }})
	ready(t, i)
	all := subscribe(t, h, "news")
	for _, m := range [][2]string{
		{"news", "no JSON"}, {"news", `{"event":"e"}`}, {"PresenceChannelUpdated", `{"event":{"channel":"c","members":[]}}`},
		{"$all", event("e", 1)}, {"$user/7", event("e", 1)}, {strings.Repeat("x", 513), event("e", 1)}, {"a\nb", event("e", 1)},
		{"private-shut", event("e", 1)},
		{"news", event("e", strings.Repeat("x", 200))},
		{"news", event("last", 1)},
	} {
		r.Do("PUBLISH", m[0], m[1])
	}
	eventually(t, "the good one has come", func() bool { return all.seen()[0] == "news last 1" })
	eventually(t, "it is counted", func() bool { return i.Stats().Delivered == 1 })
	if s := i.Stats(); s.Received != 10 || s.Malformed != 3 || s.Refused != 5 || s.Oversized != 1 || s.Delivered != 1 {
		t.Errorf("%+v", s)
	}
	if n := log.count("was ignored"); n != 1 {
		t.Errorf("%d of them logged:\n%v", n, log)
	}
}

// Of prefixes that begin alike the longest counts, and each message comes once.
func TestPrefixesThatBeginAlike(t *testing.T) {
	r := redistest.Start(t)
	h := hubs(t, 1, madang.Config{})[0]
	c := quick()
	c.URL, c.Prefixes = r.URL(), []string{"", "a_", "a_b_", "we*rd_"}
	i := start(t, h, c, Options{})
	ready(t, i)
	all := subscribe(t, h, "news", "b_news", "b_", "weird_news")
	for _, channel := range []string{"news", "a_news", "a_b_news", "a_b_b_news", "we*rd_news", "weird_news"} {
		r.Do("PUBLISH", channel, event(channel, 1))
	}
	want := []string{"news news 1", "news a_news 1", "news a_b_news 1", "b_news a_b_b_news 1", "news we*rd_news 1", "weird_news weird_news 1"}
	eventually(t, "all have come", func() bool { return len(all.seen()) == len(want) })
	if got := all.seen(); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// Three nodes hear the same Redis and each other: every subscriber gets every message once.
func TestOnceOnEachNode(t *testing.T) {
	r := redistest.Start(t)
	all := hubs(t, 3, madang.Config{})
	c := quick()
	c.URL = r.URL()
	var subs []*subscriber
	for _, h := range all {
		ready(t, start(t, h, c, Options{Local: true}))
		subs = append(subs, subscribe(t, h, "news"), subscribe(t, h, "news"))
	}
	sender := subs[3] // on the second node
	var want, others []string
	for n := range 100 {
		p := fmt.Sprintf(`{"event":"e","data":%d,"socket":null}`, n)
		line := fmt.Sprintf("news e %d", n)
		if want = append(want, line); n%3 == 0 {
			p = fmt.Sprintf(`{"event":"e","data":%d,"socket":%q}`, n, sender.id)
		} else {
			others = append(others, line)
		}
		r.Do("PUBLISH", "laravel_database_news", p)
	}
	r.Do("PUBLISH", "laravel_database_news", event("end", 0))
	for n, s := range subs {
		eventually(t, "the last has come", func() bool { return strings.HasPrefix(s.seen()[len(s.seen())-1], "news end") })
		w := want
		if s == sender {
			w = others
		}
		if got := s.seen(); !slices.Equal(got[:len(got)-1], w) {
			t.Errorf("subscriber %d got %d: %q", n, len(got), got)
		}
	}
}

// A node that is alone gives messages positions and keeps them; with the sender's id, if that is wanted.
func TestHistory(t *testing.T) {
	r := redistest.Start(t)
	h := hubs(t, 1, madang.Config{Retention: func(madang.Channel) madang.Retention { return madang.Retention{Count: 10} }})[0]
	c := quick()
	c.URL, c.StripSocket = r.URL(), false
	ready(t, start(t, h, c, Options{}))
	r.Do("PUBLISH", "laravel_database_news", sent)
	var page madang.Page
	eventually(t, "it is kept", func() bool {
		var err error
		if page, err = h.History(t.Context(), madang.Channel{App: "shop", Name: "news"}, madang.HistoryQuery{}); err != nil {
			t.Fatal(err)
		}
		return len(page.Events) == 1
	})
	m := page.Events[0].Message
	if m.Skip != "12.34" || string(m.Data) != `{"text":"\uc548\ub155\/hello","n":1,"nested":{"a":[]},"socket":"12.34"}` || m.Type != madang.JSON ||
		page.Events[0].Pos.Offset == 0 || m.Time.IsZero() {
		t.Errorf("%+v", m)
	}
}

// full is a broker that takes no messages.
type full struct{ madang.Broker }

func (full) Publish(_ context.Context, es []*madang.Event, _ madang.Retention) ([]madang.Position, error) {
	return nil, fmt.Errorf("no room for %d: %w", len(es), madang.ErrTooMany)
}

// A broker that fails costs the message, which is counted.
func TestBrokerFails(t *testing.T) {
	r := redistest.Start(t)
	h := madang.New(madang.Config{Broker: full{madang.NewMemory().Broker()}})
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	c, log := quick(), &logbook{}
	c.URL = r.URL()
	i := start(t, h, c, Options{Log: log.logger()})
	ready(t, i)
	r.Do("PUBLISH", "laravel_database_news", shipped)
	eventually(t, "it is counted", func() bool { return i.Stats().Failed == 1 })
	if log.count("was ignored") != 1 {
		t.Errorf("%v", log)
	}
}

func TestLife(t *testing.T) {
	h := hubs(t, 1, madang.Config{})[0]
	c := quick()
	if _, err := New(h, c, Options{}); err == nil {
		t.Error("made without an address")
	}
	c.MaxPayload = 0
	if _, err := New(h, c, Options{}); err == nil {
		t.Error("made of a configuration that is invalid")
	}
	c = quick()
	c.URL = redistest.Start(t).URL()
	i, err := New(h, c, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := i.Ready(t.Context()); !errors.Is(err, errNotStarted) {
		t.Errorf("ready before start: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if err := i.Start(ctx); err != nil {
		t.Fatal(err)
	}
	if err := i.Ready(t.Context()); err != nil {
		t.Errorf("after start: %v", err)
	}
	if err := i.Start(ctx); !errors.Is(err, madang.ErrClosed) {
		t.Errorf("started twice: %v", err)
	}
	cancel()
	for range 2 {
		if err := i.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := i.Start(t.Context()); !errors.Is(err, madang.ErrClosed) || i.Ready(t.Context()) == nil {
		t.Errorf("started after close: %v", err)
	}
}

// Close does not wait for a Redis that is silent.
func TestCloseWhileSilent(t *testing.T) {
	r := redistest.Start(t)
	h := hubs(t, 1, madang.Config{})[0]
	c := quick()
	c.URL, c.Timeout, c.Heartbeat = r.URL(), time.Hour, time.Hour
	listening := start(t, h, c, Options{})
	ready(t, listening)
	r.Pause()
	defer r.Resume()
	connecting, err := New(h, c, Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := connecting.Start(ctx); err != nil { // the system accepts the connection, Redis says nothing
		t.Fatal(err)
	}
	for _, i := range []*Inlet{listening, connecting} {
		if err := i.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Nothing goes on after Close.
func TestNothingIsLeftBehind(t *testing.T) {
	r := redistest.Start(t)
	h := hubs(t, 1, madang.Config{})[0]
	c := quick()
	c.URL = r.URL()
	before := runtime.NumGoroutine()
	for range 5 {
		i := start(t, h, c, Options{})
		ready(t, i)
		r.Kill()
		eventually(t, "it is noticed", func() bool { return i.Stats().Outages == 1 })
		r.Restart()
		ready(t, i)
		if err := i.Close(); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the goroutines end", func() bool { return runtime.NumGoroutine() <= before+1 }) // the server's own
}
