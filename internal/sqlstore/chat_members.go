package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"madang/chat"
)

// Join implements chat.MemberStore.
func (c Chat) Join(ctx context.Context, ref chat.RoomRef, n chat.NewMember, at time.Time) (chat.Member, bool, error) {
	if err := n.Validate(); err != nil {
		return chat.Member{}, false, err
	}
	var m chat.Member
	var joined bool
	err := c.store.update(ctx, "join room", func(t *tx) error {
		joined = false
		r, err := findRoom(t, ref)
		if err != nil {
			return err
		}
		m, err = findMember(t, r, n.User)
		if err == nil && m.Active() {
			return nil
		}
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		joined = true
		r.LastRev++
		if err := insertMember(t, r, n, at); err != nil {
			return err
		}
		if err := countMembers(t, r, +1); err != nil {
			return err
		}
		m, err = findMember(t, r, n.User)
		return err
	})
	if err != nil {
		return chat.Member{}, false, err
	}
	return m, joined, nil
}

// insertMember makes a user a member of the room as it is now: somebody new, or somebody who had left.
func insertMember(t *tx, r roomRow, n chat.NewMember, at time.Time) error {
	var hiddenBefore int64
	if n.HideHistory {
		hiddenBefore = r.LastSeq + 1
	}
	return t.exec(`INSERT INTO members (room, app, user_id, role, joined_seq, joined_at, read_seq, hidden_before_seq, rev)
		VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?5, ?7, ?8)
		ON CONFLICT (room, user_id) DO UPDATE SET left_at = NULL, role = excluded.role,
			joined_seq = excluded.joined_seq, joined_at = excluded.joined_at, rev = excluded.rev,
			read_seq = CASE WHEN members.read_seq > excluded.read_seq THEN members.read_seq ELSE excluded.read_seq END,
			hidden_before_seq = CASE WHEN members.hidden_before_seq > excluded.hidden_before_seq
				THEN members.hidden_before_seq ELSE excluded.hidden_before_seq END`,
		r.pk, r.Ref.App, n.User, n.Role, r.LastSeq, at.UnixMilli(), hiddenBefore, r.LastRev)
}

// countMembers stores the room's new rev and number of members.
func countMembers(t *tx, r roomRow, change int) error {
	return t.exec(`UPDATE rooms SET last_rev = ?, member_count = member_count + ? WHERE pk = ?`, r.LastRev, change, r.pk)
}

// Leave implements chat.MemberStore.
func (c Chat) Leave(ctx context.Context, ref chat.RoomRef, user string, at time.Time) (chat.Member, bool, error) {
	var m chat.Member
	var left bool
	err := c.store.update(ctx, "leave room", func(t *tx) error {
		left = false
		r, err := findRoom(t, ref)
		if err != nil {
			return err
		}
		m, err = knownMember(t, r, user)
		if err != nil || !m.Active() {
			return err
		}
		left = true
		r.LastRev++
		m.LeftAt, m.Rev = chat.Millis(at), r.LastRev
		err = t.exec(`UPDATE members SET left_at = ?, rev = ? WHERE room = ? AND user_id = ?`,
			at.UnixMilli(), m.Rev, r.pk, user)
		if err != nil {
			return err
		}
		if m.Role == chat.RoleOwner {
			if err := inherit(t, r); err != nil {
				return err
			}
		}
		return countMembers(t, r, -1)
	})
	if err != nil {
		return chat.Member{}, false, err
	}
	return m, left, nil
}

// inherit makes the oldest member an owner if there is none.
func inherit(t *tx, r roomRow) error {
	return t.exec(`UPDATE members SET role = ?1, rev = ?2 WHERE room = ?3
		AND NOT EXISTS (SELECT 1 FROM members o WHERE o.room = ?3 AND o.left_at IS NULL AND o.role = ?1)
		AND user_id = (SELECT h.user_id FROM members h WHERE h.room = ?3 AND h.left_at IS NULL
			ORDER BY h.joined_at, h.user_id LIMIT 1)`, chat.RoleOwner, r.LastRev, r.pk)
}

// knownMember returns a user's place in a room, even if they have left, or chat.ErrNotFound.
func knownMember(q querier, r roomRow, user string) (chat.Member, error) {
	m, err := findMember(q, r, user)
	if errors.Is(err, sql.ErrNoRows) {
		return chat.Member{}, fmt.Errorf("member %q of room %v: %w", user, r.Ref, chat.ErrNotFound)
	}
	return m, err
}

// Member implements chat.MemberStore.
func (c Chat) Member(ctx context.Context, ref chat.RoomRef, user string) (chat.Member, error) {
	q := c.store.reader(ctx)
	r, err := findRoom(q, ref)
	if err != nil {
		return chat.Member{}, c.store.explain("member", err)
	}
	m, err := knownMember(q, r, user)
	return m, c.store.explain("member", err)
}

// Members implements chat.MemberStore.
func (c Chat) Members(ctx context.Context, ref chat.RoomRef, q chat.ListQuery) ([]chat.Member, error) {
	read := c.store.reader(ctx)
	r, err := findRoom(read, ref)
	if err != nil {
		return nil, c.store.explain("members", err)
	}
	rows, err := read.rows(`SELECT `+memberColumns+` FROM members m
		WHERE m.room = ? AND m.user_id > ? AND m.left_at IS NULL ORDER BY m.user_id LIMIT ?`,
		r.pk, q.After, chat.MembersLimit(q.Limit))
	list, err := collect(rows, err, memberOf(ref))
	return list, c.store.explain("members", err)
}

// RoomsOf implements chat.MemberStore.
func (c Chat) RoomsOf(ctx context.Context, user chat.UserRef, limit int) ([]chat.Place, error) {
	rows, err := c.store.reader(ctx).rows(`SELECT r.id, r.member_count FROM members m JOIN rooms r ON r.pk = m.room
		WHERE m.app = ? AND m.user_id = ? AND m.left_at IS NULL ORDER BY r.last_at DESC, r.id DESC LIMIT ?`,
		user.App, user.ID, limit)
	list, err := collect(rows, err, func(row Scanner) (chat.Place, error) {
		var p chat.Place
		return p, row.Scan(&p.Room, &p.Members)
	})
	return list, c.store.explain("places of a user", err)
}
