package standard

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"madang"
	"madang/account"
	"madang/account/gate"
	"madang/account/limit"
	"madang/account/password"
	"madang/account/photo"
	"madang/account/seal"
	"madang/account/signin"
	"madang/account/signin/mails"
	"madang/dialect/ably"
	"madang/server"
)

// accounts are people who sign in here, and what they may do. It is opened before the hub, because it brings guards.
type accounts struct {
	config Accounts
	site   *server.Site
	store  account.Store
	hasher *password.Hasher
	box    *seal.Box
	web    *signin.Service // members, with sessions
	api    *signin.Service // users, with tokens
	gate   *gate.Gate
	album  *photo.Album
}

// openAccounts opens them, if they are wanted.
func openAccounts(_ context.Context, s *server.Site, c Accounts) (*accounts, error) {
	if !c.Enabled {
		return nil, server.ErrOff
	}
	if c.URL == "" {
		c.at(s.Config.LocalURL()) // development mode: the server listens by now
	}
	a := &accounts{config: c, site: s}
	store, err := server.Find[account.Store](s)
	if err != nil {
		return nil, err
	}
	out, err := server.Find[*post](s)
	if err != nil {
		return nil, err
	}
	files, err := server.Find[*blobs](s)
	if err != nil {
		return nil, err
	}
	a.store = store
	if a.hasher, err = password.New(c.Password); err != nil {
		return nil, err
	}
	if a.box, err = seal.New(c.keys()...); err != nil {
		return nil, err
	}
	photos, err := files.Store()
	if err != nil {
		return nil, err
	}
	a.album = photo.New(photos, s.Log)
	return a, a.makeServices(out)
}

// makeServices makes what knows the rules.
func (a *accounts) makeServices(out *post) error {
	texts, err := mails.New(nil)
	if err != nil {
		return err
	}
	parts := signin.Parts{
		Store: a.store, Hasher: a.hasher, Box: a.box, Limiter: limit.New(limit.NewMemory(nil)), Mail: out, Mails: texts, Log: a.site.Log,
	}
	if a.web, err = signin.New(a.config.Web, parts); err != nil {
		return err
	}
	if a.api, err = signin.New(a.config.API, parts); err != nil {
		return err
	}
	a.gate, err = gate.New(a.config.Gate, a.store, gate.WithLogger(a.site.Log))
	return err
}

// Offers implements server.Offerer.
func (a *accounts) Offers() []any { return []any{a.gate, a.album} }

// Authorize implements madang.Policy: the rules of channels that are about roles. They are asked first, because they close
// channels to everybody else. A backend that shows the app's own key is no person and has no roles.
func (a *accounts) Authorize(ctx context.Context, r madang.AccessRequest) (*madang.Grant, error) {
	if r.Principal != nil && ably.HasKey(r.Principal) {
		return nil, nil
	}
	return a.gate.Authorize(ctx, r)
}

// Routes implements server.Router.
func (a *accounts) Routes() map[string]http.Handler { return a.album.Routes() }

// sweepEvery is how often what has expired is removed.
const sweepEvery = time.Hour

// Start implements server.Starter.
func (a *accounts) Start(ctx context.Context) error {
	if err := a.gate.Seed(ctx, a.config.app()); err != nil {
		return err
	}
	if err := a.gate.Start(ctx, a.site.Hub); err != nil {
		return err
	}
	go a.sweep(ctx)
	return nil
}

// sweep removes what has expired, once in an hour, as long as the server runs.
func (a *accounts) sweep(ctx context.Context) {
	every := time.NewTicker(sweepEvery)
	defer every.Stop()
	for {
		now := time.Now()
		n, err := a.store.Sweep(ctx, now.Add(-a.config.AuditKept), now)
		switch {
		case err != nil && ctx.Err() == nil:
			a.site.Log.WarnContext(ctx, "what has expired could not be removed", "error", err)
		case n > 0:
			a.site.Log.DebugContext(ctx, "removed what has expired", "entries", n)
		}
		select {
		case <-every.C:
		case <-ctx.Done():
			return
		}
	}
}

// lastMails is how long mails may take that were asked for while the server stopped.
const lastMails = 3 * time.Second

// Drain implements server.Drainer: mails that are under way arrive.
func (a *accounts) Drain(ctx context.Context) {
	if err := errors.Join(a.web.Drain(ctx), a.api.Drain(ctx)); err != nil {
		a.site.Log.WarnContext(ctx, "mails were still under way", "error", err)
	}
}

// Close implements io.Closer.
func (a *accounts) Close() error {
	ctx, done := context.WithTimeout(context.Background(), lastMails)
	defer done()
	a.Drain(ctx)
	if err := a.gate.Close(); err != nil {
		return fmt.Errorf("close the gate: %w", err)
	}
	return nil
}
