package standard

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"madang"
	"madang/account"
	tokens "madang/account/bearer"
	"madang/account/gate"
	"madang/account/guards"
	"madang/account/keys"
	"madang/account/laravel"
	"madang/account/limit"
	"madang/account/live"
	"madang/account/operator"
	"madang/account/password"
	"madang/account/photo"
	"madang/account/seal"
	"madang/account/signin"
	"madang/account/signin/mails"
	"madang/account/token"
	"madang/dialect/ably"
	"madang/server"
)

// accounts are people who sign in here, and what they may do. It is opened before the hub, because it brings guards.
type accounts struct {
	config   Accounts
	site     *server.Site
	store    account.Store
	common   *commons
	hasher   *password.Hasher
	box      *seal.Box
	web      *signin.Service // members, with sessions
	api      *signin.Service // users, with tokens
	gate     *gate.Gate
	album    *photo.Album
	live     *live.Live
	ring     *keys.Ring
	tokens   *tokens.Tokens // of users
	programs *tokens.Tokens // of members: their API tokens
	ably     *endedSignIns  // who people are behind the Ably protocol; nil: it is not spoken
	browser  *guards.Web
	gone     func(ctx context.Context, person int64, deleted bool) // what features do about it; nil: nothing
	face     *face                                                 // what is answered by HTTP; nil until the parts are joined
	operator *operator.Operator
	socket   *http.Server
	setup    *operator.Setup // nil: somebody is an administrator
	link     string          // of the setup
}

// openAccounts opens them, if they are wanted.
func openAccounts(ctx context.Context, s *server.Site, c Accounts) (*accounts, error) {
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
	common, err := server.Find[*commons](s)
	if err != nil {
		return nil, err
	}
	a := &accounts{config: c, site: s, store: store, common: common}
	if err := a.makeLive(out, files); err != nil {
		return nil, err
	}
	return a, a.makeGuards(ctx)
}

// makeLive makes the rules, and what tells connections and other nodes of what has ended or changed.
func (a *accounts) makeLive(out *post, files *blobs) error {
	follow := live.Defaults()
	follow.SessionIdle, follow.SessionRemember = a.config.Web.SessionIdle, a.config.Web.SessionRemember
	var err error
	if a.live, err = live.New(follow, a.store, live.WithLogger(a.site.Log)); err != nil {
		return err
	}
	return a.make(out, files, a.live.Ended(a.config.app()), gate.WithChanged(a.live.Changed))
}

// makeGuards makes what says who somebody is.
func (a *accounts) makeGuards(ctx context.Context) error {
	var err error
	parts := keys.Parts{Store: a.store, Box: a.box, Log: a.site.Log}
	if a.ring, err = keys.Open(ctx, a.config.app(), a.config.Signing, parts); err != nil {
		return err
	}
	if a.tokens, err = tokens.NewTokens(a.config.Tokens, a.api, a.ring, a.site.Log); err != nil {
		return err
	}
	if a.programs, err = tokens.NewTokens(a.config.Tokens, a.web, a.ring, a.site.Log); err != nil {
		return err
	}
	a.browser, err = guards.NewWeb(guards.WebConfig{
		Cookie: a.cookies().SessionName(), Origins: a.config.Origins, Language: token.Language(a.config.Locale),
	}, a.web, a.site.Log)
	return err
}

// cookies are those of members' browsers.
func (a *accounts) cookies() laravel.Cookies {
	return laravel.Cookies{Name: a.config.Cookie, Secure: strings.HasPrefix(a.config.URL, "https://")}
}

// Guards returns the guard of sessions; that of everybody who names none is made of it and others, see openAPI.
func (a *accounts) Guards() map[string]madang.Guard {
	return map[string]madang.Guard{a.config.Web.Guard: a.browser}
}

// Observer implements server.Observer.
func (a *accounts) Observer() *madang.Observer {
	o := a.live.Observer()
	o.Lost = func(c madang.Channel, _ madang.Position) {
		a.live.Missed(c)
		a.gate.Missed(a.config.app(), c)
	}
	return o
}

// Retain implements server.Retainer: what nodes tell each other of accounts.
func (a *accounts) Retain(c madang.Channel) madang.Retention {
	if r := a.live.Retain(c); r != (madang.Retention{}) {
		return r
	}
	return a.gate.Retain(c)
}

// make makes the rules of their parts, for a server or for a command. Ended is told what has ended.
func (a *accounts) make(out *post, files *blobs, ended func(context.Context, account.Ended), options ...gate.Option) error {
	c, s := a.config, a.site
	var err error
	if a.hasher, err = password.New(c.Password); err != nil {
		return err
	}
	if a.box, err = seal.New(c.keys()...); err != nil {
		return err
	}
	photos, err := files.Store()
	if err != nil {
		return err
	}
	a.album = photo.New(photos, s.Log)
	texts, err := mailTexts(a.config.Mails)
	if err != nil {
		return fmt.Errorf("account.mails: %w", err)
	}
	parts := signin.Parts{
		Store: a.store, Hasher: a.hasher, Box: a.box, Limiter: limit.New(a.common.limits), Mail: out, Mails: texts, Ended: ended, Gone: a.tellGone, Log: s.Log,
	}
	if a.web, err = signin.New(c.Web, parts); err != nil {
		return err
	}
	if a.api, err = signin.New(c.API, parts); err != nil {
		return err
	}
	if a.gate, err = gate.New(c.Gate, a.store, append(options, gate.WithLogger(s.Log))...); err != nil {
		return err
	}
	a.operator = operator.New(operator.Parts{
		App: c.app(), Guards: map[string]*signin.Service{c.Web.Guard: a.web, c.API.Guard: a.api}, Gate: a.gate, Store: a.store, Photos: a.album,
	})
	return nil
}

// tellGone tells features who has been disabled or deleted.
func (a *accounts) tellGone(ctx context.Context, person int64, deleted bool) {
	if a.gone != nil {
		a.gone(ctx, person, deleted)
	}
}

// mailTexts reads the mails, those of a folder in place of the built-in ones.
func mailTexts(folder string) (*mails.Set, error) {
	if folder == "" {
		return mails.New(nil)
	}
	return mails.New(os.DirFS(folder))
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
	if (g != nil || err != nil) && a.ably != nil && signedIn(r.Principal) { // there are rules: they are about the person
		if r.Principal, err = a.ably.asPerson(ctx, r.Principal); err != nil {
			return nil, err
		}
		g, err = a.gate.Authorize(ctx, r)
	}
	if errors.Is(err, madang.ErrForbidden) && r.Principal != nil && r.Principal.User == "" && r.Action == madang.ActSubscribe && r.Proof != nil {
		return a.lent(ctx, r, err)
	}
	return g, err
}

// Routes implements server.Router.
func (a *accounts) Routes() map[string]http.Handler { return a.face.routes }

// Wrap implements server.Wrapper: hosts are told apart.
func (a *accounts) Wrap(next http.Handler) http.Handler { return a.face.hosts.Wrap(next) }
