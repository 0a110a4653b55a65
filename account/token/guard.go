package token

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"madang"
	"madang/account/jws"
)

// A Guard authenticates by JSON Web Token. It may be used by several goroutines at once.
type Guard struct {
	config Config
	keys   ring
	now    func() time.Time
	client *http.Client
	log    *slog.Logger
}

// An Option sets what a Guard takes from its surroundings.
type Option func(*Guard)

// WithClock makes a Guard take the time from now instead of time.Now.
func WithClock(now func() time.Time) Option { return func(g *Guard) { g.now = now } }

// WithHTTPClient makes a Guard fetch keys with a copy of the client instead of [http.DefaultClient]. Its CheckRedirect
// is not used.
func WithHTTPClient(c *http.Client) Option { return func(g *Guard) { g.client = c } }

// WithLogger makes a Guard log there instead of to [slog.Default]: refusals at debug, trouble with keys as warnings.
// Tokens and secrets are never logged.
func WithLogger(l *slog.Logger) Option { return func(g *Guard) { g.log = l } }

// New returns a Guard. Keys that are files must be readable. The key set of jwks_url is fetched before New returns, but
// the server may start without it: a warning is logged and tokens that need it are refused until it can be fetched.
// Fetching ends with ctx.
func New(ctx context.Context, c Config, options ...Option) (*Guard, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	g := &Guard{config: c, now: time.Now, client: http.DefaultClient, log: slog.Default()}
	for _, o := range options {
		o(g)
	}
	if err := g.collectKeys(ctx); err != nil {
		return nil, err
	}
	return g, nil
}

func (g *Guard) collectKeys(ctx context.Context) error {
	c := &g.config
	if c.Secret != "" {
		g.keys.fixed = append(g.keys.fixed, secretKey(c.Secret))
	}
	for _, s := range c.Secrets {
		g.keys.fixed = append(g.keys.fixed, secretKey(s))
	}
	for i, item := range c.PublicKeys {
		keys, err := readPublicKeys(item)
		if err != nil {
			return fmt.Errorf("token: public_keys[%d]: %w", i, err)
		}
		g.keys.fixed = append(g.keys.fixed, keys...)
	}
	if c.JWKSFile != "" {
		f, err := openKeyFile(c.JWKSFile, g.log)
		if err != nil {
			return fmt.Errorf("token: jwks_file: %w", err)
		}
		g.keys.file = f
	}
	if c.JWKSURL == "" {
		return nil
	}
	address, err := url.Parse(c.JWKSURL)
	if err != nil {
		return fmt.Errorf("token: jwks_url: %w", err)
	}
	if c.Issuer == "" || len(c.Audience) == 0 {
		g.log.Warn("jwks_url needs both issuer and audience, or tokens that its keys sign for others are good here too",
			"url", address.Redacted())
	}
	g.keys.url = &keyURL{
		address: address, fetch: newFetcher(g.client, address, g.log).fetch,
		refresh: c.JWKSRefresh, now: g.now, log: g.log, life: ctx,
	}
	if _, err := g.keys.url.current(ctx); err != nil {
		return fmt.Errorf("token: jwks_url: %w", err)
	}
	if err := context.Cause(ctx); err != nil { // it would never fetch anything
		return fmt.Errorf("token: jwks_url: %w", err)
	}
	return nil
}

// Authenticate returns the principal that the credentials' token proves. The principal's claims are the token's
// payload as it came; it expires when the token does, leeway included. Any error is a [madang.Refusal] that wraps one of
// the reasons of this package.
func (g *Guard) Authenticate(ctx context.Context, c madang.Credentials) (*madang.Principal, error) {
	p, err := g.principal(ctx, c)
	if err != nil {
		g.log.DebugContext(ctx, "token refused", "reason", err, "guard", c.Guard, "app", c.App, "remote", c.Remote)
		return nil, Refuse(codeOf(err), Negotiate(c.Locale, g.config.DefaultLocale), err)
	}
	return p, nil
}

func (g *Guard) principal(ctx context.Context, c madang.Credentials) (*madang.Principal, error) {
	raw := Find(c)
	if raw == "" {
		return nil, ErrMissing
	}
	t, err := parse(raw)
	if err != nil {
		return nil, err
	}
	payload, err := g.keys.verify(ctx, t)
	if err != nil {
		return nil, err
	}
	claims, err := jws.Object(payload)
	if err != nil {
		return nil, fmt.Errorf("%w: claims: %w", ErrMalformed, err)
	}
	p := &madang.Principal{Guard: cmp.Or(c.Guard, "api"), Name: g.config.name(claims), Claims: payload}
	if err := g.config.origin(claims); err != nil {
		return nil, err
	}
	if p.App, err = g.config.app(claims, c.App); err != nil {
		return nil, err
	}
	if p.User, err = g.config.user(claims); err != nil {
		return nil, err
	}
	// Last, so that "expired" is said only of tokens that were good.
	if p.Expires, err = g.config.lifetime(claims, g.now()); err != nil {
		return nil, err
	}
	return p, nil
}
