package sqlstore

import (
	"context"
	"encoding/json"
	"fmt"

	"madang/chat"
)

// PutUser implements chat.UserStore.
func (c Chat) PutUser(ctx context.Context, u chat.User) error {
	if err := u.Validate(); err != nil {
		return err
	}
	return c.store.update(ctx, "remember user", func(t *tx) error {
		return t.exec(`INSERT INTO chat_users (app, id, name, seen_at) VALUES (?, ?, ?, ?)
			ON CONFLICT (app, id) DO UPDATE SET
				seen_at = CASE WHEN chat_users.seen_at > excluded.seen_at THEN chat_users.seen_at ELSE excluded.seen_at END,
				name = CASE excluded.name WHEN '' THEN chat_users.name ELSE excluded.name END`,
			u.Ref.App, u.Ref.ID, u.Name, u.SeenAt.UnixMilli())
	})
}

// Users implements chat.UserStore.
func (c Chat) Users(ctx context.Context, app string, ids ...string) ([]chat.User, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	wanted, err := json.Marshal(ids)
	if err != nil {
		return nil, fmt.Errorf("ids of users: %w", err)
	}
	// As one JSON array, so that any number of ids is the same statement.
	rows, err := c.store.reader(ctx).rows(`SELECT id, name, seen_at FROM chat_users
		WHERE app = ? AND id IN (`+c.store.Words().Texts+`) ORDER BY id`, app, string(wanted))
	list, err := collect(rows, err, func(row Scanner) (chat.User, error) {
		u := chat.User{Ref: chat.UserRef{App: app}}
		var at int64
		err := row.Scan(&u.Ref.ID, &u.Name, &at)
		u.SeenAt = fromMillis(at)
		return u, err
	})
	return list, c.store.explain("users", err)
}
