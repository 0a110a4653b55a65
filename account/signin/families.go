package signin

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"madang/account"
	"madang/account/limit"
	"madang/account/signin/mails"
)

// A Grant is a sign-in by tokens.
type Grant struct {
	SignedIn
	// Next is what can be exchanged for the next grant, once: the secret of a refresh token or, where access tokens themselves
	// are refreshed, the jti of this one. It is not kept.
	Next string
	// Verdict is that of the limit that counted the attempt.
	Verdict limit.Verdict

	refresh string
}

// Refresh returns Next as a refresh token. It says its family too, and is sealed: whoever has read family and id in some token's
// claims has none, and nobody ends a family by showing something that was never given.
func (g Grant) Refresh() string { return g.refresh }

func sealedFor(family string) string { return "refresh token of " + family }

// grant makes a Grant.
func (s *Service) grant(p account.Person, f account.Family, next string) Grant {
	sealed := s.Box.Seal([]byte(next), sealedFor(f.ID))
	return Grant{
		SignedIn: SignedIn{Person: p, Family: f}, Next: next, refresh: f.ID + "." + base64.RawURLEncoding.EncodeToString(sealed),
	}
}

// SplitRefresh takes a refresh token apart, for Exchange and Token; ok is false if none like it was ever given.
func (s *Service) SplitRefresh(token string) (family, next string, ok bool) {
	family, text, ok := strings.Cut(token, ".")
	if !ok || len(token) > 2*maxSecret || strings.ContainsAny(text, "\r\n") {
		return "", "", false
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return "", "", false
	}
	b, err := s.Box.Open(sealed, sealedFor(family))
	return family, string(b), err == nil
}

// LoginTokens signs somebody in with name and password, and their second factor if they have one: without a code the refusal
// has CodeFactorNeeded.
func (s *Service) LoginTokens(ctx context.Context, from From, form LoginForm) (Grant, error) {
	p, v, err := s.credentials(ctx, from, form)
	if err != nil {
		return Grant{}, err
	}
	checked := p
	if p.Factor.On() {
		factor := ChallengeForm{form.Code, form.RecoveryCode}
		if factor == (ChallengeForm{}) {
			s.note(ctx, from, p.ID, account.ActChallenged, "")
			return Grant{}, withVerdict(refuse(Unauthenticated, CodeFactorNeeded, ""), v)
		}
		w, err := s.takeFactor(ctx, p.ID, factor)
		if err != nil {
			return Grant{}, err
		}
		if p, err = s.useFactor(ctx, from, p.ID, factor); err != nil {
			return Grant{}, withVerdict(err, w)
		}
	}
	g, err := s.Issue(ctx, from, p)
	if err != nil {
		return Grant{}, err
	}
	if err := s.still(ctx, checked, form.Password); err != nil {
		_ = s.Store.EndFamily(ctx, s.config.App, g.Family.ID) // if it is not there, it has ended
		return Grant{}, s.badCredentials(ctx, from, form.Email, p.ID, v)
	}
	g.Verdict = v
	s.forgive(ctx, s.pair(from, form.Email))
	return g, nil
}

// Issue begins a family of tokens for somebody. It asks for nothing: that is for who calls it.
func (s *Service) Issue(ctx context.Context, from From, p account.Person) (Grant, error) {
	next, current, err := s.secret()
	if err != nil {
		return Grant{}, err
	}
	id, _, err := s.secret()
	if err != nil {
		return Grant{}, err
	}
	now := s.Now()
	f := account.Family{
		ID: id, App: s.config.App, Person: p.ID, Guard: s.config.Guard, Current: current, Client: from.client(),
		CreatedAt: now, SeenAt: now, ExpiresAt: now.Add(s.config.FamilyExpiry),
	}
	if err := s.Store.AddFamily(ctx, f); errors.Is(err, account.ErrNotFound) {
		return Grant{}, nobody()
	} else if err != nil {
		return Grant{}, fmt.Errorf("signin: keep a family of tokens: %w", err)
	}
	if err := s.tidyFamilies(ctx, f); err != nil {
		return Grant{}, err
	}
	s.note(ctx, from, p.ID, account.ActSignedIn, s.config.Guard)
	return s.grant(p, f, next), nil
}

// family returns a family that lives, and whose it is.
func (s *Service) family(ctx context.Context, id string) (SignedIn, error) {
	if id == "" || len(id) > maxSecret {
		return SignedIn{}, nobody()
	}
	f, err := s.Store.Family(ctx, s.config.App, id, s.Now())
	if errors.Is(err, account.ErrNotFound) || err == nil && f.Guard != s.config.Guard {
		return SignedIn{}, nobody()
	}
	if err != nil {
		return SignedIn{}, fmt.Errorf("signin: read a family of tokens: %w", err)
	}
	p, err := s.person(ctx, f.Person)
	return SignedIn{Person: p, Family: f}, err
}

// Token returns who is signed in by an access token of a family, whose signature and times have been checked. jti is its id where
// access tokens themselves are refreshed: one that was exchanged signs nobody in from that moment on. Empty: the tokens of a
// family are good until they expire or the family ends.
func (s *Service) Token(ctx context.Context, family, jti string) (SignedIn, error) {
	who, err := s.family(ctx, family)
	if err != nil {
		return SignedIn{}, err
	}
	if h := hash(jti); jti != "" && subtle.ConstantTimeCompare(h[:], who.Family.Current[:]) != 1 {
		return SignedIn{}, nobody()
	}
	return who, nil
}

// Exchange gives the next grant of a family for what the last one had as Next. What was exchanged before ends the family: of
// the two who have it one is a thief, and nobody can tell which.
func (s *Service) Exchange(ctx context.Context, from From, family, shown string) (Grant, error) {
	who, err := s.family(ctx, family)
	if err != nil {
		return Grant{}, err
	}
	if len(shown) > maxSecret {
		return Grant{}, nobody()
	}
	if _, err := s.take(ctx, "refresh", family, s.config.Limits.Change); err != nil {
		return Grant{}, err
	}
	next, h, err := s.secret()
	if err != nil {
		return Grant{}, err
	}
	f, err := s.Store.Exchange(ctx, s.config.App, family, hash(shown), h, from.client(), s.Now())
	switch {
	case errors.Is(err, account.ErrReused):
		s.ended(ctx, account.Ended{Families: []string{family}})
		s.note(ctx, from, who.Person.ID, account.ActReused, "")
		s.notify(ctx, from, who.Person, who.Person.Email, mails.Reused)
		return Grant{}, refuse(Unauthenticated, CodeReused, "")
	case errors.Is(err, account.ErrNotFound):
		return Grant{}, nobody()
	case err != nil:
		return Grant{}, fmt.Errorf("signin: exchange a token: %w", err)
	}
	s.note(ctx, from, who.Person.ID, account.ActRefreshed, "")
	return s.grant(who.Person, f, next), nil
}
