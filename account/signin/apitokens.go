package signin

import (
	"context"
	"crypto/subtle"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"madang/account"
	"madang/account/words"
)

// tokenSize makes the secret of an API token 40 characters long, as Sanctum's are.
const tokenSize = 25

// maxTokens is how many API tokens somebody can have.
const maxTokens = 100

// tokenOwner returns who may manage their API tokens: with a proved address, where addresses are proved.
func (s *Service) tokenOwner(ctx context.Context, who SignedIn) (account.Person, error) {
	if !s.config.Features.APITokens {
		return account.Person{}, off()
	}
	p, err := s.current(ctx, who)
	if err == nil && s.config.Features.Verification && !p.Verified() {
		err = refuse(Forbidden, CodeUnverified, "")
	}
	return p, err
}

// known returns the abilities that there are; others are dropped without a word, as Jetstream does.
func (s *Service) known(abilities []string) []string {
	return slices.DeleteFunc(slices.Clone(s.config.Abilities), func(a string) bool { return !slices.Contains(abilities, a) })
}

// AddAPIToken makes a token for a program and returns it with what the program shows, id|secret. That is never shown again.
func (s *Service) AddAPIToken(ctx context.Context, from From, who SignedIn, name string, abilities []string) (account.APIToken, string, error) {
	p, err := s.tokenOwner(ctx, who)
	if err != nil {
		return account.APIToken{}, "", err
	}
	e := words.NewErrors(from.Speaker)
	if checkName(e, name); e.Any() {
		return account.APIToken{}, "", wrong(e)
	}
	if err := s.takeChange(ctx, p.ID); err != nil {
		return account.APIToken{}, "", err
	}
	now := s.Now()
	all, err := s.Store.APITokens(ctx, s.config.App, p.ID, now)
	if err != nil {
		return account.APIToken{}, "", fmt.Errorf("signin: list API tokens: %w", err)
	}
	if len(all) >= maxTokens {
		return account.APIToken{}, "", refuse(Forbidden, CodeForbidden, "")
	}
	b := make([]byte, tokenSize)
	if _, err := io.ReadFull(s.Random, b); err != nil {
		return account.APIToken{}, "", fmt.Errorf("signin: read random bytes: %w", err)
	}
	secret := strings.ToLower(base32.StdEncoding.EncodeToString(b))
	t, err := s.Store.AddAPIToken(ctx, account.APIToken{
		App: s.config.App, Person: p.ID, Name: strings.TrimSpace(name), Hash: hash(secret), Abilities: s.known(abilities), CreatedAt: now,
	})
	if errors.Is(err, account.ErrNotFound) {
		return t, "", nobody()
	}
	if err != nil {
		return t, "", fmt.Errorf("signin: keep an API token: %w", err)
	}
	s.note(ctx, from, p.ID, account.ActTokenMade, t.Name)
	return t, strconv.FormatInt(t.ID, 10) + "|" + secret, nil
}

// APITokens returns somebody's tokens.
func (s *Service) APITokens(ctx context.Context, who SignedIn) ([]account.APIToken, error) {
	p, err := s.tokenOwner(ctx, who)
	if err != nil {
		return nil, err
	}
	all, err := s.Store.APITokens(ctx, s.config.App, p.ID, s.Now())
	if err != nil {
		return nil, fmt.Errorf("signin: list API tokens: %w", err)
	}
	return all, nil
}

// SetAbilities replaces what one of somebody's tokens may do. Its connections end, and come back with what it may do now.
func (s *Service) SetAbilities(ctx context.Context, from From, who SignedIn, id int64, abilities []string) error {
	return s.changeToken(ctx, from, who, id, account.ActTokenChanged, func(person int64) error {
		return s.Store.SetAbilities(ctx, s.config.App, person, id, s.known(abilities))
	})
}

// EndAPIToken ends one of somebody's tokens.
func (s *Service) EndAPIToken(ctx context.Context, from From, who SignedIn, id int64) error {
	return s.changeToken(ctx, from, who, id, account.ActTokenEnded, func(person int64) error {
		return s.Store.EndAPIToken(ctx, s.config.App, person, id)
	})
}

func (s *Service) changeToken(ctx context.Context, from From, who SignedIn, id int64, act account.Act, change func(person int64) error) error {
	p, err := s.tokenOwner(ctx, who)
	if err == nil {
		err = s.takeChange(ctx, p.ID)
	}
	if err != nil {
		return err
	}
	if err := change(p.ID); errors.Is(err, account.ErrNotFound) {
		return refuse(NotFound, CodeNotFound, "")
	} else if err != nil {
		return fmt.Errorf("signin: change an API token: %w", err)
	}
	s.ended(ctx, account.Ended{APITokens: []int64{id}, Again: act == account.ActTokenChanged})
	s.note(ctx, from, p.ID, act, strconv.FormatInt(id, 10))
	return nil
}

// APIToken returns who is signed in by what a program shows, id|secret. What it may do is APIToken.Abilities.
func (s *Service) APIToken(ctx context.Context, shown string) (SignedIn, error) {
	number, secret, ok := strings.Cut(shown, "|")
	id, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil || id < 1 || strconv.FormatInt(id, 10) != number || secret == "" || len(shown) > maxSecret {
		return SignedIn{}, nobody()
	}
	now := s.Now()
	t, err := s.Store.APIToken(ctx, s.config.App, id, now)
	if err != nil && !errors.Is(err, account.ErrNotFound) {
		return SignedIn{}, fmt.Errorf("signin: read an API token: %w", err)
	}
	h := hash(secret) // also for an id that there is not: t.Hash is all zero then, which no secret has
	if subtle.ConstantTimeCompare(h[:], t.Hash[:]) != 1 {
		return SignedIn{}, nobody()
	}
	p, err := s.person(ctx, t.Person)
	if err != nil {
		return SignedIn{}, err
	}
	if err := s.useToken(ctx, &t, now); err != nil {
		return SignedIn{}, err
	}
	return SignedIn{Person: p, APIToken: t}, nil
}

// useToken notes that a token is used, at most once a minute.
func (s *Service) useToken(ctx context.Context, t *account.APIToken, now time.Time) error {
	if now.Sub(t.UsedAt) < seenEvery {
		return nil
	}
	err := s.Store.UseAPIToken(ctx, s.config.App, t.ID, now)
	switch {
	case errors.Is(err, account.ErrNotFound):
		return nobody()
	case err != nil:
		return fmt.Errorf("signin: note that an API token is used: %w", err)
	}
	t.UsedAt = now
	return nil
}
