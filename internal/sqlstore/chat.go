package sqlstore

import (
	"database/sql"
	"errors"
	"fmt"
	"time"

	"madang/chat"
)

// Chat is the chat.Store in a database.
type Chat struct{ store store }

var _ chat.Store = Chat{}

// NewChat returns the part of a database that chat uses. It is open as long as the engine is.
func NewChat(e Engine) Chat { return Chat{store{e}} }

// A roomRow is a room with its key in the other tables.
type roomRow struct {
	pk int64
	chat.Room
}

// roomColumns are what scanRoom reads, of the table or alias r.
const roomColumns = `r.pk, r.app, r.id, r.kind, r.dm_key, r.name, r.last_seq, r.last_rev, r.last_at, r.member_count, r.created_at`

// targets returns where the roomColumns go, and what is to be done when they have been scanned.
func (r *roomRow) targets() (dest []any, done func()) {
	var key sql.NullString
	var lastAt, createdAt int64
	dest = []any{&r.pk, &r.Ref.App, &r.Ref.ID, &r.Kind, &key, &r.Name, &r.LastSeq, &r.LastRev, &lastAt, &r.Members, &createdAt}
	return dest, func() {
		r.DirectKey, r.LastAt, r.CreatedAt = key.String, fromMillis(lastAt), fromMillis(createdAt)
	}
}

func scanRoom(row Scanner) (roomRow, error) {
	var r roomRow
	dest, done := r.targets()
	if err := row.Scan(dest...); err != nil {
		return roomRow{}, err
	}
	done()
	return r, nil
}

// findRoom returns a room or chat.ErrNotFound.
func findRoom(q querier, ref chat.RoomRef) (roomRow, error) {
	r, err := scanRoom(q.row(`SELECT `+roomColumns+` FROM rooms r WHERE r.app = ? AND r.id = ?`+q.lock(), ref.App, ref.ID))
	if errors.Is(err, sql.ErrNoRows) {
		return roomRow{}, fmt.Errorf("room %v: %w", ref, chat.ErrNotFound)
	}
	return r, err
}

// memberColumns are what memberRow.targets reads, of the table or alias m.
const memberColumns = `m.user_id, m.role, m.joined_seq, m.joined_at, m.left_at, m.read_seq, m.read_at, m.hidden_before_seq, m.rev`

type memberRow struct{ chat.Member }

// targets returns where the memberColumns go, and what is to be done when they have been scanned.
func (m *memberRow) targets() (dest []any, done func()) {
	var joinedAt int64
	var leftAt, readAt sql.NullInt64
	dest = []any{&m.User, &m.Role, &m.JoinedSeq, &joinedAt, &leftAt, &m.ReadSeq, &readAt, &m.HiddenBeforeSeq, &m.Rev}
	return dest, func() {
		m.JoinedAt, m.LeftAt, m.ReadAt = fromMillis(joinedAt), fromNullMillis(leftAt), fromNullMillis(readAt)
	}
}

// memberOf returns a scan function for the members of one room.
func memberOf(ref chat.RoomRef) func(Scanner) (chat.Member, error) {
	return func(row Scanner) (chat.Member, error) {
		m := memberRow{chat.Member{Room: ref}}
		dest, done := m.targets()
		if err := row.Scan(dest...); err != nil {
			return chat.Member{}, err
		}
		done()
		return m.Member, nil
	}
}

// findMember returns a user's place in a room, even if they have left, or sql.ErrNoRows.
func findMember(q querier, r roomRow, user string) (chat.Member, error) {
	return memberOf(r.Ref)(q.row(
		`SELECT `+memberColumns+` FROM members m WHERE m.room = ? AND m.user_id = ?`+q.lock(), r.pk, user))
}

// messageColumns are what scanMessage reads, of the table or alias g.
const messageColumns = `g.seq, g.rev, g.sender, g.nonce, g.kind, g.body, g.created_at`

// messageOf returns a scan function for the messages of one room.
func messageOf(ref chat.RoomRef) func(Scanner) (chat.Message, error) {
	return func(row Scanner) (chat.Message, error) {
		m := chat.Message{Room: ref}
		var nonce sql.NullString
		var at int64
		if err := row.Scan(&m.Seq, &m.Rev, &m.Sender, &nonce, &m.Kind, &m.Text, &at); err != nil {
			return chat.Message{}, err
		}
		m.Nonce, m.CreatedAt = nonce.String, fromMillis(at)
		return m, nil
	}
}

// nullable stores an empty string as NULL.
func nullable(s string) sql.NullString { return sql.NullString{String: s, Valid: s != ""} }

func fromMillis(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

func fromNullMillis(ms sql.NullInt64) time.Time {
	if !ms.Valid {
		return time.Time{}
	}
	return fromMillis(ms.Int64)
}
