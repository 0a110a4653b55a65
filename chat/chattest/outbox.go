package chattest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"madang/chat"
)

// claim claims for a node and returns the texts.
func (f fixture) claim(by string, now time.Time, limit int) (texts []string, ids []int64) {
	f.t.Helper()
	list, err := f.Claim(f.ctx, chat.Claim{By: by, Now: now, Until: now.Add(time.Minute), Limit: limit})
	for _, e := range must(list, err).or(f.t) {
		texts, ids = append(texts, e.Message.Text), append(ids, e.ID)
	}
	return texts, ids
}

func expect(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("%s: %q, want %q", what, got, want)
	}
}

func (s suite) outboxOrder(t *testing.T) {
	f := s.fixture(t)
	f.room("r", chat.RoomPublic, "kim")
	f.room("q", chat.RoomPublic, "kim")
	a := f.send("r", "kim", "n", "r1")
	f.send("r", "kim", "", "r2")
	f.send("q", "kim", "", "q1")
	same(t, "size", must(f.OutboxSize(f.ctx)).or(t), 3)

	now := start()
	list := must(f.Claim(f.ctx, chat.Claim{By: "n1", Now: now, Until: now.Add(time.Minute), Limit: 1})).or(t)
	same(t, "claimed", list[0], chat.OutboxEntry{
		ID: a.Outbox, Type: chat.EventMessageCreated, Rev: 2, Attempts: 1, Message: a.Message, Members: 1,
	})
	// r2 waits for r1, which is out; q1 does not.
	texts, ids := f.claim("n2", now, 10)
	expect(t, "second claim", texts, "q1")
	if err := f.Ack(f.ctx, append(ids, 424242)...); err != nil {
		t.Fatal(err)
	}
	if err := f.Ack(f.ctx); err != nil {
		t.Fatal(err)
	}
	same(t, "size after one Ack", must(f.OutboxSize(f.ctx)).or(t), 2)

	// r1 cannot be published now; r2 must not overtake it.
	if err := f.Postpone(f.ctx, now.Add(10*time.Second), a.Outbox, 424242); err != nil {
		t.Fatal(err)
	}
	texts, _ = f.claim("n1", now.Add(9*time.Second), 10)
	expect(t, "claim before the postponed time", texts)
	texts, ids = f.claim("n1", now.Add(10*time.Second), 10)
	expect(t, "claim at the postponed time", texts, "r1", "r2")
	if err := f.Ack(f.ctx, ids...); err != nil {
		t.Fatal(err)
	}
	same(t, "size after all", must(f.OutboxSize(f.ctx)).or(t), 0)

	// An id is never used again: a late Ack removes nobody else's entry.
	next := f.send("r", "kim", "", "r3")
	if next.Outbox <= slices.Max(ids) {
		t.Errorf("outbox id %d after %v", next.Outbox, ids)
	}
	for _, bad := range []chat.Claim{
		{By: "", Now: now, Until: now.Add(time.Second), Limit: 1},
		{By: "n", Now: now, Until: now, Limit: 1},
		{By: "n", Now: now, Until: now.Add(time.Second)},
	} {
		if _, err := f.Claim(f.ctx, bad); !errors.Is(err, chat.ErrInvalid) {
			t.Errorf("Claim(%+v): %v", bad, err)
		}
	}
}

func (s suite) outboxLease(t *testing.T) {
	f := s.fixture(t)
	f.room("r", chat.RoomPublic, "kim")
	f.send("r", "kim", "", "one")
	now := start()
	texts, _ := f.claim("n1", now, 10)
	expect(t, "claim", texts, "one")
	texts, _ = f.claim("n1", now.Add(59*time.Second), 10)
	expect(t, "claim of what is out, by its holder too", texts)

	// The node dies; another one takes over when the lease is over.
	later := now.Add(time.Minute)
	list := must(f.Claim(f.ctx, chat.Claim{By: "n2", Now: later, Until: later.Add(time.Minute), Limit: 10})).or(t)
	if len(list) != 1 || list[0].Attempts != 2 {
		t.Fatalf("claim after the lease: %+v", list)
	}
	// The first one comes back: what it held is not its own any more.
	same(t, "released by n1", must(f.Release(f.ctx, "n1")).or(t), 0)
	// The second one restarts and need not wait for its own lease.
	same(t, "released by n2", must(f.Release(f.ctx, "n2")).or(t), 1)
	texts, ids := f.claim("n2", later, 10)
	expect(t, "claim after Release", texts, "one")
	// Published is published, whoever says so.
	if err := f.Ack(f.ctx, ids...); err != nil {
		t.Fatal(err)
	}
	same(t, "size", must(f.OutboxSize(f.ctx)).or(t), 0)
}

func (s suite) outboxBornClaimed(t *testing.T) {
	f := s.fixture(t)
	f.room("r", chat.RoomPublic, "kim")
	n := text("r", "kim", "", "one", start())
	n.ClaimedBy, n.ClaimedUntil, n.Skip = "n1", start().Add(time.Minute), "12.34"
	same(t, "the first is born claimed", must(f.Append(f.ctx, n)).or(t).Claimed, true)
	n.Text = "two"
	n.ClaimedBy, n.Skip = "n2", ""
	same(t, "one behind it is not", must(f.Append(f.ctx, n)).or(t).Claimed, false)
	same(t, "released by n2", must(f.Release(f.ctx, "n2")).or(t), 0)
	same(t, "released by nobody", must(f.Release(f.ctx, "")).or(t), 0)
	texts, _ := f.claim("n2", start(), 10)
	expect(t, "claim while the sender publishes", texts)
	list := must(f.Claim(f.ctx, chat.Claim{
		By: "n2", Now: start().Add(time.Minute), Until: start().Add(time.Hour), Limit: 10,
	})).or(t)
	if len(list) != 2 || list[0].Attempts != 2 || list[1].Attempts != 1 {
		t.Fatalf("claim after the sender's time: %+v", list)
	}
	if list[0].Skip != "12.34" || list[1].Skip != "" {
		t.Errorf("connections that are not told: %q and %q", list[0].Skip, list[1].Skip)
	}
}
