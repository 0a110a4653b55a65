package token

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"madang/shared"
)

// Lifetimes of tokens.
const (
	DefaultTTL      = time.Hour
	MaxTTL          = 24 * time.Hour
	MaxRevocableTTL = time.Hour       // of a key whose tokens can be revoked
	MaxSkew         = 2 * time.Minute // how far the clock of who signs may be off
)

// freshFor is how long a token is taken for one that the client has just been given. If that one is no good, the next
// from the same place will not be either.
const freshFor = time.Minute

// Config is what an Authority needs.
type Config struct {
	Keys        Keys
	Nonces      shared.Keys      // which token requests have been used; nil: a memory of this process
	Revocations Revocations      // nil: a memory of this process
	Now         func() time.Time // nil: time.Now
	Log         *slog.Logger     // nil: slog.Default()

	// Lenient takes two mistakes that are easily made around an application's own login tokens. A connection keeps its
	// client id when it renews its token with one that has none, and a JWT may outlive the token embedded in it, which
	// then ends it all the same. Both are refused without it, as by Ably.
	Lenient bool
}

// An Authority gives tokens and verifies all kinds of credentials. It is safe for concurrent use. Errors about the
// credentials are *[Error]; others are failures of the Nonces and Revocations behind it.
type Authority struct{ cfg Config }

// New returns an authority over the keys of a Config.
func New(cfg Config) *Authority {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Nonces == nil {
		cfg.Nonces = shared.NewMemory(cfg.Now)
	}
	if cfg.Revocations == nil {
		cfg.Revocations = NewMemoryRevocations(cfg.Now)
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	return &Authority{cfg}
}

// Authenticate returns what credentials prove.
func (a *Authority) Authenticate(ctx context.Context, c Credentials) (*Details, error) {
	switch {
	case c.Key != "" && c.Token != "":
		return nil, refuse(CodeCredentials, "there are a key and a token; show one of them")
	case c.Key != "":
		return a.Basic(c.Key)
	}
	return a.Verify(ctx, c.Token)
}

// Basic returns what "app.key:secret" proves. An unknown key and a wrong secret are not told apart.
func (a *Authority) Basic(text string) (*Details, error) {
	name, secret, ok := SplitKey(text)
	if !ok {
		return nil, refuse(CodeCredentials, "a key has the form app.key:secret")
	}
	k, ok := a.cfg.Keys.Key(name)
	if !ok || !k.is(secret) {
		return nil, refuse(CodeCredentials, "there is no key %.100q with this secret", name)
	}
	return &Details{App: k.App, Key: k.Name, Basic: true, Wildcard: true, holder: wildcard, Capability: k.Capability}, nil
}

// Verify returns what a token of any kind proves now.
func (a *Authority) Verify(ctx context.Context, token string) (*Details, error) {
	d, err := a.verify(token, true)
	if err != nil {
		return nil, err
	}
	if err := a.Check(ctx, d); err != nil {
		return nil, err
	}
	return d, nil
}

// Check says whether details still hold that were proved before: 40142 once they have expired, 40141 if the token has
// been revoked.
func (a *Authority) Check(ctx context.Context, d *Details) error {
	if d.Expired(a.cfg.Now()) {
		return refuse(CodeExpired, "the token expired at %s", d.Expires.UTC().Format(time.RFC3339))
	}
	if d.Basic {
		return nil
	}
	revoked, err := a.cfg.Revocations.Revoked(ctx, d)
	if err == nil && revoked {
		return refuse(CodeRevoked, "the token has been revoked; request another")
	}
	return err
}

// verify tells the kinds of tokens apart. What is embedded in another token cannot embed one itself.
func (a *Authority) verify(token string, outermost bool) (*Details, error) {
	token = strings.TrimSpace(token)
	switch {
	case token == "":
		return nil, refuse(CodeCredentials, "there are no credentials: neither a key nor a token")
	case len(token) > MaxToken:
		return nil, refuse(CodeCredentials, "the token has %d bytes, more than %d", len(token), MaxToken)
	}
	j, ok := parseJOSE(token)
	switch {
	case !ok:
		return a.open(token)
	case !j.embeds():
		return a.verifyJWT(j)
	case !outermost:
		return nil, refuse(CodeCredentials, "the token in x-ably-token has an x-ably-token in it")
	}
	return a.verifyEmbedded(j)
}

// unacceptable refuses a token that is no good whatever the time. Clients renew by code, and with 40101 they do not.
func (a *Authority) unacceptable(code int, issued time.Time, format string, args ...any) error {
	if issued.IsZero() || a.cfg.Now().Sub(issued) < freshFor {
		code = CodeCredentials
	}
	return refuse(code, format, args...)
}

// maxTTL is how long a key's tokens may live.
func (k Key) maxTTL() time.Duration {
	if k.Revocable {
		return MaxRevocableTTL
	}
	return MaxTTL
}
