package signin

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"madang/account"
	"madang/account/limit"
	"madang/account/words"
)

// Register makes an account and signs its owner in. With verification on, a mail asks them to prove the address.
func (s *Service) Register(ctx context.Context, from From, form RegisterForm) (Entry, error) {
	p, err := s.register(ctx, from, form)
	if err != nil {
		return Entry{}, err
	}
	entry, err := s.open(ctx, from, p, false, false)
	if err == nil {
		s.note(ctx, from, p.ID, account.ActSignedIn, s.config.Guard)
	}
	return entry, err
}

// RegisterTokens is Register for a client that is signed in by tokens.
func (s *Service) RegisterTokens(ctx context.Context, from From, form RegisterForm) (Grant, error) {
	p, err := s.register(ctx, from, form)
	if err != nil {
		return Grant{}, err
	}
	return s.Issue(ctx, from, p)
}

func (s *Service) register(ctx context.Context, from From, form RegisterForm) (account.Person, error) {
	if !s.config.Features.Registration {
		return account.Person{}, off()
	}
	if err := s.takeForm(ctx, from); err != nil {
		return account.Person{}, err
	}
	e := begin(from, form.Wrong)
	checkName(e, form.Name)
	checkEmail(e, form.Email)
	if !e.Has("email") {
		other, err := s.byEmail(ctx, form.Email)
		if err != nil {
			return account.Person{}, err
		}
		if other.ID != 0 {
			e.Add("email", words.Unique)
		}
	}
	s.checkPassword(e, form.Password, form.Confirmation)
	if s.config.Features.Terms && !form.Terms {
		e.Add("terms", words.Accepted)
	}
	if err := wrong(e); err != nil {
		return account.Person{}, err
	}
	h, err := s.Hasher.Hash(ctx, form.Password)
	if err != nil {
		return account.Person{}, busy(err)
	}
	now := s.Now()
	p, err := s.Store.AddPerson(ctx, account.Person{
		App: s.config.App, Provider: s.config.Provider, Name: strings.TrimSpace(form.Name), Email: strings.TrimSpace(form.Email),
		Password: h, Locale: string(from.Speaker.Language), CreatedAt: now, UpdatedAt: now,
	})
	if errors.Is(err, account.ErrTaken) {
		return p, refuseField(from, "email", CodeInvalid, words.Unique, limit.Verdict{})
	}
	if err != nil {
		return p, fmt.Errorf("signin: register: %w", err)
	}
	s.note(ctx, from, p.ID, account.ActRegistered, account.Canonical(p.Email))
	if s.config.Features.Verification {
		s.sendVerification(ctx, from, p)
	}
	return p, nil
}
