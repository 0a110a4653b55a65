package signin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"madang/account"
	"madang/account/words"
)

// seenEvery is how exactly it is known when a session or token was last used: not every request is worth a write.
const seenEvery = time.Minute

// fresh returns a session that is not kept yet, and what its cookie says.
func (s *Service) fresh(from From, p account.Person, remember, pending bool) (account.Session, string, error) {
	secret, id, err := s.secret()
	now := s.Now()
	x := account.Session{ID: id, App: s.config.App, Person: p.ID, Remember: remember, Pending: pending, Client: from.client(), CreatedAt: now, SeenAt: now}
	x.ExpiresAt = s.expires(x, now)
	return x, secret, err
}

// expires is when a session ends that is used now.
func (s *Service) expires(x account.Session, now time.Time) time.Time {
	switch {
	case x.Pending:
		return now.Add(s.config.ChallengeExpiry)
	case x.Remember:
		return now.Add(s.config.SessionRemember)
	}
	return now.Add(s.config.SessionIdle)
}

// open keeps a new session.
func (s *Service) open(ctx context.Context, from From, p account.Person, remember, pending bool) (Entry, error) {
	x, secret, err := s.fresh(from, p, remember, pending)
	if err != nil {
		return Entry{}, err
	}
	if err := s.Store.AddSession(ctx, x); errors.Is(err, account.ErrNotFound) {
		return Entry{}, nobody()
	} else if err != nil {
		return Entry{}, fmt.Errorf("signin: keep a session: %w", err)
	}
	if err := s.tidySessions(ctx, x); err != nil {
		return Entry{}, err
	}
	return Entry{SignedIn: SignedIn{Person: p, Session: x}, Secret: secret}, nil
}

// replace gives a session more rights under a new id: whoever has seen or planted the old one has nothing.
func (s *Service) replace(ctx context.Context, from From, p account.Person, old account.Session, confirmed time.Time) (Entry, error) {
	x, secret, err := s.fresh(from, p, old.Remember, false)
	if err != nil {
		return Entry{}, err
	}
	x.ConfirmedAt = confirmed
	if !old.Pending {
		x.CreatedAt = old.CreatedAt
	}
	if err := s.Store.ReplaceSession(ctx, old.ID, x); errors.Is(err, account.ErrNotFound) {
		return Entry{}, nobody()
	} else if err != nil {
		return Entry{}, fmt.Errorf("signin: replace a session: %w", err)
	}
	if !old.Pending {
		s.ended(ctx, account.Ended{Sessions: []account.Hash{old.ID}, Again: true})
	}
	return Entry{SignedIn: SignedIn{Person: p, Session: x}, Secret: secret}, nil
}

// session returns what a cookie says, and whose it is.
func (s *Service) session(ctx context.Context, secret string) (account.Session, account.Person, error) {
	if secret == "" || len(secret) > maxSecret {
		return account.Session{}, account.Person{}, nobody()
	}
	x, err := s.Store.Session(ctx, s.config.App, hash(secret), s.Now())
	if errors.Is(err, account.ErrNotFound) {
		return x, account.Person{}, nobody()
	}
	if err != nil {
		return x, account.Person{}, fmt.Errorf("signin: read a session: %w", err)
	}
	p, err := s.person(ctx, x.Person)
	return x, p, err
}

// Session returns who is signed in by what a cookie says. It is asked with every request, and lets the session live on.
func (s *Service) Session(ctx context.Context, from From, secret string) (SignedIn, error) {
	x, p, err := s.session(ctx, secret)
	if err != nil {
		return SignedIn{}, err
	}
	if x.Pending {
		return SignedIn{}, nobody()
	}
	if now := s.Now(); now.Sub(x.SeenAt) >= seenEvery {
		x.SeenAt, x.ExpiresAt, x.Client = now, s.expires(x, now), from.client()
		if err := s.Store.SeeSession(ctx, s.config.App, x.ID, x.Client, x.SeenAt, x.ExpiresAt); errors.Is(err, account.ErrNotFound) {
			return SignedIn{}, nobody()
		} else if err != nil {
			return SignedIn{}, fmt.Errorf("signin: note that a session is used: %w", err)
		}
	}
	return SignedIn{Person: p, Session: x}, nil
}

