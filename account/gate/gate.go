package gate

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"madang"
	"madang/account"
)

// A Gate says what people may do. It is safe for concurrent use.
type Gate struct {
	config  Config
	store   account.RoleStore
	before  []Before
	changed func(Change)
	now     func() time.Time
	log     *slog.Logger
	cache   *cache
	cluster cluster
}

// An Option sets what a Gate takes from its surroundings.
type Option func(*Gate)

// WithBefore asks b before permissions are looked at, after those that were named earlier.
func WithBefore(b Before) Option { return func(g *Gate) { g.before = append(g.before, b) } }

// WithChanged calls f when rights have changed, on every node that hears of it: so that what was granted by them can be asked
// for again. It may be called more than once for a change, by several goroutines, and must not wait.
func WithChanged(f func(Change)) Option { return func(g *Gate) { g.changed = f } }

// WithClock makes a Gate take the time from now instead of time.Now.
func WithClock(now func() time.Time) Option { return func(g *Gate) { g.now = now } }

// WithLogger makes a Gate log there instead of to [slog.Default].
func WithLogger(l *slog.Logger) Option { return func(g *Gate) { g.log = l } }

// New returns a Gate on a store. It remembers nothing until it is started.
func New(c Config, s account.RoleStore, options ...Option) (*Gate, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	g := &Gate{
		config: c, store: s, before: []Before{Super(c.Super...)}, changed: func(Change) {},
		now: time.Now, log: slog.Default(), cache: newCache(c.TTL, c.Remembered),
	}
	for _, o := range options {
		o(g)
	}
	return g, nil
}

// Permissions returns the names of all permissions that a guard has, sorted.
func (g *Gate) Permissions(guard string) []string { return g.config.names(guard) }

// Rights returns what somebody's roles and own permissions come to. Hooks are not asked: it is what was given to them.
func (g *Gate) Rights(ctx context.Context, h Holder) (account.Rights, error) {
	r, err := g.rights(ctx, h)
	return account.Rights{Roles: slices.Clone(r.Roles), Permissions: slices.Clone(r.Permissions)}, err
}

// rights is Rights without a copy.
func (g *Gate) rights(ctx context.Context, h Holder) (account.Rights, error) {
	if !slices.Contains(g.config.Guards, h.Guard) {
		return account.Rights{}, nil
	}
	at := g.now()
	r, changes, ok := g.cache.get(h, at)
	if ok {
		return r, nil
	}
	r, err := g.store.Rights(ctx, h.App, h.Person, h.Guard)
	if err != nil {
		return account.Rights{}, fmt.Errorf("gate: rights of person %d for guard %q: %w", h.Person, h.Guard, err)
	}
	g.cache.put(h, r, at, changes)
	return r, nil
}

// HasRole reports whether a principal has one of some roles, for its own guard. Nobody in particular has none.
func (g *Gate) HasRole(ctx context.Context, p *madang.Principal, roles ...string) (bool, error) {
	h, ok := g.holder(p)
	if !ok {
		return false, nil
	}
	r, err := g.rights(ctx, h)
	return err == nil && slices.ContainsFunc(roles, r.Has), err
}

// Allows reports whether a principal may do something, for its own guard: because a hook says so or, if none has an opinion,
// because it has the permission of that name. Nobody in particular may do nothing, and no hook is asked; nor for what an API
// token does not cover.
func (g *Gate) Allows(ctx context.Context, p *madang.Principal, ability string) (bool, error) {
	h, ok := g.holder(p)
	if !ok || !lets(p, ability) {
		return false, nil
	}
	r, err := g.rights(ctx, h)
	if err != nil {
		return false, err
	}
	for _, b := range g.before {
		switch b(h, r, ability) {
		case Yes:
			return true, nil
		case No:
			return false, nil
		}
	}
	return r.May(ability), nil
}
