package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"madang/account"
)

// Accounts is the account.Store in a database.
type Accounts struct{ store store }

var _ account.Store = Accounts{}

// NewAccounts returns the part of a database that accounts use. It is open as long as the engine is.
func NewAccounts(e Engine) Accounts { return Accounts{store{e}} }

// stamp is a time as the tables have it: NULL if there is none.
func stamp(t time.Time) sql.NullInt64 { return sql.NullInt64{Int64: t.UnixMilli(), Valid: !t.IsZero()} }

// A moment scans a stamp.
type moment struct{ to *time.Time }

// Scan implements sql.Scanner.
func (m moment) Scan(value any) error {
	var n sql.NullInt64
	if err := n.Scan(value); err != nil {
		return err
	}
	*m.to = fromNullMillis(n)
	return nil
}

// A digest scans a hash.
type digest struct{ to *account.Hash }

// Scan implements sql.Scanner.
func (d digest) Scan(value any) error {
	b, ok := value.([]byte)
	if !ok || len(b) != len(d.to) {
		return fmt.Errorf("a hash in the database is a %T of %d bytes", value, len(b))
	}
	copy(d.to[:], b)
	return nil
}

// texts are a list in one column, as JSON.
type texts []string

// Value makes a list of texts a column.
func (t texts) column() string {
	b, _ := json.Marshal(slices.Concat([]string{}, t)) // texts have a JSON form
	return string(b)
}

// Scan implements sql.Scanner.
func (t *texts) Scan(value any) error {
	text, ok := value.(string)
	if !ok {
		return fmt.Errorf("a list in the database is a %T", value)
	}
	if err := json.Unmarshal([]byte(text), t); err != nil {
		return fmt.Errorf("a list in the database: %w", err)
	}
	if len(*t) == 0 {
		*t = nil
	}
	return nil
}

// orNotFound makes ErrNotFound of a row that there is not.
func orNotFound(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return account.ErrNotFound
	}
	return err
}

// one runs a statement that changes one row, and returns ErrNotFound if it has changed none.
func (t *tx) one(query string, args ...any) error {
	n, err := t.changes(query, args...)
	if err == nil && n == 0 {
		err = account.ErrNotFound
	}
	return err
}

// known returns ErrNotFound if there is no such person.
func known(q querier, app string, person int64) error {
	return orNotFound(q.row(`SELECT 1 FROM people WHERE app = ? AND id = ?`+q.lock(), app, person).Scan(new(int)))
}

const personColumns = `app, id, provider, name, email, verified_at, password, locale, photo, disabled_at, factor_secret,
	factor_codes, factor_confirmed_at, factor_step, created_at, updated_at, rev`

func scanPerson(row Scanner) (p account.Person, err error) {
	f := &p.Factor
	err = row.Scan(&p.App, &p.ID, &p.Provider, &p.Name, &p.Email, moment{&p.VerifiedAt}, &p.Password, &p.Locale, &p.Photo,
		moment{&p.DisabledAt}, &f.Secret, &f.Codes, moment{&f.ConfirmedAt}, &f.Step, moment{&p.CreatedAt}, moment{&p.UpdatedAt}, &p.Rev)
	return p, orNotFound(err)
}

func findPerson(q querier, app string, id int64) (account.Person, error) {
	return scanPerson(q.row(`SELECT `+personColumns+` FROM people WHERE app = ? AND id = ?`+q.lock(), app, id))
}

// AddPerson implements account.PersonStore.
func (a Accounts) AddPerson(ctx context.Context, p account.Person) (added account.Person, err error) {
	if err := p.Validate(); err != nil {
		return account.Person{}, err
	}
	err = a.store.update(ctx, "add a person", func(t *tx) error {
		p := p
		if p.ID < 0 || p.ID > 0 && known(t, p.App, p.ID) == nil || emailTaken(t, p) {
			return account.ErrTaken
		}
		if p.ID, err = countPerson(t, p.App, p.ID); err != nil {
			return err
		}
		if err := t.exec(`INSERT INTO people (app, id, provider, name, email, canonical_email, verified_at, password, locale, photo,
			disabled_at, factor_secret, factor_codes, factor_confirmed_at, factor_step, created_at, updated_at, rev)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)`,
			append([]any{p.App, p.ID, p.Provider}, personValues(p)...)...); err != nil {
			return err
		}
		added, err = findPerson(t, p.App, p.ID)
		return err
	})
	return added, err
}

