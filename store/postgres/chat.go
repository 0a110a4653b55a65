package postgres

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"madang/chat"
	"madang/internal/sqlstore"
)

// Chat is the chat.Store in a database. What nodes do to the same rooms all the time is done in PostgreSQL's own way; the rest
// is what every SQL database does.
type Chat struct {
	sqlstore.Chat
	store *Store
}

var _ chat.Store = Chat{}

// Chat returns the part of the database that chat uses. It is open as long as the Store is.
func (s *Store) Chat() Chat { return Chat{sqlstore.NewChat(engine{s}), s} }

// Append implements chat.MessageStore. Messages of one room that come while its last commit is under way are stored together.
func (c Chat) Append(ctx context.Context, n chat.NewMessage) (chat.Appended, error) {
	if err := n.Validate(); err != nil {
		return chat.Appended{}, err
	}
	// What the database would refuse must not fail those who are stored together with it.
	for _, text := range []string{n.Room.App, n.Room.ID, n.Sender, n.Nonce, n.Text, string(n.Skip), n.ClaimedBy} {
		if !utf8.ValidString(text) || strings.IndexByte(text, 0) >= 0 {
			return chat.Appended{}, fmt.Errorf("message for room %v: a text is not UTF-8, or has a zero byte: %w", n.Room, chat.ErrInvalid)
		}
	}
	a, err := c.store.lanes.send(ctx, n)
	return a, c.store.explain("append message", err)
}

// Ack implements chat.OutboxStore.
func (c Chat) Ack(ctx context.Context, ids ...int64) error {
	return c.all(ctx, "acknowledge outbox entries", ids, `DELETE FROM outbox WHERE id = ANY(?1)`)
}

// Postpone implements chat.OutboxStore.
func (c Chat) Postpone(ctx context.Context, until time.Time, ids ...int64) error {
	return c.all(ctx, "postpone outbox entries", ids, `UPDATE outbox SET next_at = ?2, claimed_by = '' WHERE id = ANY(?1)`, until.UnixMilli())
}

// all does something to all entries with one statement.
func (c Chat) all(ctx context.Context, op string, ids []int64, query string, args ...any) error {
	if len(ids) == 0 {
		return nil
	}
	return c.store.update(ctx, op, func(t *tx) error {
		_, err := t.Exec(query, append([]any{ids}, args...)...)
		return err
	})
}
