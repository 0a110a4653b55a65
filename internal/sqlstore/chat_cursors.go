package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"madang/chat"
)

// unreadColumn counts what member m has not read in room r: everything after the cursor, less the few that do not count.
const unreadColumn = `r.last_seq - m.read_seq - (SELECT count(*) FROM messages u
	WHERE u.room = r.pk AND u.seq > m.read_seq AND (u.kind = 'system' OR u.deleted_at IS NOT NULL))`

// unreadTables are the rooms of a user that have anything after the cursor.
const unreadTables = ` FROM members m JOIN rooms r ON r.pk = m.room
	WHERE m.app = ? AND m.user_id = ? AND m.left_at IS NULL AND r.last_seq > m.read_seq`

// The queries of Unread and UnreadTotal, each answered at once.
const (
	unreadQuery = `SELECT id, unread FROM (SELECT r.id AS id, ` + unreadColumn + ` AS unread` + unreadTables + `) u
		WHERE unread > 0 ORDER BY id`
	unreadTotalQuery = `SELECT CAST(coalesce(sum(` + unreadColumn + `), 0) AS BIGINT)` + unreadTables
)

// MarkRead implements chat.CursorStore.
func (c Chat) MarkRead(ctx context.Context, ref chat.RoomRef, user string, seq int64, at time.Time) (chat.Member, bool, error) {
	var m chat.Member
	var moved bool
	err := c.store.update(ctx, "mark read", func(t *tx) error {
		moved = false
		r, err := findRoom(t.unlocked(), ref) // its last seq only grows, and those who send need not wait for those who read
		if err != nil {
			return err
		}
		m, err = findMember(t, r, user)
		if errors.Is(err, sql.ErrNoRows) || err == nil && !m.Active() {
			return notMember(r, user)
		}
		if err != nil {
			return err
		}
		to := min(seq, r.LastSeq)
		if to <= m.ReadSeq {
			return nil
		}
		moved = true
		m.ReadSeq, m.ReadAt = to, chat.Millis(at)
		return t.exec(`UPDATE members SET read_seq = ?, read_at = ? WHERE room = ? AND user_id = ?`,
			to, at.UnixMilli(), r.pk, user)
	})
	if err != nil {
		return chat.Member{}, false, err
	}
	return m, moved, nil
}

func notMember(r roomRow, user string) error {
	return fmt.Errorf("user %q is not a member of room %v: %w", user, r.Ref, chat.ErrForbidden)
}

// Unread implements chat.CursorStore.
func (c Chat) Unread(ctx context.Context, user chat.UserRef) ([]chat.Unread, error) {
	rows, err := c.store.reader(ctx).rows(unreadQuery, user.App, user.ID)
	list, err := collect(rows, err, func(row Scanner) (chat.Unread, error) {
		u := chat.Unread{Room: chat.RoomRef{App: user.App}}
		return u, row.Scan(&u.Room.ID, &u.Count)
	})
	return list, c.store.explain("unread", err)
}

// UnreadTotal implements chat.CursorStore.
func (c Chat) UnreadTotal(ctx context.Context, user chat.UserRef) (int64, error) {
	var n int64
	err := c.store.reader(ctx).row(unreadTotalQuery, user.App, user.ID).Scan(&n)
	return n, c.store.explain("unread total", err)
}
