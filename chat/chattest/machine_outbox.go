package chattest

import (
	"cmp"
	"time"

	"pgregory.net/rapid"

	"madang/chat"
)

// sweep removes what an earlier run has left in the outbox, which all apps share.
func (m *machine) sweep(rt *rapid.T) {
	later := start().AddDate(100, 0, 0) // when no lease and no delay counts any more
	for {
		list := must(m.Claim(m.ctx, chat.Claim{By: "sweeper", Now: later, Until: later.Add(time.Minute), Limit: 100})).or(rt)
		if len(list) == 0 {
			return
		}
		for _, e := range list {
			must(0, m.Ack(m.ctx, e.ID)).or(rt)
		}
	}
}

func (m *machine) claimEntries(rt *rapid.T) {
	c := chat.Claim{
		By: anyNode(rt), Now: m.now, Until: m.now.Add(2 * time.Second), Limit: rapid.IntRange(1, 4).Draw(rt, "limit"),
	}
	got := must(m.Claim(m.ctx, c)).or(rt)
	want := m.model.claim(c)
	same(rt, "claimed entries", len(got), len(want))
	for i, e := range want {
		same(rt, "claimed", got[i], chat.OutboxEntry{
			ID: e.id, Type: chat.EventMessageCreated, Rev: e.message.Rev, Attempts: e.attempts, Message: e.message,
			Members: len(m.model.rooms[e.message.Room.ID].active()),
		})
	}
}

// settle says of one entry that it was published, or could not be.
func (m *machine) settle(rt *rapid.T) {
	if len(m.model.outbox) == 0 {
		return
	}
	e := rapid.SampledFrom(m.model.outbox).Draw(rt, "entry")
	if rapid.Bool().Draw(rt, "published") {
		must(0, m.Ack(m.ctx, e.id)).or(rt)
		m.model.drop(e.id)
		return
	}
	e.by, e.until = "", m.now.Add(time.Second)
	must(0, m.Postpone(m.ctx, e.until, e.id)).or(rt)
}

func (m *machine) release(rt *rapid.T) {
	node, want := anyNode(rt), 0
	for _, e := range m.model.outbox {
		if e.by == node {
			e.by, e.until = "", time.Time{}
			want++
		}
	}
	same(rt, "released", must(m.Release(m.ctx, node)).or(rt), want)
}

func byRoom(a, b chat.Unread) int { return cmp.Compare(a.Room.ID, b.Room.ID) }
