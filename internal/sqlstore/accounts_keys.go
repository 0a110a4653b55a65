package sqlstore

import (
	"context"
	"fmt"

	"madang/account"
)

func scanSigningKey(row Scanner) (k account.SigningKey, err error) {
	err = row.Scan(&k.App, &k.ID, &k.Sealed, moment{&k.CreatedAt}, moment{&k.SignsAt})
	return k, orNotFound(err)
}

// AddSigningKey implements account.KeyStore.
func (a Accounts) AddSigningKey(ctx context.Context, k account.SigningKey, after string) error {
	if err := k.Validate(); err != nil {
		return err
	}
	return a.store.update(ctx, "add a signing key", func(t *tx) error {
		// One at a time in an app: there may be no key yet that could be locked.
		if err := t.exec(`INSERT INTO account_counters (app) VALUES (?)
			ON CONFLICT (app) DO UPDATE SET last_person = account_counters.last_person`, k.App); err != nil {
			return err
		}
		var newest string
		if err := t.row(`SELECT coalesce((SELECT id FROM signing_keys WHERE app = ? ORDER BY number DESC LIMIT 1), '')`, k.App).Scan(&newest); err != nil {
			return err
		}
		if newest != after {
			return fmt.Errorf("it is to follow %q: %w", after, account.ErrConflict)
		}
		n, err := t.changes(`INSERT INTO signing_keys (app, id, sealed, created_at, signs_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			k.App, k.ID, k.Sealed, stamp(k.CreatedAt), stamp(k.SignsAt))
		if err == nil && n == 0 {
			err = account.ErrTaken
		}
		return err
	})
}

// SigningKeys implements account.KeyStore.
func (a Accounts) SigningKeys(ctx context.Context, app string) ([]account.SigningKey, error) {
	rows, err := a.store.reader(ctx).rows(`SELECT app, id, sealed, created_at, signs_at FROM signing_keys WHERE app = ? ORDER BY number`, app)
	list, err := collect(rows, err, scanSigningKey)
	return list, a.store.explain("signing keys", err)
}

// DeleteSigningKey implements account.KeyStore.
func (a Accounts) DeleteSigningKey(ctx context.Context, app, id string) error {
	return a.store.update(ctx, "delete a signing key", func(t *tx) error {
		return t.one(`DELETE FROM signing_keys WHERE app = ? AND id = ?`, app, id)
	})
}