// countPerson gives an id if there is none yet, and sees to it that the one there is is never given.
func countPerson(t *tx, app string, id int64) (int64, error) {
	if id > 0 {
		return id, t.exec(`INSERT INTO account_counters (app, last_person) VALUES (?, ?) ON CONFLICT (app) DO UPDATE SET last_person =
			CASE WHEN account_counters.last_person > excluded.last_person THEN account_counters.last_person ELSE excluded.last_person END`,
			app, id)
	}
	err := t.row(`INSERT INTO account_counters (app, last_person) VALUES (?, 1)
		ON CONFLICT (app) DO UPDATE SET last_person = account_counters.last_person + 1 RETURNING last_person`, app).Scan(&id)
	return id, err
}

// personValues are the columns from name to updated_at.
func personValues(p account.Person) []any {
	f := p.Factor
	return []any{
		p.Name, p.Email, account.Canonical(p.Email), stamp(p.VerifiedAt), p.Password, p.Locale, p.Photo, stamp(p.DisabledAt),
		f.Secret, f.Codes, stamp(f.ConfirmedAt), f.Step, stamp(p.CreatedAt), stamp(p.UpdatedAt),
	}
}

// emailTaken reports whether somebody else of the provider has the address.
func emailTaken(q querier, p account.Person) bool {
	return q.row(`SELECT 1 FROM people WHERE app = ? AND provider = ? AND canonical_email = ? AND id != ?`,
		p.App, p.Provider, account.Canonical(p.Email), p.ID).Scan(new(int)) == nil
}

// Person implements account.PersonStore.
func (a Accounts) Person(ctx context.Context, app string, id int64) (account.Person, error) {
	p, err := findPerson(a.store.reader(ctx), app, id)
	return p, a.store.explain("person", err)
}

// PersonByEmail implements account.PersonStore.
func (a Accounts) PersonByEmail(ctx context.Context, app string, provider account.Provider, email string) (account.Person, error) {
	p, err := scanPerson(a.store.reader(ctx).row(`SELECT `+personColumns+` FROM people
		WHERE app = ? AND provider = ? AND canonical_email = ?`, app, provider, account.Canonical(email)))
	return p, a.store.explain("person by address", err)
}

// SavePerson implements account.PersonStore.
func (a Accounts) SavePerson(ctx context.Context, p account.Person) (saved account.Person, err error) {
	err = a.store.update(ctx, "save a person", func(t *tx) error {
		p := p
		old, err := findPerson(t, p.App, p.ID)
		if err != nil {
			return err
		}
		p.Provider, p.CreatedAt = old.Provider, old.CreatedAt
		if err := p.Validate(); err != nil {
			return err
		}
		if p.Rev != old.Rev {
			return account.ErrConflict
		}
		if emailTaken(t, p) {
			return account.ErrTaken
		}
		if err := t.exec(`UPDATE people SET rev = rev + 1, name = ?, email = ?, canonical_email = ?, verified_at = ?, password = ?,
			locale = ?, photo = ?, disabled_at = ?, factor_secret = ?, factor_codes = ?, factor_confirmed_at = ?, factor_step = ?,
			created_at = ?, updated_at = ? WHERE app = ? AND id = ?`, append(personValues(p), p.App, p.ID)...); err != nil {
			return err
		}
		saved, err = findPerson(t, p.App, p.ID)
		return err
	})
	return saved, err
}

// DeletePerson implements account.PersonStore.
func (a Accounts) DeletePerson(ctx context.Context, app string, id int64) (ended account.Ended, err error) {
	err = a.store.update(ctx, "delete a person", func(t *tx) error {
		if err := known(t, app, id); err != nil { // and from now on nobody signs in
			return err
		}
		if ended, err = endAll(t, app, id, account.Except{}); err != nil {
			return err
		}
		return t.one(`DELETE FROM people WHERE app = ? AND id = ?`, app, id) // and by it all that refers to them
	})
	return ended, err
}

// People implements account.PersonStore.
func (a Accounts) People(ctx context.Context, app string, provider account.Provider, after int64, limit int) ([]account.Person, error) {
	rows, err := a.store.reader(ctx).rows(`SELECT `+personColumns+` FROM people
		WHERE app = ? AND provider = ? AND id > ? ORDER BY id LIMIT ?`, app, provider, after, max(0, limit))
	list, err := collect(rows, err, scanPerson)
	return list, a.store.explain("people", err)
}
