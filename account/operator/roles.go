package operator

import (
	"context"
	"slices"
	"strings"

	"madang/account"
)

// Roles returns the roles of a guard by their names.
func (o *Operator) Roles(ctx context.Context, guard string) ([]Role, error) {
	if _, err := o.guard(guard); err != nil {
		return nil, err
	}
	roles, err := o.Gate.Roles(ctx, o.App, guard)
	all := make([]Role, 0, len(roles))
	for _, r := range roles {
		all = append(all, Role{Guard: r.Guard, Name: r.Name, Permissions: list(r.Permissions)})
	}
	return all, explain(err, "")
}

// knows reports a role that there is not.
func (o *Operator) knows(ctx context.Context, guard string, names []string) error {
	if len(names) == 0 {
		return nil
	}
	roles, err := o.Roles(ctx, guard)
	if err != nil {
		return err
	}
	var all []string
	for _, r := range roles {
		all = append(all, r.Name)
	}
	for _, name := range names {
		if !slices.Contains(all, name) {
			return fail(422, "there is no role %q for guard %s; there are: %s", name, guard, strings.Join(all, ", "))
		}
	}
	return nil
}

// PutRole keeps a role in place of the one with its name.
func (o *Operator) PutRole(ctx context.Context, by string, r Role) (Role, error) {
	if _, err := o.guard(r.Guard); err != nil {
		return Role{}, err
	}
	kept, err := o.Gate.PutRole(ctx, account.Role{App: o.App, Guard: r.Guard, Name: r.Name, Permissions: r.Permissions})
	if err != nil {
		return Role{}, explain(err, "")
	}
	err = o.Store.Note(ctx, account.AuditEntry{
		At: o.Now(), App: o.App, By: by, Act: account.ActRolesChanged,
		Detail: r.Guard + ": role " + r.Name + " = " + strings.Join(kept.Permissions, ", "),
	})
	return Role{Guard: kept.Guard, Name: kept.Name, Permissions: list(kept.Permissions)}, err
}

// DeleteRole removes a role, also from those who have it.
func (o *Operator) DeleteRole(ctx context.Context, by, guard, name string) error {
	if err := o.knows(ctx, guard, []string{name}); err != nil {
		return err
	}
	if err := o.Gate.DeleteRole(ctx, o.App, guard, name); err != nil {
		return explain(err, "")
	}
	return o.Store.Note(ctx, account.AuditEntry{
		At: o.Now(), App: o.App, By: by, Act: account.ActRolesChanged, Detail: guard + ": role " + name + " deleted",
	})
}

// Permissions returns all that people of a guard can have.
func (o *Operator) Permissions(guard string) ([]string, error) {
	if _, err := o.guard(guard); err != nil {
		return nil, err
	}
	return list(o.Gate.Permissions(guard)), nil
}

// Audit returns what happened, the newest first.
func (o *Operator) Audit(ctx context.Context, q account.AuditQuery) ([]Entry, error) {
	if q.Limit < 1 || q.Limit > Most {
		return nil, fail(422, "limit: must be from 1 to %d", Most)
	}
	q.App = o.App
	entries, err := o.Store.Audit(ctx, q)
	all := make([]Entry, 0, len(entries))
	for _, e := range entries {
		all = append(all, Entry{
			ID: e.ID, At: e.At, Person: e.Person, By: e.By, Act: e.Act, Address: e.Client.Address, UserAgent: e.Client.UserAgent, Detail: e.Detail,
		})
	}
	return all, err
}
