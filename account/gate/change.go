package gate

import (
	"context"
	"fmt"
	"slices"

	"madang/account"
)

// Each change is told of even when the store reports an error: it may have been made all the same.

// Assign gives somebody exactly these roles, and exactly these permissions of their own. ErrNotFound: there is no such person
// or role. ErrInvalid: there is no such guard or permission. In both cases nothing changes.
func (g *Gate) Assign(ctx context.Context, h Holder, roles, permissions []string) error {
	if err := g.known(h.Guard, permissions); err != nil {
		return fmt.Errorf("gate: assign to person %d: %w", h.Person, err)
	}
	defer g.tell(ctx, Change{App: h.App, Person: h.Person})
	if err := g.store.Assign(ctx, h.App, h.Person, h.Guard, roles, permissions); err != nil {
		return fmt.Errorf("gate: assign to person %d: %w", h.Person, err)
	}
	return nil
}

// PutRole keeps a role in place of the one with its guard and name, if there is one. ErrInvalid: it cannot be called so, or
// there is no such guard or permission.
func (g *Gate) PutRole(ctx context.Context, r account.Role) (account.Role, error) {
	if !nameable(r.Name) {
		return account.Role{}, fmt.Errorf("gate: %q is no name of a role: %w", r.Name, account.ErrInvalid)
	}
	if err := g.known(r.Guard, r.Permissions); err != nil {
		return account.Role{}, fmt.Errorf("gate: put role %q: %w", r.Name, err)
	}
	defer g.tell(ctx, Change{App: r.App})
	r, err := g.store.PutRole(ctx, r)
	if err != nil {
		return account.Role{}, fmt.Errorf("gate: put role: %w", err)
	}
	return r, nil
}

// DeleteRole removes a role, also from those who have it.
func (g *Gate) DeleteRole(ctx context.Context, app, guard, name string) error {
	defer g.tell(ctx, Change{App: app})
	if err := g.store.DeleteRole(ctx, app, guard, name); err != nil {
		return fmt.Errorf("gate: delete role: %w", err)
	}
	return nil
}

// Roles returns the roles of a guard by their names.
func (g *Gate) Roles(ctx context.Context, app, guard string) ([]account.Role, error) {
	all, err := g.store.Roles(ctx, app, guard)
	if err != nil {
		return nil, fmt.Errorf("gate: roles of guard %q: %w", guard, err)
	}
	return all, nil
}

// Forget forgets on all nodes what somebody may: to be called when a person was deleted.
func (g *Gate) Forget(ctx context.Context, app string, person int64) {
	g.tell(ctx, Change{App: app, Person: person})
}

// Seed makes the configured roles of an app that are not there yet. What operators made of the others stays.
func (g *Gate) Seed(ctx context.Context, app string) error {
	for _, r := range g.config.Roles {
		there, err := g.Roles(ctx, app, r.Guard)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(there, func(x account.Role) bool { return x.Name == r.Name }) {
			continue
		}
		if _, err := g.PutRole(ctx, account.Role{App: app, Guard: r.Guard, Name: r.Name, Permissions: slices.Clone(r.Permissions)}); err != nil {
			return err
		}
	}
	return nil
}

// known reports, as ErrInvalid, a guard without rights and permissions that it does not have.
func (g *Gate) known(guard string, permissions []string) error {
	err := g.config.knowsGuard(guard)
	if err == nil {
		err = g.config.knows(guard, permissions)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", err, account.ErrInvalid)
	}
	return nil
}
