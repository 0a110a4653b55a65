package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"madang/account"
)

const programColumns = `app, id, person, name, hash, abilities, created_at, used_at, expires_at`

func scanAPIToken(row Scanner) (t account.APIToken, err error) {
	err = row.Scan(&t.App, &t.ID, &t.Person, &t.Name, digest{&t.Hash}, (*texts)(&t.Abilities), moment{&t.CreatedAt}, moment{&t.UsedAt},
		moment{&t.ExpiresAt})
	return t, orNotFound(err)
}

// unexpired is the condition of API tokens that are still good. Its argument is the time.
const unexpired = `(expires_at IS NULL OR expires_at > ?)`

// AddAPIToken implements account.APITokenStore.
func (a Accounts) AddAPIToken(ctx context.Context, k account.APIToken) (added account.APIToken, err error) {
	err = a.store.update(ctx, "add an API token", func(t *tx) error {
		if err := known(t, k.App, k.Person); err != nil {
			return err
		}
		added, err = scanAPIToken(t.row(`INSERT INTO api_tokens (app, person, name, hash, abilities, created_at, used_at, expires_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING `+programColumns, k.App, k.Person, k.Name, k.Hash[:], texts(k.Abilities).column(),
			stamp(k.CreatedAt), stamp(k.UsedAt), stamp(k.ExpiresAt)))
		return err
	})
	return added, err
}

// APIToken implements account.APITokenStore.
func (a Accounts) APIToken(ctx context.Context, app string, id int64, at time.Time) (account.APIToken, error) {
	t, err := scanAPIToken(a.store.reader(ctx).row(`SELECT `+programColumns+` FROM api_tokens WHERE id = ? AND app = ? AND `+unexpired,
		id, app, at.UnixMilli()))
	return t, a.store.explain("API token", err)
}

// SetAbilities implements account.APITokenStore.
func (a Accounts) SetAbilities(ctx context.Context, app string, person, id int64, abilities []string) error {
	return a.store.update(ctx, "change an API token", func(t *tx) error {
		return t.one(`UPDATE api_tokens SET abilities = ? WHERE id = ? AND app = ? AND person = ?`, texts(abilities).column(), id, app, person)
	})
}

// UseAPIToken implements account.APITokenStore.
func (a Accounts) UseAPIToken(ctx context.Context, app string, id int64, at time.Time) error {
	return a.store.update(ctx, "use an API token", func(t *tx) error {
		return t.one(`UPDATE api_tokens SET used_at = ? WHERE id = ? AND app = ? AND `+unexpired, stamp(at), id, app, at.UnixMilli())
	})
}

// EndAPIToken implements account.APITokenStore.
func (a Accounts) EndAPIToken(ctx context.Context, app string, person, id int64) error {
	return a.store.update(ctx, "end an API token", func(t *tx) error {
		return t.one(`DELETE FROM api_tokens WHERE id = ? AND app = ? AND person = ?`, id, app, person)
	})
}

// APITokens implements account.APITokenStore.
func (a Accounts) APITokens(ctx context.Context, app string, person int64, at time.Time) ([]account.APIToken, error) {
	rows, err := a.store.reader(ctx).rows(`SELECT `+programColumns+` FROM api_tokens WHERE app = ? AND person = ? AND `+unexpired+` ORDER BY id`,
		app, person, at.UnixMilli())
	list, err := collect(rows, err, scanAPIToken)
	return list, a.store.explain("API tokens", err)
}

// PutOneTime implements account.OneTimeStore.
func (a Accounts) PutOneTime(ctx context.Context, o account.OneTime, pause time.Duration) error {
	return a.store.update(ctx, "keep a proof", func(t *tx) error {
		if err := known(t, o.App, o.Person); err != nil {
			return err
		}
		var before int64
		err := t.row(`SELECT created_at FROM one_times WHERE app = ? AND person = ? AND purpose = ?`, o.App, o.Person, o.Purpose).Scan(&before)
		switch {
		case err == nil && o.CreatedAt.UnixMilli()-before < pause.Milliseconds():
			return account.ErrTooSoon
		case err != nil && !errors.Is(err, sql.ErrNoRows):
			return err
		}
		return t.exec(`INSERT INTO one_times (app, person, purpose, hash, email, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (app, person, purpose) DO UPDATE SET hash = excluded.hash, email = excluded.email,
				created_at = excluded.created_at, expires_at = excluded.expires_at`,
			o.App, o.Person, o.Purpose, o.Hash[:], o.Email, o.CreatedAt.UnixMilli(), o.ExpiresAt.UnixMilli())
	})
}

// TakeOneTime implements account.OneTimeStore.
func (a Accounts) TakeOneTime(ctx context.Context, app string, purpose account.Purpose, h account.Hash, at time.Time) (account.OneTime, error) {
	o := account.OneTime{App: app, Purpose: purpose, Hash: h}
	err := a.store.update(ctx, "take a proof", func(t *tx) error {
		return orNotFound(t.row(`DELETE FROM one_times WHERE app = ? AND purpose = ? AND hash = ? AND expires_at > ?
			RETURNING person, email, created_at, expires_at`, app, purpose, h[:], at.UnixMilli()).
			Scan(&o.Person, &o.Email, moment{&o.CreatedAt}, moment{&o.ExpiresAt}))
	})
	if err != nil {
		return account.OneTime{}, err
	}
	return o, nil
}
