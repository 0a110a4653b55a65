package clients

import (
	"slices"
	"testing"
	"time"

	"github.com/ably/ably-go/ably"
)

// texts reads a history to its end and returns its data.
func texts(t *testing.T, r ably.HistoryRequest) (all []any, pages int) {
	t.Helper()
	p, err := r.Pages(within(t))
	must(t, err)
	for p.Next(within(t)) {
		all, pages = append(all, datas(p.Items())...), pages+1
	}
	must(t, p.Err())
	return all, pages
}

// History has all kinds of data, in both directions and in pages, and up to where a client has attached.
func TestHistory(t *testing.T) {
	forms(t, func(t *testing.T, f form) {
		name := fresh()
		ch := f.rest(t).Channels.Get(name)
		sent := []any{"one", []byte{2}, map[string]any{"three": "3"}, "four", "five"}
		for i, data := range sent[:3] {
			must(t, ch.Publish(within(t), string(rune('a'+i)), data))
		}
		must(t, ch.PublishMultiple(within(t), []*ably.Message{{Name: "d", Data: sent[3]}, {Name: "e", Data: sent[4]}}))
		sent[1] = "\x02"
		forwards, pages := texts(t, ch.History(ably.HistoryWithDirection(ably.Forwards), ably.HistoryWithLimit(2)))
		want(t, "forwards", forwards, sent)
		want(t, "pages", pages, 3)
		backwards, _ := texts(t, ch.History())
		slices.Reverse(backwards)
		want(t, "backwards", backwards, sent)

		c := f.connect(t, port(t, "PORT"))
		live := c.Channels.Get(name)
		heard := hears(t, live)
		must(t, live.Publish(within(t), "f", "six"))
		heard.wait(t, 1)
		until, err := live.HistoryUntilAttach(ably.HistoryWithDirection(ably.Forwards))
		must(t, err)
		before, _ := texts(t, *until)
		want(t, "before it was attached", before, sent)
		all, _ := texts(t, live.History(ably.HistoryWithLimit(1000)))
		want(t, "all", len(all), len(sent)+1)
	})
}

// A publish that is repeated with its id is published once.
func TestIdempotence(t *testing.T) {
	forms(t, func(t *testing.T, f form) {
		ch := f.rest(t).Channels.Get(fresh())
		for range 3 {
			must(t, ch.PublishMultiple(within(t), []*ably.Message{{ID: "base:0", Data: "once"}}))
		}
		all, _ := texts(t, ch.History())
		want(t, "published", all, []any{"once"})
	})
}

// What the interface tells of itself and of channels.
func TestQueries(t *testing.T) {
	forms(t, func(t *testing.T, f form) {
		c, name := f.rest(t), fresh()
		now, err := c.Time(within(t))
		must(t, err)
		if d := time.Since(now).Abs(); d > time.Minute {
			t.Errorf("the server's clock is %v away", d)
		}
		live := f.connect(t, port(t, "PORT"), ably.WithKey(rootKey), ably.WithClientID("ann"))
		must(t, live.Channels.Get(name).Presence.Enter(within(t), nil))
		status, err := c.Channels.Get(name).Status(within(t))
		must(t, err)
		m := status.Status.Occupancy.Metrics
		want(t, "the channel", []any{status.ChannelId, status.Status.IsActive, m.Connections, m.PresenceMembers}, []any{name, true, 1, 1})

		_, err = c.Stats().Pages(within(t))
		refused(t, err, 40400)
		refused(t, f.rest(t, ably.WithKey(readerKey)).Channels.Get("elsewhere").Publish(within(t), "n", "no"), 40160)
		refused(t, f.rest(t, ably.WithKey("main.root:wrong")).Channels.Get(name).Publish(within(t), "n", "no"), 40101)
	})
}

// One request publishes in several channels, and says of each how it went.
func TestBatch(t *testing.T) {
	forms(t, func(t *testing.T, f form) {
		c, one, two := f.rest(t), fresh(), fresh()
		body := map[string]any{"channels": []string{one, two}, "messages": []map[string]any{{"name": "n", "data": "both"}}}
		pages, err := c.Request("POST", "/messages", ably.RequestWithBody(body)).Pages(within(t))
		must(t, err)
		if !pages.Next(within(t)) || !pages.Success() {
			t.Fatalf("status %d, %v: %s", pages.StatusCode(), pages.Err(), pages.ErrorMessage())
		}
		var results []map[string]any
		must(t, pages.Items(&results))
		if len(results) != 1 || len(results[0]["results"].([]any)) != 2 {
			t.Fatalf("%v", results)
		}
		for _, name := range []string{one, two} {
			all, _ := texts(t, c.Channels.Get(name).History())
			want(t, name, all, []any{"both"})
		}
	})
}
