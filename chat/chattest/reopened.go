package chattest

import (
	"slices"
	"testing"
	"time"

	"madang/chat"
)

// reopened checks that everything is there after the store was closed and opened again.
func (s suite) reopened(t *testing.T) {
	f := s.fixture(t)
	f.room("r", chat.RoomPrivate, "kim", "lee")
	first := f.send("r", "kim", "n1", "하나")
	f.send("r", "kim", "n2", "둘")
	f.claim("n1", start(), 1)
	if _, _, err := f.MarkRead(f.ctx, ref("r"), "lee", 1, start()); err != nil {
		t.Fatal(err)
	}
	room := must(f.Room(f.ctx, ref("r"))).or(t)
	members := must(f.Members(f.ctx, ref("r"), chat.ListQuery{})).or(t)
	history := must(f.History(f.ctx, ref("r"), chat.HistoryQuery{})).or(t)

	f.Store = s.reopen(t, f.Store)
	same(t, "room", must(f.Room(f.ctx, ref("r"))).or(t), room)
	if got := must(f.Members(f.ctx, ref("r"), chat.ListQuery{})).or(t); !slices.Equal(got, members) {
		t.Errorf("members: %+v, want %+v", got, members)
	}
	if got := must(f.History(f.ctx, ref("r"), chat.HistoryQuery{})).or(t); !slices.Equal(got.Messages, history.Messages) {
		t.Errorf("history: %+v, want %+v", got, history)
	}
	same(t, "unread", must(f.UnreadTotal(f.ctx, user("lee"))).or(t), 1)
	retry := f.send("r", "kim", "n1", "다른")
	if !retry.Duplicate || retry.Message != first.Message {
		t.Errorf("retry: %+v", retry)
	}
	// Nothing that was not acknowledged is forgotten, claimed or not.
	same(t, "outbox", must(f.OutboxSize(f.ctx)).or(t), 2)
	same(t, "released", must(f.Release(f.ctx, "n1")).or(t), 1)
	texts, ids := f.claim("n1", start().Add(time.Second), 10)
	expect(t, "claim", texts, "하나", "둘")
	if err := f.Ack(f.ctx, ids...); err != nil {
		t.Fatal(err)
	}
	f.Store = s.reopen(t, f.Store)
	same(t, "outbox after Ack", must(f.OutboxSize(f.ctx)).or(t), 0)
	if a := f.send("r", "kim", "", "셋"); a.Message.Seq != 3 || a.Outbox <= slices.Max(ids) {
		t.Errorf("append after reopening: %+v; used ids %v", a, ids)
	}
}
