package sqlstore

import (
	"context"
	"time"

	"madang/account"
)

const sessionColumns = `app, id, person, pending, remember, confirmed_at, address, user_agent, created_at, seen_at, expires_at`

func scanSession(row Scanner) (s account.Session, err error) {
	err = row.Scan(&s.App, digest{&s.ID}, &s.Person, &s.Pending, &s.Remember, moment{&s.ConfirmedAt}, &s.Client.Address,
		&s.Client.UserAgent, moment{&s.CreatedAt}, moment{&s.SeenAt}, moment{&s.ExpiresAt})
	return s, orNotFound(err)
}

// AddSession implements account.SessionStore.
func (a Accounts) AddSession(ctx context.Context, s account.Session) error {
	return a.store.update(ctx, "add a session", func(t *tx) error { return addSession(t, s) })
}

func addSession(t *tx, s account.Session) error {
	if err := known(t, s.App, s.Person); err != nil {
		return err
	}
	return t.exec(`INSERT INTO sessions (`+sessionColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, s.App, s.ID[:], s.Person,
		s.Pending, s.Remember, stamp(s.ConfirmedAt), s.Client.Address, s.Client.UserAgent, stamp(s.CreatedAt), stamp(s.SeenAt),
		s.ExpiresAt.UnixMilli())
}

// Session implements account.SessionStore.
func (a Accounts) Session(ctx context.Context, app string, id account.Hash, at time.Time) (account.Session, error) {
	s, err := scanSession(a.store.reader(ctx).row(`SELECT `+sessionColumns+` FROM sessions WHERE app = ? AND id = ? AND expires_at > ?`,
		app, id[:], at.UnixMilli()))
	return s, a.store.explain("session", err)
}

// ReplaceSession implements account.SessionStore.
func (a Accounts) ReplaceSession(ctx context.Context, id account.Hash, s account.Session) error {
	return a.store.update(ctx, "replace a session", func(t *tx) error {
		err := t.one(`DELETE FROM sessions WHERE app = ? AND id = ? AND expires_at > ?`, s.App, id[:], s.SeenAt.UnixMilli())
		if err != nil {
			return err
		}
		return addSession(t, s)
	})
}

// SeeSession implements account.SessionStore.
func (a Accounts) SeeSession(ctx context.Context, app string, id account.Hash, c account.Client, at, expires time.Time) error {
	return a.store.update(ctx, "see a session", func(t *tx) error {
		return t.one(`UPDATE sessions SET address = ?, user_agent = ?, seen_at = ?, expires_at = ? WHERE app = ? AND id = ? AND expires_at > ?`,
			c.Address, c.UserAgent, stamp(at), expires.UnixMilli(), app, id[:], at.UnixMilli())
	})
}

// EndSession implements account.SessionStore.
func (a Accounts) EndSession(ctx context.Context, app string, id account.Hash) error {
	return a.store.update(ctx, "end a session", func(t *tx) error {
		return t.one(`DELETE FROM sessions WHERE app = ? AND id = ?`, app, id[:])
	})
}

// Sessions implements account.SessionStore.
func (a Accounts) Sessions(ctx context.Context, app string, person int64, at time.Time) ([]account.Session, error) {
	rows, err := a.store.reader(ctx).rows(`SELECT `+sessionColumns+` FROM sessions WHERE app = ? AND person = ? AND expires_at > ?
		ORDER BY seen_at DESC, id`, app, person, at.UnixMilli())
	list, err := collect(rows, err, scanSession)
	return list, a.store.explain("sessions", err)
}

const familyColumns = `app, id, person, guard, current_hash, generation, address, user_agent, created_at, seen_at, expires_at`

func scanFamily(row Scanner) (f account.Family, err error) {
	err = row.Scan(&f.App, &f.ID, &f.Person, &f.Guard, digest{&f.Current}, &f.Generation, &f.Client.Address, &f.Client.UserAgent,
		moment{&f.CreatedAt}, moment{&f.SeenAt}, moment{&f.ExpiresAt})
	return f, orNotFound(err)
}

