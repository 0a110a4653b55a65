package signin

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"madang/account"
	"madang/account/limit"
	"madang/account/signin/mails"
	"madang/account/words"
)

// ChangePassword gives somebody a new password and ends everything else they are signed in by, programs' tokens too. Their session
// goes on under a new id, which is the Entry's; a family of tokens goes on as it is.
func (s *Service) ChangePassword(ctx context.Context, from From, who SignedIn, form PasswordForm) (Entry, error) {
	if !s.config.Features.Passwords {
		return Entry{}, off()
	}
	p, err := s.current(ctx, who)
	if err != nil {
		return Entry{}, err
	}
	e := begin(from, form.Wrong)
	required(e, "current_password", form.Current)
	s.checkPassword(e, form.Password, form.Confirmation)
	if err := wrong(e); err != nil {
		return Entry{}, err
	}
	if err := s.ownPassword(ctx, from, p, "current_password", form.Current, words.Current); err != nil {
		return Entry{}, err
	}
	h, err := s.Hasher.Hash(ctx, form.Password)
	if err != nil {
		return Entry{}, busy(err)
	}
	checked := p.Password
	_, p, err = s.change(ctx, p.ID, func(p *account.Person) error {
		if p.Password != checked { // somebody else has changed it, and this was the one before
			return refuseField(from, "current_password", CodeCredentials, words.Current, limit.Verdict{})
		}
		p.Password = h
		return nil
	})
	if err != nil {
		return Entry{}, err
	}
	entry := Entry{SignedIn: SignedIn{Person: p, Family: who.Family}}
	var gone error
	if who.Session.ID != (account.Hash{}) {
		entry, gone = s.replace(ctx, from, p, who.Session, who.Session.ConfirmedAt)
	}
	if err := s.endAll(ctx, p, account.Except{Session: entry.Session.ID, Family: who.Family.ID}); err != nil {
		return Entry{}, err
	}
	s.note(ctx, from, p.ID, account.ActPasswordChanged, "")
	s.notify(ctx, from, p, p.Email, mails.PasswordChanged)
	return entry, gone
}

// UpdateProfile changes somebody's name and address. Another address has to be proved again; the old one is told.
func (s *Service) UpdateProfile(ctx context.Context, from From, who SignedIn, form ProfileForm) (account.Person, error) {
	if !s.config.Features.Profile {
		return account.Person{}, off()
	}
	p, err := s.current(ctx, who)
	if err != nil {
		return account.Person{}, err
	}
	e := begin(from, form.Wrong)
	checkName(e, form.Name)
	checkEmail(e, form.Email)
	if err := wrong(e); err != nil {
		return account.Person{}, err
	}
	if err := s.takeChange(ctx, p.ID); err != nil {
		return account.Person{}, err
	}
	if account.Canonical(p.Email) != account.Canonical(form.Email) { // that writes to somebody, and tells who is taken
		if _, err := s.takeBy(ctx, "mail", p.ID, s.config.Limits.Mail); err != nil {
			return account.Person{}, err
		}
	}
	before, p, err := s.change(ctx, who.Person.ID, func(p *account.Person) error {
		p.Name = strings.TrimSpace(form.Name)
		if account.Canonical(p.Email) != account.Canonical(form.Email) {
			p.VerifiedAt = time.Time{}
		}
		p.Email = strings.TrimSpace(form.Email)
		return nil
	})
	if errors.Is(err, account.ErrTaken) {
		return p, refuseField(from, "email", CodeInvalid, words.Unique, limit.Verdict{})
	}
	if err != nil {
		return p, err
	}
	moved := account.Canonical(before.Email) != account.Canonical(p.Email)
	detail := ""
	if moved {
		detail = account.Canonical(before.Email) + " is now " + account.Canonical(p.Email)
	}
	s.note(ctx, from, p.ID, account.ActProfileChanged, detail)
	if moved {
		s.notify(ctx, from, p, before.Email, mails.EmailChanged)
		if s.config.Features.Verification {
			s.sendVerification(ctx, from, p)
		}
	}
	return p, nil
}

// TakePhoto counts a photo that somebody gives. Making one is work, of which the server does little at a time.
func (s *Service) TakePhoto(ctx context.Context, who SignedIn) error {
	p, err := s.current(ctx, who)
	if err == nil {
		_, err = s.takeBy(ctx, "photo", p.ID, s.config.Limits.Mail)
	}
	return err
}

// SetPhoto notes where somebody's photo is kept, or with an empty key that there is none, and returns where the one before was.
func (s *Service) SetPhoto(ctx context.Context, from From, who SignedIn, key string) (old string, err error) {
	current, err := s.current(ctx, who)
	if err == nil {
		err = s.takeChange(ctx, current.ID)
	}
	if err != nil {
		return "", err
	}
	before, p, err := s.change(ctx, who.Person.ID, func(p *account.Person) error { p.Photo = key; return nil })
	if err == nil {
		s.note(ctx, from, p.ID, account.ActProfileChanged, "photo")
	}
	return before.Photo, err
}

// DeleteAccount removes somebody who says their password, with all they are signed in by, and returns who that was.
func (s *Service) DeleteAccount(ctx context.Context, from From, who SignedIn, password string) (account.Person, error) {
	if !s.config.Features.Deletion {
		return account.Person{}, off()
	}
	p, err := s.current(ctx, who)
	if err != nil {
		return p, err
	}
	if err := s.ownPassword(ctx, from, p, "password", password, words.Incorrect); err != nil {
		return account.Person{}, err
	}
	e, err := s.Store.DeletePerson(ctx, s.config.App, p.ID)
	if errors.Is(err, account.ErrNotFound) {
		return account.Person{}, nobody()
	}
	if err != nil {
		return account.Person{}, fmt.Errorf("signin: delete a person: %w", err)
	}
	s.ended(ctx, e)
	s.Gone(context.WithoutCancel(ctx), p.ID, true)
	s.note(ctx, from, p.ID, account.ActDeleted, account.Canonical(p.Email))
	return p, nil
}
