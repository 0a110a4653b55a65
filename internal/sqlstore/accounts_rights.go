package sqlstore

import (
	"context"
	"fmt"
	"slices"
	"time"

	"madang/account"
)

// sorted returns texts in order, each once.
func sorted(all []string) []string { return slices.Compact(slices.Sorted(slices.Values(all))) }

const roleColumns = `id, app, guard, name, permissions`

func scanRole(row Scanner) (r account.Role, err error) {
	err = row.Scan(&r.ID, &r.App, &r.Guard, &r.Name, (*texts)(&r.Permissions))
	return r, orNotFound(err)
}

// PutRole implements account.RoleStore.
func (a Accounts) PutRole(ctx context.Context, r account.Role) (put account.Role, err error) {
	if r.App == "" || r.Guard == "" || r.Name == "" {
		return put, fmt.Errorf("a role needs an app, a guard and a name: %w", account.ErrInvalid)
	}
	err = a.store.update(ctx, "put a role", func(t *tx) error {
		put, err = scanRole(t.row(`INSERT INTO roles (app, guard, name, permissions) VALUES (?, ?, ?, ?)
			ON CONFLICT (app, guard, name) DO UPDATE SET permissions = excluded.permissions RETURNING `+roleColumns,
			r.App, r.Guard, r.Name, texts(sorted(r.Permissions)).column()))
		return err
	})
	return put, err
}

// Roles implements account.RoleStore.
func (a Accounts) Roles(ctx context.Context, app, guard string) ([]account.Role, error) {
	rows, err := a.store.reader(ctx).rows(`SELECT `+roleColumns+` FROM roles WHERE app = ? AND guard = ? ORDER BY name`, app, guard)
	list, err := collect(rows, err, scanRole)
	return list, a.store.explain("roles", err)
}

// DeleteRole implements account.RoleStore.
func (a Accounts) DeleteRole(ctx context.Context, app, guard, name string) error {
	return a.store.update(ctx, "delete a role", func(t *tx) error {
		return t.one(`DELETE FROM roles WHERE app = ? AND guard = ? AND name = ?`, app, guard, name)
	})
}

// Assign implements account.RoleStore.
func (a Accounts) Assign(ctx context.Context, app string, person int64, guard string, roles, permissions []string) error {
	return a.store.update(ctx, "assign roles", func(t *tx) error {
		if err := known(t, app, person); err != nil {
			return err
		}
		if err := t.exec(`DELETE FROM person_roles WHERE app = ?1 AND person = ?2 AND role IN (SELECT id FROM roles WHERE app = ?1 AND guard = ?3)`,
			app, person, guard); err != nil {
			return err
		}
		for _, name := range sorted(roles) {
			err := t.one(`INSERT INTO person_roles (app, person, role) SELECT ?1, ?2, id FROM roles WHERE app = ?1 AND guard = ?3 AND name = ?4`,
				app, person, guard, name)
			if err != nil {
				return fmt.Errorf("role %q: %w", name, err)
			}
		}
		return t.exec(`INSERT INTO person_permissions (app, person, guard, permissions) VALUES (?, ?, ?, ?)
			ON CONFLICT (app, person, guard) DO UPDATE SET permissions = excluded.permissions`,
			app, person, guard, texts(sorted(permissions)).column())
	})
}

// rightsQuery returns a row for each role of a person, and one without a name for the person's own permissions.
const rightsQuery = `SELECT r.name, r.permissions FROM person_roles h JOIN roles r ON r.id = h.role
		WHERE h.app = ?1 AND h.person = ?2 AND r.guard = ?3
	UNION ALL SELECT '', permissions FROM person_permissions WHERE app = ?1 AND person = ?2 AND guard = ?3`

// Rights implements account.RoleStore.
func (a Accounts) Rights(ctx context.Context, app string, person int64, guard string) (r account.Rights, err error) {
	rows, err := a.store.reader(ctx).rows(rightsQuery, app, person, guard)
	_, err = collect(rows, err, func(row Scanner) (none struct{}, err error) {
		var name string
		var permissions texts
		if err := row.Scan(&name, &permissions); err != nil {
			return none, err
		}
		if name != "" {
			r.Roles = append(r.Roles, name)
		}
		r.Permissions = append(r.Permissions, permissions...)
		return none, nil
	})
	r.Roles, r.Permissions = sorted(r.Roles), sorted(r.Permissions)
	return r, a.store.explain("rights", err)
}

// Note implements account.AuditStore.
func (a Accounts) Note(ctx context.Context, e account.AuditEntry) error {
	return a.store.update(ctx, "note what happened", func(t *tx) error {
		return t.exec(`INSERT INTO audit (at, app, person, done_by, act, address, user_agent, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			e.At.UnixMilli(), e.App, e.Person, e.By, e.Act, e.Client.Address, e.Client.UserAgent, e.Detail)
	})
}

// auditQuery is the statement for a query: each combination of conditions has an index of its own.
func auditQuery(q account.AuditQuery) (query string, args []any) {
	query = `SELECT id, at, app, person, done_by, act, address, user_agent, detail FROM audit WHERE app = ?`
	args = []any{q.App}
	add := func(condition string, arg any) { query, args = query+" AND "+condition, append(args, arg) }
	if q.Person != 0 {
		add("person = ?", q.Person)
	}
	if q.Act != "" {
		add("act = ?", q.Act)
	}
	if q.Before != 0 {
		add("id < ?", q.Before)
	}
	return query + " ORDER BY id DESC LIMIT ?", append(args, q.Limit)
}

// Audit implements account.AuditStore.
func (a Accounts) Audit(ctx context.Context, q account.AuditQuery) ([]account.AuditEntry, error) {
	if q.Limit < 1 || q.Limit > 1000 {
		return nil, fmt.Errorf("audit: a limit of %d, 1 to 1000 are allowed: %w", q.Limit, account.ErrInvalid)
	}
	query, args := auditQuery(q)
	rows, err := a.store.reader(ctx).rows(query, args...)
	list, err := collect(rows, err, func(row Scanner) (e account.AuditEntry, err error) {
		return e, row.Scan(&e.ID, moment{&e.At}, &e.App, &e.Person, &e.By, &e.Act, &e.Client.Address, &e.Client.UserAgent, &e.Detail)
	})
	return list, a.store.explain("audit", err)
}

// Sweep implements account.AuditStore.
func (a Accounts) Sweep(ctx context.Context, before, now time.Time) (total int, err error) {
	err = a.store.update(ctx, "sweep", func(t *tx) error {
		total = 0
		for _, s := range []struct {
			query string
			at    time.Time
		}{
			{`DELETE FROM audit WHERE at < ?`, before}, {`DELETE FROM sessions WHERE expires_at <= ?`, now},
			{`DELETE FROM token_families WHERE expires_at <= ?`, now}, {`DELETE FROM api_tokens WHERE expires_at <= ?`, now},
			{`DELETE FROM one_times WHERE expires_at <= ?`, now},
		} {
			n, err := t.changes(s.query, s.at.UnixMilli())
			if err != nil {
				return err
			}
			total += int(n)
		}
		return nil
	})
	return total, err
}
