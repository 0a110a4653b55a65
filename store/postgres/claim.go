package postgres

import (
	"context"

	"madang/chat"
	"madang/internal/sqlstore"
)

// headsQuery finds the oldest entry of each room whose oldest is free: $1 is the time, $2 how many at most. It goes from room to
// room by the index, however many entries each has.
const headsQuery = `WITH RECURSIVE heads AS (
		(SELECT room, id FROM outbox ORDER BY room, id LIMIT 1)
		UNION ALL SELECT n.room, n.id FROM heads h CROSS JOIN LATERAL
			(SELECT o.room, o.id FROM outbox o WHERE o.room > h.room ORDER BY o.room, o.id LIMIT 1) n)
	SELECT o.room FROM outbox o WHERE o.id IN (SELECT id FROM heads) AND o.next_at <= ?1 ORDER BY o.id LIMIT ?2`

// lockHeads follows headsQuery: the one who locks the oldest entry of a room hands out those of the room. An entry that somebody
// else has claimed or removed meanwhile is looked at again by PostgreSQL before it is returned, and is not.
const lockHeads = ` FOR UPDATE OF o SKIP LOCKED`

// takeQuery claims what is free in the rooms $1, up to the first entry of each that is not: $2 is the time, $3 the end of the
// claim, $4 who claims, $5 how many at most. Ids grow within a room, so nothing comes before a head that is locked.
const takeQuery = `UPDATE outbox SET attempts = attempts + 1, next_at = ?3, claimed_by = ?4 WHERE id IN (
		SELECT o.id FROM outbox o WHERE o.room = ANY(?1) AND o.next_at <= ?2 AND NOT EXISTS (
			SELECT 1 FROM outbox older WHERE older.room = o.room AND older.id < o.id AND older.next_at > ?2)
		ORDER BY o.id LIMIT ?5)
	RETURNING id`

// Claim implements chat.OutboxStore. Of several nodes that claim at once each gets other rooms.
func (c Chat) Claim(ctx context.Context, cl chat.Claim) ([]chat.OutboxEntry, error) {
	if err := cl.Validate(); err != nil {
		return nil, err
	}
	// Whoever looks and finds nothing, which is what mostly happens, writes nothing.
	free, err := column[int64](reader{ctx, c.store}.Rows(headsQuery, cl.Now.UnixMilli(), 1))
	if err != nil || len(free) == 0 {
		return nil, c.store.explain("claim outbox entries", err)
	}
	var list []chat.OutboxEntry
	err = c.store.update(ctx, "claim outbox entries", func(t *tx) error {
		list = nil
		rooms, err := column[int64](t.Rows(headsQuery+lockHeads, cl.Now.UnixMilli(), cl.Limit))
		if err != nil || len(rooms) == 0 {
			return err
		}
		ids, err := column[int64](t.Rows(takeQuery, rooms, cl.Now.UnixMilli(), cl.Until.UnixMilli(), cl.By, cl.Limit))
		if err != nil || len(ids) == 0 {
			return err
		}
		list, err = sqlstore.OutboxEntries(t.Rows(sqlstore.OutboxQuery+` WHERE o.id = ANY(?1) ORDER BY o.id`, ids))
		return err
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}

// column returns the only column of all rows.
func column[T any](rows sqlstore.Rows, err error) ([]T, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close() // Err below tells all there is
	var list []T
	for rows.Next() {
		var v T
		if err := rows.Scan(&v); err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, rows.Err()
}