// Challenging reports whether a cookie says that the password was right and the second factor is awaited.
func (s *Service) Challenging(ctx context.Context, secret string) (bool, error) {
	x, p, err := s.session(ctx, secret)
	if _, ok := errors.AsType[*Refusal](err); ok {
		return false, nil
	}
	return err == nil && x.Pending && p.Factor.On(), err
}

// Challenge signs somebody in by their second factor, after Login has asked for it.
func (s *Service) Challenge(ctx context.Context, from From, secret string, form ChallengeForm) (Entry, error) {
	x, p, err := s.session(ctx, secret)
	var r *Refusal
	if errors.As(err, &r) || err == nil && (!x.Pending || !p.Factor.On()) {
		return Entry{}, badFactor(from, form)
	}
	if err != nil {
		return Entry{}, err
	}
	v, err := s.takeFactor(ctx, p.ID, form)
	if err != nil {
		return Entry{}, err
	}
	if p, err = s.useFactor(ctx, from, p.ID, form); err != nil {
		return Entry{}, withVerdict(err, v)
	}
	entry, err := s.replace(ctx, from, p, x, time.Time{})
	if err != nil {
		return Entry{}, err
	}
	entry.Verdict = v
	s.note(ctx, from, p.ID, account.ActSignedIn, s.config.Guard)
	s.forgive(ctx, s.pair(from, p.Email))
	return entry, nil
}

// Logout ends what somebody is signed in by: the session or the family. It is no error if that has ended already.
func (s *Service) Logout(ctx context.Context, from From, who SignedIn) error {
	var err error
	var e account.Ended
	switch {
	case who.Session.ID != account.Hash{}:
		e.Sessions = []account.Hash{who.Session.ID}
		err = s.Store.EndSession(ctx, s.config.App, who.Session.ID)
	case who.Family.ID != "":
		e.Families = []string{who.Family.ID}
		err = s.Store.EndFamily(ctx, s.config.App, who.Family.ID)
	}
	if errors.Is(err, account.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("signin: end a sign-in: %w", err)
	}
	s.ended(ctx, e)
	s.note(ctx, from, who.Person.ID, account.ActSignedOut, "")
	return nil
}

// ownPassword asks somebody who is signed in for their password again.
func (s *Service) ownPassword(ctx context.Context, from From, p account.Person, field, text string, key words.Key) error {
	v, err := s.takeBy(ctx, "confirm", p.ID, s.config.Limits.Confirm)
	if err != nil {
		return err
	}
	ok, _, err := s.verify(ctx, p.Password, text)
	if err != nil {
		return err
	}
	if !ok {
		s.note(ctx, from, p.ID, account.ActRefused, "own password")
		return refuseField(from, field, CodeCredentials, key, v)
	}
	return nil
}

// ConfirmPassword notes that somebody has just said their password again, under a new id of their session.
func (s *Service) ConfirmPassword(ctx context.Context, from From, who SignedIn, text string) (Entry, error) {
	p, err := s.current(ctx, who)
	if err != nil {
		return Entry{}, err
	}
	if err := s.ownPassword(ctx, from, p, "password", text, words.NotConfirmed); err != nil {
		return Entry{}, err
	}
	entry, err := s.replace(ctx, from, p, who.Session, s.Now())
	if err != nil {
		return Entry{}, err
	}
	s.note(ctx, from, p.ID, account.ActConfirmed, "")
	return entry, nil
}

// Confirmed reports whether the password was confirmed within the configured time, or within another that is asked for if that is
// shorter. Only sessions have it confirmed.
func (s *Service) Confirmed(who SignedIn, within time.Duration) bool {
	if within <= 0 || within > s.config.PasswordTimeout {
		within = s.config.PasswordTimeout
	}
	at := who.Session.ConfirmedAt
	return !at.IsZero() && !who.Session.Pending && s.Now().Sub(at) < within
}
