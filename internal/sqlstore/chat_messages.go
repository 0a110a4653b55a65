package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"madang/chat"
)

// Append implements chat.MessageStore.
func (c Chat) Append(ctx context.Context, n chat.NewMessage) (chat.Appended, error) {
	if err := n.Validate(); err != nil {
		return chat.Appended{}, err
	}
	var a chat.Appended
	err := c.store.update(ctx, "append message", func(t *tx) (err error) {
		a, err = appendMessage(t, n)
		return err
	})
	if err != nil {
		return chat.Appended{}, err
	}
	return a, nil
}

// nonceQuery finds the message of a nonce.
const nonceQuery = `SELECT ` + messageColumns + ` FROM messages g WHERE g.room = ? AND g.sender = ? AND g.nonce = ?`

// appendMessage is the transaction. Nobody else writes to the room meanwhile, so the numbers it reads are the ones it replaces.
func appendMessage(t *tx, n chat.NewMessage) (chat.Appended, error) {
	r, err := findRoom(t, n.Room)
	if err != nil {
		return chat.Appended{}, err
	}
	if n.Nonce != "" {
		first, err := messageOf(n.Room)(t.row(nonceQuery, r.pk, n.Sender, n.Nonce))
		if err == nil {
			return chat.Appended{Message: first, Duplicate: true, Members: r.Members}, nil
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return chat.Appended{}, err
		}
	}
	m := chat.Message{
		Room: n.Room, Seq: r.LastSeq + 1, Rev: r.LastRev + 1,
		Sender: n.Sender, Nonce: n.Nonce, Kind: n.Kind, Text: n.Text, CreatedAt: chat.Millis(n.At),
	}
	if err := moveSender(t, r, m); err != nil {
		return chat.Appended{}, err
	}
	at := n.At.UnixMilli()
	err = t.exec(`INSERT INTO messages (room, seq, rev, sender, nonce, kind, body, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		r.pk, m.Seq, m.Rev, m.Sender, nullable(m.Nonce), m.Kind, m.Text, at)
	if err != nil {
		return chat.Appended{}, err
	}
	err = t.exec(`UPDATE rooms SET last_seq = ?, last_rev = ?, last_at = ? WHERE pk = ?`,
		m.Seq, m.Rev, max(at, r.LastAt.UnixMilli()), r.pk)
	if err != nil {
		return chat.Appended{}, err
	}
	a := chat.Appended{Message: m, Members: r.Members}
	a.Outbox, a.Claimed, err = enqueue(t, r.pk, m, n)
	return a, err
}

// moveSender moves the sender's cursor to the message, or returns chat.ErrForbidden if they are not an active member.
func moveSender(t *tx, r roomRow, m chat.Message) error {
	if m.Sender == "" {
		return nil
	}
	n, err := t.changes(`UPDATE members SET read_seq = ?, read_at = ? WHERE room = ? AND user_id = ? AND left_at IS NULL`,
		m.Seq, m.CreatedAt.UnixMilli(), r.pk, m.Sender)
	if err == nil && n == 0 {
		return notMember(r, m.Sender)
	}
	return err
}

// Message implements chat.MessageStore.
func (c Chat) Message(ctx context.Context, ref chat.RoomRef, seq int64) (chat.Message, error) {
	q := c.store.reader(ctx)
	r, err := findRoom(q, ref)
	if err != nil {
		return chat.Message{}, c.store.explain("message", err)
	}
	m, err := messageOf(ref)(q.row(`SELECT `+messageColumns+` FROM messages g WHERE g.room = ? AND g.seq = ?`, r.pk, seq))
	if errors.Is(err, sql.ErrNoRows) {
		return chat.Message{}, fmt.Errorf("message %d of room %v: %w", seq, ref, chat.ErrNotFound)
	}
	return m, c.store.explain("message", err)
}

// History implements chat.MessageStore.
func (c Chat) History(ctx context.Context, ref chat.RoomRef, q chat.HistoryQuery) (chat.Page, error) {
	read := c.store.reader(ctx)
	r, err := findRoom(read, ref)
	if err != nil {
		return chat.Page{}, c.store.explain("history", err)
	}
	// The second query may see later commits than the first; the window is of the first, and its messages are there.
	w := q.Window(r.LastSeq)
	p := chat.Page{HasOlder: w.HasOlder, HasNewer: w.HasNewer}
	rows, err := read.rows(`SELECT `+messageColumns+` FROM messages g
		WHERE g.room = ? AND g.seq BETWEEN ? AND ? ORDER BY g.seq`, r.pk, w.First, w.Last)
	p.Messages, err = collect(rows, err, messageOf(ref))
	if err != nil {
		return chat.Page{}, c.store.explain("history", err)
	}
	return p, nil
}
