package memory

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"madang/account"
)

// sorted returns texts in order, each once.
func sorted(all []string) []string { return slices.Compact(slices.Sorted(slices.Values(all))) }

func keptRole(r account.Role) account.Role {
	r.Permissions = sorted(r.Permissions)
	return r
}

// PutRole implements account.RoleStore.
func (a *Accounts) PutRole(_ context.Context, r account.Role) (account.Role, error) {
	if r.App == "" || r.Guard == "" || r.Name == "" {
		return account.Role{}, fmt.Errorf("a role needs an app, a guard and a name: %w", account.ErrInvalid)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	k := roleName{r.App, r.Guard, r.Name}
	if old, ok := a.roles[k]; ok {
		r.ID = old.ID
	} else {
		a.roleID[r.App]++
		r.ID = a.roleID[r.App]
	}
	a.roles[k] = keptRole(r)
	return keptRole(r), nil
}

// Roles implements account.RoleStore.
func (a *Accounts) Roles(_ context.Context, app, guard string) ([]account.Role, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var all []account.Role
	for _, r := range a.roles {
		if r.App == app && r.Guard == guard {
			all = append(all, keptRole(r))
		}
	}
	slices.SortFunc(all, func(x, y account.Role) int { return cmp.Compare(x.Name, y.Name) })
	return all, nil
}

// DeleteRole implements account.RoleStore.
func (a *Accounts) DeleteRole(_ context.Context, app, guard, name string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, ok := a.roles[roleName{app, guard, name}]; !ok {
		return fmt.Errorf("role %q of guard %q: %w", name, guard, account.ErrNotFound)
	}
	delete(a.roles, roleName{app, guard, name})
	for k, g := range a.grants {
		if k.app == app && k.guard == guard {
			g.roles = slices.DeleteFunc(slices.Clone(g.roles), func(r string) bool { return r == name })
			a.grants[k] = g
		}
	}
	return nil
}

// Assign implements account.RoleStore.
func (a *Accounts) Assign(_ context.Context, app string, person int64, guard string, roles, permissions []string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, err := a.person(app, person); err != nil {
		return fmt.Errorf("assign roles: %w", err)
	}
	for _, name := range roles {
		if _, ok := a.roles[roleName{app, guard, name}]; !ok {
			return fmt.Errorf("assign roles: role %q of guard %q: %w", name, guard, account.ErrNotFound)
		}
	}
	a.grants[holder{someone{app, person}, guard}] = grant{sorted(roles), sorted(permissions)}
	return nil
}

// Rights implements account.RoleStore.
func (a *Accounts) Rights(_ context.Context, app string, person int64, guard string) (account.Rights, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	g := a.grants[holder{someone{app, person}, guard}]
	all := slices.Clone(g.permissions)
	for _, name := range g.roles {
		all = append(all, a.roles[roleName{app, guard, name}].Permissions...)
	}
	return account.Rights{Roles: slices.Clone(g.roles), Permissions: sorted(all)}, nil
}

// Note implements account.AuditStore.
func (a *Accounts) Note(_ context.Context, e account.AuditEntry) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.auditID++
	e.ID, e.At = a.auditID, millis(e.At)
	a.audit = append(a.audit, e)
	return nil
}

// Audit implements account.AuditStore.
func (a *Accounts) Audit(_ context.Context, q account.AuditQuery) ([]account.AuditEntry, error) {
	if q.Limit < 1 || q.Limit > 1000 {
		return nil, fmt.Errorf("audit: a limit of %d, 1 to 1000 are allowed: %w", q.Limit, account.ErrInvalid)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	var all []account.AuditEntry
	for _, e := range slices.Backward(a.audit) {
		wanted := e.App == q.App && (q.Person == 0 || e.Person == q.Person) && (q.Act == "" || e.Act == q.Act) && (q.Before == 0 || e.ID < q.Before)
		if wanted && len(all) < q.Limit {
			all = append(all, e)
		}
	}
	return all, nil
}

// Sweep implements account.AuditStore.
func (a *Accounts) Sweep(_ context.Context, before, now time.Time) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	size := func() int { return len(a.audit) + len(a.sessions) + len(a.families) + len(a.tokens) + len(a.once) }
	n := size()
	a.audit = slices.DeleteFunc(a.audit, func(e account.AuditEntry) bool { return e.At.Before(before) })
	maps.DeleteFunc(a.sessions, func(_ inApp[account.Hash], s account.Session) bool { return !s.ExpiresAt.After(now) })
	maps.DeleteFunc(a.families, func(_ inApp[string], f account.Family) bool { return !f.ExpiresAt.After(now) })
	maps.DeleteFunc(a.tokens, func(_ inApp[int64], t account.APIToken) bool { return !t.ExpiresAt.IsZero() && !t.ExpiresAt.After(now) })
	maps.DeleteFunc(a.once, func(_ proof, o account.OneTime) bool { return !o.ExpiresAt.After(now) })
	return n - size(), nil
}
