package standard

import (
	"context"
	"errors"
	"net/http"

	"madang"
	"madang/account"
	"madang/account/gate"
	"madang/account/limit"
	"madang/account/operator"
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
	config   Accounts
	site     *server.Site
	store    account.Store
	hasher   *password.Hasher
	box      *seal.Box
	web      *signin.Service // members, with sessions
	api      *signin.Service // users, with tokens
	gate     *gate.Gate
	album    *photo.Album
	operator *operator.Operator
	socket   *http.Server
	setup    *operator.Setup // nil: somebody is an administrator
	link     string          // of the setup
}

// openAccounts opens them, if they are wanted.
func openAccounts(_ context.Context, s *server.Site, c Accounts) (*accounts, error) {
	if !c.Enabled {
		return nil, server.ErrOff
	}
	if c.URL == "" {
		c.at(s.Config.LocalURL()) // development mode: the server listens by now
	}
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
	return newAccounts(s, c, store, out, files)
}

// newAccounts makes them of their parts, for a server or for a command.
func newAccounts(s *server.Site, c Accounts, store account.Store, out *post, files *blobs) (*accounts, error) {
	a := &accounts{config: c, site: s, store: store}
	var err error
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
	texts, err := mails.New(nil)
	if err != nil {
		return nil, err
	}
	parts := signin.Parts{
		Store: a.store, Hasher: a.hasher, Box: a.box, Limiter: limit.New(limit.NewMemory(nil)), Mail: out, Mails: texts, Log: s.Log,
	}
	if a.web, err = signin.New(c.Web, parts); err != nil {
		return nil, err
	}
	if a.api, err = signin.New(c.API, parts); err != nil {
		return nil, err
	}
	if a.gate, err = gate.New(c.Gate, a.store, gate.WithLogger(s.Log)); err != nil {
		return nil, err
	}
	a.operator = operator.New(operator.Parts{
		App: c.app(), Guards: map[string]*signin.Service{c.Web.Guard: a.web, c.API.Guard: a.api}, Gate: a.gate, Store: store, Photos: a.album,
	})
	return a, nil
}

// Offers implements server.Offerer.
func (a *accounts) Offers() []any { return []any{a.gate, a.album} }

// Authorize implements madang.Policy: the rules of channels that are about roles. They are asked first, because they close
// channels to everybody else. A backend that shows the app's own key is no person and has no roles.
func (a *accounts) Authorize(ctx context.Context, r madang.AccessRequest) (*madang.Grant, error) {
	if r.Principal != nil && ably.HasKey(r.Principal) {
		return nil, nil
	}
	g, err := a.gate.Authorize(ctx, r)
	if errors.Is(err, madang.ErrForbidden) && r.Principal != nil && r.Principal.User == "" && r.Action == madang.ActSubscribe && r.Proof != nil {
		return a.lent(ctx, r, err)
	}
	return g, err
}

// Routes implements server.Router.
func (a *accounts) Routes() map[string]http.Handler {
	all := a.album.Routes()
	all[operator.SetupPath] = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a.setup == nil { // settled when the server starts
			http.NotFound(w, r)
			return
		}
		a.setup.ServeHTTP(w, r)
	})
	return all
}
