package signin

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"madang/account"
	"madang/account/limit"
	"madang/account/words"
)

// NewPerson is somebody whom an operator adds.
type NewPerson struct {
	Name     string
	Email    string
	Password string // empty: nobody can sign in until a link has set one
	Locale   string // ko, en, or empty
	Verified bool   // the operator knows that the address is theirs
}

// Add makes an account for somebody else. It needs no feature to be on, and nobody is signed in by it.
func (s *Service) Add(ctx context.Context, by string, n NewPerson) (account.Person, error) {
	e := words.NewErrors(words.Speaker{})
	checkName(e, n.Name)
	checkEmail(e, n.Email)
	if n.Password != "" {
		s.checkPassword(e, n.Password, n.Password)
	}
	if n.Locale != "" && n.Locale != string(words.English) && n.Locale != string(words.Korean) {
		e.AddText("locale", fmt.Sprintf("The locale must be %s or %s.", words.English, words.Korean))
	}
	if err := wrong(e); err != nil {
		return account.Person{}, err
	}
	now := s.Now()
	p := account.Person{
		App: s.config.App, Provider: s.config.Provider, Name: strings.TrimSpace(n.Name), Email: strings.TrimSpace(n.Email),
		Locale: n.Locale, CreatedAt: now, UpdatedAt: now,
	}
	if n.Verified {
		p.VerifiedAt = now
	}
	if n.Password != "" {
		h, err := s.Hasher.Hash(ctx, n.Password)
		if err != nil {
			return account.Person{}, busy(err)
		}
		p.Password = h
	}
	p, err := s.Store.AddPerson(ctx, p)
	if errors.Is(err, account.ErrTaken) {
		return p, refuseField(From{}, "email", CodeInvalid, words.Unique, limit.Verdict{})
	}
	if err != nil {
		return p, fmt.Errorf("signin: add a person: %w", err)
	}
	s.noteBy(ctx, by, From{}, p.ID, account.ActRegistered, account.Canonical(p.Email))
	return p, nil
}

// SetPassword gives somebody another password, for an operator, and ends all they are signed in by.
func (s *Service) SetPassword(ctx context.Context, by string, id int64, text string) error {
	e := words.NewErrors(words.Speaker{})
	s.checkPassword(e, text, text)
	if err := wrong(e); err != nil {
		return err
	}
	h, err := s.Hasher.Hash(ctx, text)
	if err != nil {
		return busy(err)
	}
	p, err := s.operate(ctx, id, func(p *account.Person) { p.Password = h })
	if err != nil {
		return err
	}
	if err := s.endAll(ctx, p, account.Except{}); err != nil {
		return err
	}
	s.noteBy(ctx, by, From{}, id, account.ActPasswordChanged, "")
	return nil
}

// Prove takes an operator's word that somebody's address is theirs.
func (s *Service) Prove(ctx context.Context, by string, id int64) error {
	_, err := s.operate(ctx, id, func(p *account.Person) {
		if !p.Verified() {
			p.VerifiedAt = s.Now()
		}
	})
	if err == nil {
		s.noteBy(ctx, by, From{}, id, account.ActVerified, "")
	}
	return err
}

// Remove deletes somebody, for an operator, with all they are signed in by, and returns who that was.
func (s *Service) Remove(ctx context.Context, by string, id int64) (account.Person, error) {
	p, err := s.anyone(ctx, id)
	if err != nil {
		return p, err
	}
	e, err := s.Store.DeletePerson(ctx, s.config.App, id)
	if errors.Is(err, account.ErrNotFound) {
		return p, refuse(NotFound, CodeNotFound, "")
	}
	if err != nil {
		return p, fmt.Errorf("signin: delete a person: %w", err)
	}
	s.ended(ctx, e)
	s.Gone(context.WithoutCancel(ctx), id, true)
	s.noteBy(ctx, by, From{}, id, account.ActDeleted, account.Canonical(p.Email))
	return p, nil
}

// ResetLink makes a link by which somebody can choose a password, for an operator to hand over by a way of their own. The one
// before works no more.
func (s *Service) ResetLink(ctx context.Context, by, site string, id int64) (string, error) {
	if !s.config.Features.Reset {
		return "", off()
	}
	p, err := s.anyone(ctx, id)
	if err != nil {
		return "", err
	}
	secret, _, err := s.secret()
	if err != nil {
		return "", err
	}
	now := s.Now()
	err = s.Store.PutOneTime(ctx, account.OneTime{
		Purpose: account.PurposeReset, App: s.config.App, Person: p.ID, Hash: s.proof(account.PurposeReset, p.Email, secret),
		Email: p.Email, CreatedAt: now, ExpiresAt: now.Add(s.config.ResetExpiry),
	}, time.Duration(0))
	if err != nil {
		return "", fmt.Errorf("signin: make a link for a new password: %w", err)
	}
	s.noteBy(ctx, by, From{}, id, account.ActResetRequested, "")
	return s.link(From{Site: site}, url.Values{"email": {strings.TrimSpace(p.Email)}}, "reset-password", secret), nil
}

// Find returns somebody of the provider by id, for an operator: disabled or not.
func (s *Service) Find(ctx context.Context, id int64) (account.Person, error) {
	return s.anyone(ctx, id)
}

// FindEmail returns somebody of the provider by address, for an operator: disabled or not.
func (s *Service) FindEmail(ctx context.Context, email string) (account.Person, error) {
	p, err := s.byEmail(ctx, email)
	if err == nil && p.ID == 0 {
		return p, refuse(NotFound, CodeNotFound, "")
	}
	return p, err
}
