package memory

import (
	"context"
	"slices"
	"time"

	"madang/chat"
)

// enqueue writes the outbox entry of a message just appended and reports whether it was born claimed. The lock is held.
func (c *Chat) enqueue(r *room, m chat.Message, n chat.NewMessage) (id int64, claimed bool) {
	c.lastID++
	e := &entry{id: c.lastID, typ: chat.EventMessageCreated, rev: m.Rev, room: r, seq: m.Seq, skip: n.Skip}
	if n.ClaimedBy != "" && r.pending == 0 {
		claimed = true
		e.by, e.until, e.attempts = n.ClaimedBy, chat.Millis(n.ClaimedUntil), 1
	}
	c.outbox = append(c.outbox, e)
	r.pending++
	return e.id, claimed
}

// Claim implements chat.OutboxStore.
func (c *Chat) Claim(_ context.Context, cl chat.Claim) ([]chat.OutboxEntry, error) {
	if err := cl.Validate(); err != nil {
		return nil, err
	}
	now, until := chat.Millis(cl.Now), chat.Millis(cl.Until)
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []chat.OutboxEntry
	waiting := make(map[*room]bool)
	for _, e := range c.outbox {
		if len(list) == cl.Limit {
			break
		}
		if waiting[e.room] || e.until.After(now) {
			waiting[e.room] = true
			continue
		}
		e.by, e.until = cl.By, until
		e.attempts++
		list = append(list, chat.OutboxEntry{
			ID: e.id, Type: e.typ, Rev: e.rev, Attempts: e.attempts, Message: e.room.messages[e.seq-1],
			Members: e.room.Members, Skip: e.skip,
		})
	}
	return list, nil
}

// Ack implements chat.OutboxStore.
func (c *Chat) Ack(_ context.Context, ids ...int64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.outbox = slices.DeleteFunc(c.outbox, func(e *entry) bool {
		gone := slices.Contains(ids, e.id)
		if gone {
			e.room.pending--
		}
		return gone
	})
	return nil
}

// Postpone implements chat.OutboxStore.
func (c *Chat) Postpone(_ context.Context, until time.Time, ids ...int64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.outbox {
		if slices.Contains(ids, e.id) {
			e.by, e.until = "", chat.Millis(until)
		}
	}
	return nil
}

// Release implements chat.OutboxStore.
func (c *Chat) Release(_ context.Context, by string) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, e := range c.outbox {
		if by != "" && e.by == by {
			e.by, e.until = "", time.Time{}
			n++
		}
	}
	return n, nil
}

// OutboxSize implements chat.OutboxStore.
func (c *Chat) OutboxSize(context.Context) (int64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return int64(len(c.outbox)), nil
}
