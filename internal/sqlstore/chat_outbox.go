package sqlstore

import (
	"context"
	"database/sql"
	"time"

	"madang/chat"
)

// enqueue writes the outbox entry of a message and reports whether it was born claimed.
func enqueue(t *tx, room int64, m chat.Message, n chat.NewMessage) (id int64, claimed bool, err error) {
	var attempts int
	var until int64
	var by string
	if n.ClaimedBy != "" {
		var waiting bool
		if err := t.row(`SELECT EXISTS (SELECT 1 FROM outbox WHERE room = ?)`, room).Scan(&waiting); err != nil {
			return 0, false, err
		}
		if claimed = !waiting; claimed {
			by, attempts, until = n.ClaimedBy, 1, n.ClaimedUntil.UnixMilli()
		}
	}
	err = t.row(`INSERT INTO outbox (room, seq, rev, type, attempts, next_at, claimed_by, skip) VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
		room, m.Seq, m.Rev, chat.EventMessageCreated, attempts, until, by, n.Skip).Scan(&id)
	return id, claimed, err
}

// OutboxQuery asks for outbox entries, as OutboxEntries takes them. What follows says which: the table's alias is o.
const OutboxQuery = `SELECT o.id, o.type, o.rev, o.attempts, o.skip, r.app, r.id, r.member_count, ` + messageColumns + `
	FROM outbox o JOIN rooms r ON r.pk = o.room JOIN messages g ON g.room = o.room AND g.seq = o.seq`

// OutboxEntries returns what OutboxQuery found, for an engine that claims in its own way.
func OutboxEntries(rows Rows, err error) ([]chat.OutboxEntry, error) {
	return collect(rows, err, scanOutbox)
}

// claimQuery finds free entries that no older entry of their room holds back.
const claimQuery = OutboxQuery + `
	WHERE o.next_at <= ?1 AND NOT EXISTS (
		SELECT 1 FROM outbox older WHERE older.room = o.room AND older.id < o.id AND older.next_at > ?1)
	ORDER BY o.id LIMIT ?2`

// Claim implements chat.OutboxStore.
func (c Chat) Claim(ctx context.Context, cl chat.Claim) ([]chat.OutboxEntry, error) {
	if err := cl.Validate(); err != nil {
		return nil, err
	}
	// Whoever looks and finds nothing, which is what mostly happens, does not disturb the writer.
	var list []chat.OutboxEntry
	rows, err := c.store.reader(ctx).rows(claimQuery, cl.Now.UnixMilli(), 1)
	if list, err = collect(rows, err, scanOutbox); err != nil || len(list) == 0 {
		return nil, c.store.explain("claim outbox entries", err)
	}
	err = c.store.update(ctx, "claim outbox entries", func(t *tx) error {
		rows, err := t.rows(claimQuery, cl.Now.UnixMilli(), cl.Limit)
		if list, err = collect(rows, err, scanOutbox); err != nil {
			return err
		}
		for i := range list {
			e := &list[i]
			e.Attempts++
			err := t.exec(`UPDATE outbox SET attempts = ?, next_at = ?, claimed_by = ? WHERE id = ?`,
				e.Attempts, cl.Until.UnixMilli(), cl.By, e.ID)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

func scanOutbox(row Scanner) (chat.OutboxEntry, error) {
	var e chat.OutboxEntry
	m := &e.Message
	var nonce sql.NullString
	var at int64
	err := row.Scan(&e.ID, &e.Type, &e.Rev, &e.Attempts, &e.Skip, &m.Room.App, &m.Room.ID, &e.Members,
		&m.Seq, &m.Rev, &m.Sender, &nonce, &m.Kind, &m.Text, &at)
	m.Nonce, m.CreatedAt = nonce.String, fromMillis(at)
	return e, err
}

// Ack implements chat.OutboxStore.
func (c Chat) Ack(ctx context.Context, ids ...int64) error {
	return c.forEach(ctx, "acknowledge outbox entries", ids, func(t *tx, id int64) error {
		return t.exec(`DELETE FROM outbox WHERE id = ?`, id)
	})
}

// Postpone implements chat.OutboxStore.
func (c Chat) Postpone(ctx context.Context, until time.Time, ids ...int64) error {
	return c.forEach(ctx, "postpone outbox entries", ids, func(t *tx, id int64) error {
		return t.exec(`UPDATE outbox SET next_at = ?, claimed_by = '' WHERE id = ?`, until.UnixMilli(), id)
	})
}

func (c Chat) forEach(ctx context.Context, op string, ids []int64, f func(*tx, int64) error) error {
	if len(ids) == 0 {
		return nil
	}
	return c.store.update(ctx, op, func(t *tx) error {
		for _, id := range ids {
			if err := f(t, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// Release implements chat.OutboxStore.
func (c Chat) Release(ctx context.Context, by string) (int, error) {
	var n int64
	err := c.store.update(ctx, "release outbox entries", func(t *tx) (err error) {
		n, err = t.changes(`UPDATE outbox SET next_at = 0, claimed_by = '' WHERE claimed_by = ? AND claimed_by <> ''`, by)
		return err
	})
	return int(n), err
}

// OutboxSize implements chat.OutboxStore.
func (c Chat) OutboxSize(ctx context.Context) (int64, error) {
	var n int64
	err := c.store.reader(ctx).row(`SELECT count(*) FROM outbox`).Scan(&n)
	return n, c.store.explain("outbox size", err)
}
