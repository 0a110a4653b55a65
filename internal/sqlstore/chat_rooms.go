package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"madang/chat"
)

// EnsureRoom implements chat.RoomStore.
func (c Chat) EnsureRoom(ctx context.Context, n chat.NewRoom) (chat.Room, bool, error) {
	if err := n.Validate(); err != nil {
		return chat.Room{}, false, err
	}
	var room chat.Room
	var created bool
	err := c.store.update(ctx, "ensure room", func(t *tx) error {
		r, err := sameRoom(t, n)
		if created = errors.Is(err, sql.ErrNoRows); created {
			r, err = createRoom(t, n)
		}
		room = r.Room
		return err
	})
	if err != nil {
		return chat.Room{}, false, err
	}
	return room, created, nil
}

// sameRoom returns the room that n would collide with, or sql.ErrNoRows. The id comes before the direct key.
func sameRoom(q querier, n chat.NewRoom) (roomRow, error) {
	return scanRoom(q.row(`SELECT `+roomColumns+` FROM rooms r
		WHERE r.app = ?1 AND r.id = ?2 OR r.app = ?1 AND r.dm_key = ?3
		ORDER BY r.id = ?2 DESC LIMIT 1`, n.Ref.App, n.Ref.ID, nullable(n.DirectKey)))
}

func createRoom(t *tx, n chat.NewRoom) (roomRow, error) {
	at := n.At.UnixMilli()
	var pk int64
	err := t.row(`INSERT INTO rooms (app, id, kind, dm_key, name, last_rev, last_at, member_count, created_at)
		VALUES (?1, ?2, ?3, ?4, ?5, 1, ?6, ?7, ?6) RETURNING pk`,
		n.Ref.App, n.Ref.ID, n.Kind, nullable(n.DirectKey), n.Name, at, len(n.Members)).Scan(&pk)
	if err != nil {
		return roomRow{}, err
	}
	r := roomRow{pk: pk, Room: chat.Room{
		Ref: n.Ref, Kind: n.Kind, Name: n.Name, DirectKey: n.DirectKey, LastRev: 1,
		LastAt: chat.Millis(n.At), Members: len(n.Members), CreatedAt: chat.Millis(n.At),
	}}
	for _, m := range n.Members {
		if err := insertMember(t, r, m, n.At); err != nil {
			return roomRow{}, err
		}
	}
	return r, nil
}

// Room implements chat.RoomStore.
func (c Chat) Room(ctx context.Context, ref chat.RoomRef) (chat.Room, error) {
	r, err := findRoom(c.store.reader(ctx), ref)
	return r.Room, c.store.explain("room", err)
}

const publicRoomsQuery = `SELECT ` + roomColumns + ` FROM rooms r
	WHERE r.app = ? AND r.kind = 'public' AND r.id > ? ORDER BY r.id LIMIT ?`

// PublicRooms implements chat.RoomStore.
func (c Chat) PublicRooms(ctx context.Context, app string, q chat.ListQuery) ([]chat.Room, error) {
	rows, err := c.store.reader(ctx).rows(publicRoomsQuery, app, q.After, chat.RoomsLimit(q.Limit))
	list, err := collect(rows, err, func(row Scanner) (chat.Room, error) {
		r, err := scanRoom(row)
		return r.Room, err
	})
	return list, c.store.explain("public rooms", err)
}

// Rooms implements chat.CursorStore.
func (c Chat) Rooms(ctx context.Context, user chat.UserRef, q chat.RoomsQuery) ([]chat.RoomEntry, error) {
	at := q.At
	if q.ID == "" {
		at = endOfTime()
	}
	rows, err := c.store.reader(ctx).rows(`SELECT `+roomColumns+`, `+memberColumns+`, `+unreadColumn+`,
			g.seq, g.rev, g.sender, g.nonce, g.kind, g.body, g.created_at
		FROM members m JOIN rooms r ON r.pk = m.room
		LEFT JOIN messages g ON g.room = r.pk AND g.seq = r.last_seq AND g.seq >= m.hidden_before_seq
		WHERE m.app = ? AND m.user_id = ? AND m.left_at IS NULL AND (r.last_at, r.id) < (?, ?)
		ORDER BY r.last_at DESC, r.id DESC LIMIT ?`,
		user.App, user.ID, at.UnixMilli(), q.ID, chat.RoomsLimit(q.Limit))
	list, err := collect(rows, err, scanEntry)
	return list, c.store.explain("rooms of a user", err)
}

// endOfTime is later than any message: the year 9999, as far as times can be written in RFC 3339.
func endOfTime() time.Time { return time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC) }

func scanEntry(row Scanner) (chat.RoomEntry, error) {
	var r roomRow
	var m memberRow
	var unread int64
	var seq, rev, at sql.NullInt64
	var sender, nonce, kind, text sql.NullString
	dest, roomDone := r.targets()
	memberDest, memberDone := m.targets()
	dest = append(dest, memberDest...)
	dest = append(dest, &unread, &seq, &rev, &sender, &nonce, &kind, &text, &at)
	if err := row.Scan(dest...); err != nil {
		return chat.RoomEntry{}, err
	}
	roomDone()
	memberDone()
	m.Room = r.Ref
	e := chat.RoomEntry{Room: r.Room, Member: m.Member, Unread: unread}
	if seq.Valid {
		e.Last = &chat.Message{
			Room: r.Ref, Seq: seq.Int64, Rev: rev.Int64, Sender: sender.String, Nonce: nonce.String,
			Kind: chat.MessageKind(kind.String), Text: text.String, CreatedAt: fromMillis(at.Int64),
		}
	}
	return e, nil
}
