package bearer

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"madang"
	"madang/account"
	"madang/account/keys"
	"madang/account/signin"
)

// Tokens makes the tokens of one guard, and says whose they are. Make it with [NewTokens]. It is safe for concurrent use.
type Tokens struct {
	service *signin.Service
	ring    *keys.Ring
	config  Config
	log     *slog.Logger
}

// NewTokens returns the tokens of a service's guard.
func NewTokens(c Config, s *signin.Service, ring *keys.Ring, log *slog.Logger) (*Tokens, error) {
	if c.Audience == "" {
		c.Audience = c.Issuer
	}
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("bearer: %w", err)
	}
	if log == nil {
		log = slog.Default()
	}
	return &Tokens{service: s, ring: ring, config: c, log: log}, nil
}

// An issued is a token, and until when it is good.
type issued struct {
	token   string
	expires time.Time
}

// sign makes a token of a sign-in. It ends with the sign-in at the latest, and so does what another time is given for.
func (t *Tokens) sign(ctx context.Context, who signin.SignedIn, use Use, jti, ably string, until time.Time) (issued, error) {
	now := t.service.Now()
	if until.After(who.Family.ExpiresAt) {
		until = who.Family.ExpiresAt
	}
	if jti == "" {
		jti = rand.Text()
	}
	text, err := t.ring.Sign(ctx, claims{
		Issuer: t.config.Issuer, Audience: t.config.Audience, Subject: who.Person.User(), Issued: now.Unix(), Starts: now.Unix(),
		Expires: until.Unix(), ID: jti, Guard: who.Family.Guard, Family: who.Family.ID, Use: use, Ably: ably,
	})
	if err != nil {
		return issued{}, err
	}
	return issued{text, time.Unix(until.Unix(), 0)}, nil
}

// read returns the claims of a token that was made here for one of some uses, however old it is.
func (t *Tokens) read(ctx context.Context, raw string, uses ...Use) (claims, error) {
	if raw == "" {
		return claims{}, ErrMissing
	}
	all, err := t.ring.Verify(ctx, raw)
	switch {
	case errors.Is(err, keys.ErrSignature):
		return claims{}, ErrSignature
	case err != nil: // no token of ours looks like it
		return claims{}, fmt.Errorf("%w: %w", ErrNotOurs, err)
	}
	c, err := readClaims(all)
	if err != nil {
		return claims{}, err
	}
	if c.Issuer != t.config.Issuer {
		return claims{}, fmt.Errorf("%w: the issuer is %.100q", ErrNotOurs, c.Issuer)
	}
	if c.Audience != t.config.Audience || c.Guard != t.service.Config().Guard {
		return claims{}, fmt.Errorf("%w: it is for the audience %.100q and the guard %.100q", ErrClaims, c.Audience, c.Guard)
	}
	if !slices.Contains(uses, c.Use) {
		return claims{}, fmt.Errorf("%w: it is for %q", ErrClaims, c.Use)
	}
	return c, nil
}

// current returns the claims of a token that is good by its times.
func (t *Tokens) current(ctx context.Context, raw string, uses ...Use) (claims, error) {
	c, err := t.read(ctx, raw, uses...)
	if err != nil {
		return claims{}, err
	}
	switch now := t.service.Now(); {
	case c.early(now):
		return claims{}, ErrEarly
	case c.expired(now):
		return claims{}, ErrExpired
	}
	return c, nil
}

// signedIn returns who is signed in by the token of some claims.
func (t *Tokens) signedIn(ctx context.Context, c claims) (signin.SignedIn, error) {
	jti := ""
	if c.Use == UseLogin { // it is exchanged itself, and with that no good any more
		jti = c.ID
	}
	who, err := t.service.Token(ctx, c.Family, jti)
	if err == nil && who.Person.User() != c.Subject {
		err = fmt.Errorf("%w: the sign-in is not its subject's", ErrClaims)
	}
	return who, ended(err)
}

// ended makes ErrEnded of a refusal to know somebody.
func ended(err error) error {
	if r, ok := errors.AsType[*signin.Refusal](err); ok && r.Class == signin.Unauthenticated {
		return fmt.Errorf("%w: %w", ErrEnded, r)
	}
	return err
}

// Authenticate returns who is signed in by an access token or an API token, and as what connections know them. It wraps
// ErrNotOurs for what was not made here, another of this package's errors for what is no good, or says what is wrong with
// the server.
func (t *Tokens) Authenticate(ctx context.Context, shown string) (signin.SignedIn, *madang.Principal, error) {
	if number, _, ok := strings.Cut(shown, "|"); ok {
		if !digits(number) {
			return signin.SignedIn{}, nil, ErrNotOurs
		}
		who, err := t.service.APIToken(ctx, shown)
		if err != nil {
			return signin.SignedIn{}, nil, ended(err)
		}
		return who, t.principal(who, who.APIToken.ExpiresAt), nil
	}
	c, err := t.current(ctx, shown, UseLogin, UseAccess, UseAbly)
	if err != nil {
		return signin.SignedIn{}, nil, err
	}
	who, err := t.signedIn(ctx, c)
	if err != nil {
		return signin.SignedIn{}, nil, err
	}
	return who, t.principal(who, time.Unix(c.Expires, 0)), nil
}

// digits reports whether a text is a number that an API token can have.
func digits(s string) bool {
	return s != "" && len(s) < 20 && strings.Trim(s, "0123456789") == ""
}

// Lives reports whether a sign-in by tokens is still good, by the id that principals have in their claim sign_in.
func (t *Tokens) Lives(ctx context.Context, signIn string) (bool, error) {
	p, err := t.Of(ctx, signIn)
	return p != nil, err
}

// Of returns who is signed in by a sign-in by tokens, as connections know them; nil: it has ended, or is none.
func (t *Tokens) Of(ctx context.Context, signIn string) (*madang.Principal, error) {
	id, ok := strings.CutPrefix(signIn, string(signin.KindFamily)+":")
	if !ok {
		return nil, nil
	}
	who, err := t.service.Token(ctx, id, "")
	if err = ended(err); errors.Is(err, ErrEnded) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return t.principal(who, who.Family.ExpiresAt), nil
}

// SignInOf returns the id of the sign-in that somebody uses, as signin.SignIn has it.
func SignInOf(who signin.SignedIn) string {
	switch {
	case who.Family.ID != "":
		return string(signin.KindFamily) + ":" + who.Family.ID
	case who.APIToken.ID != 0:
		return fmt.Sprintf("%s:%d", signin.KindAPIToken, who.APIToken.ID)
	case who.Session.ID != account.Hash{}:
		return fmt.Sprintf("%s:%x", signin.KindSession, who.Session.ID)
	}
	return ""
}
