package signin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"madang/account"
)

// Disable keeps somebody from signing in, and ends all they are signed in by. By is who says so, for the audit log: the name of a
// command, or an operator's id.
func (s *Service) Disable(ctx context.Context, from From, by string, id int64) error {
	p, err := s.set(ctx, id, s.Now())
	if err != nil {
		return err
	}
	if err := s.endAll(ctx, p, account.Except{}); err != nil {
		return err
	}
	s.Gone(context.WithoutCancel(ctx), id, false)
	s.noteBy(ctx, by, from, id, account.ActDisabled, "")
	return nil
}

// Enable lets somebody sign in again.
func (s *Service) Enable(ctx context.Context, from From, by string, id int64) error {
	if _, err := s.set(ctx, id, time.Time{}); err != nil {
		return err
	}
	s.noteBy(ctx, by, from, id, account.ActEnabled, "")
	return nil
}

// SignOut ends all that somebody is signed in by, for an operator.
func (s *Service) SignOut(ctx context.Context, from From, by string, id int64) error {
	p, err := s.anyone(ctx, id)
	if err != nil {
		return err
	}
	if err := s.endAll(ctx, p, account.Except{}); err != nil {
		return err
	}
	s.noteBy(ctx, by, from, id, account.ActEnded, "all")
	return nil
}

// anyone returns somebody of the provider, disabled or not.
func (s *Service) anyone(ctx context.Context, id int64) (account.Person, error) {
	p, err := s.Store.Person(ctx, s.config.App, id)
	if errors.Is(err, account.ErrNotFound) || err == nil && p.Provider != s.config.Provider {
		return account.Person{}, refuse(NotFound, CodeNotFound, "")
	}
	if err != nil {
		return account.Person{}, fmt.Errorf("signin: read a person: %w", err)
	}
	return p, nil
}

// set sets since when somebody is disabled.
func (s *Service) set(ctx context.Context, id int64, disabled time.Time) (account.Person, error) {
	return s.operate(ctx, id, func(p *account.Person) { p.DisabledAt = disabled })
}

// operate changes somebody of the provider, disabled or not. Change is called again when somebody else was faster.
func (s *Service) operate(ctx context.Context, id int64, change func(*account.Person)) (account.Person, error) {
	var err error
	for range maxTries {
		var p account.Person
		if p, err = s.anyone(ctx, id); err != nil {
			return p, err
		}
		change(&p)
		p.UpdatedAt = s.Now()
		if p, err = s.Store.SavePerson(ctx, p); err == nil || !errors.Is(err, account.ErrConflict) {
			return p, err
		}
	}
	return account.Person{}, fmt.Errorf("signin: save a person: %w", err)
}