// AddFamily implements account.FamilyStore.
func (a Accounts) AddFamily(ctx context.Context, f account.Family) error {
	return a.store.update(ctx, "add a family of tokens", func(t *tx) error {
		if err := known(t, f.App, f.Person); err != nil {
			return err
		}
		return t.exec(`INSERT INTO token_families (`+familyColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, f.App, f.ID, f.Person,
			f.Guard, f.Current[:], f.Generation, f.Client.Address, f.Client.UserAgent, stamp(f.CreatedAt), stamp(f.SeenAt),
			f.ExpiresAt.UnixMilli())
	})
}

func findFamily(q querier, app, id string, at time.Time) (account.Family, error) {
	return scanFamily(q.row(`SELECT `+familyColumns+` FROM token_families WHERE app = ? AND id = ? AND expires_at > ?`+q.lock(),
		app, id, at.UnixMilli()))
}

// Family implements account.FamilyStore.
func (a Accounts) Family(ctx context.Context, app, id string, at time.Time) (account.Family, error) {
	f, err := findFamily(a.store.reader(ctx), app, id, at)
	return f, a.store.explain("family of tokens", err)
}

// Exchange implements account.FamilyStore.
func (a Accounts) Exchange(ctx context.Context, app, id string, current, next account.Hash, c account.Client, at time.Time) (account.Family, error) {
	var f account.Family
	reused := false
	err := a.store.update(ctx, "exchange a token", func(t *tx) (err error) {
		reused = false
		if f, err = findFamily(t, app, id, at); err != nil {
			return err
		}
		if f.Current != current {
			reused = true // and no error here: the end of the family would be undone with it
			return t.one(`DELETE FROM token_families WHERE app = ? AND id = ?`, app, id)
		}
		if err := t.one(`UPDATE token_families SET current_hash = ?, generation = generation + 1, address = ?, user_agent = ?, seen_at = ?
			WHERE app = ? AND id = ?`, next[:], c.Address, c.UserAgent, stamp(at), app, id); err != nil {
			return err
		}
		f, err = findFamily(t, app, id, at)
		return err
	})
	if err == nil && reused {
		f, err = account.Family{}, a.store.explain("exchange a token", account.ErrReused)
	}
	return f, err
}

// EndFamily implements account.FamilyStore.
func (a Accounts) EndFamily(ctx context.Context, app, id string) error {
	return a.store.update(ctx, "end a family of tokens", func(t *tx) error {
		return t.one(`DELETE FROM token_families WHERE app = ? AND id = ?`, app, id)
	})
}

// Families implements account.FamilyStore.
func (a Accounts) Families(ctx context.Context, app string, person int64, at time.Time) ([]account.Family, error) {
	rows, err := a.store.reader(ctx).rows(`SELECT `+familyColumns+` FROM token_families WHERE app = ? AND person = ? AND expires_at > ?
		ORDER BY seen_at DESC, id`, app, person, at.UnixMilli())
	list, err := collect(rows, err, scanFamily)
	return list, a.store.explain("families of tokens", err)
}

// EndAll implements account.SignInStore.
func (a Accounts) EndAll(ctx context.Context, app string, person int64, but account.Except) (ended account.Ended, err error) {
	err = a.store.update(ctx, "end all sign-ins", func(t *tx) error {
		ended, err = endAll(t, app, person, but)
		return err
	})
	return ended, err
}

func endAll(t *tx, app string, person int64, but account.Except) (ended account.Ended, err error) {
	rows, err := t.rows(`DELETE FROM sessions WHERE app = ? AND person = ? AND id != ? RETURNING id`, app, person, but.Session[:])
	if ended.Sessions, err = collect(rows, err, func(row Scanner) (h account.Hash, err error) { return h, row.Scan(digest{&h}) }); err != nil {
		return ended, err
	}
	rows, err = t.rows(`DELETE FROM token_families WHERE app = ? AND person = ? AND id != ? RETURNING id`, app, person, but.Family)
	if ended.Families, err = collect(rows, err, func(row Scanner) (id string, err error) { return id, row.Scan(&id) }); err != nil || but.APITokens {
		return ended, err
	}
	rows, err = t.rows(`DELETE FROM api_tokens WHERE app = ? AND person = ? RETURNING id`, app, person)
	ended.APITokens, err = collect(rows, err, func(row Scanner) (id int64, err error) { return id, row.Scan(&id) })
	return ended, err
}
