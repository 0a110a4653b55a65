package signin

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"madang/account"
	"madang/account/limit"
	"madang/account/password"
	"madang/account/words"
)

// An Entry is a browser that has been let in, or asked for a second factor.
type Entry struct {
	SignedIn
	// Secret is what the browser's cookie says from now on. It is not kept.
	Secret string
	// Verdict is that of the limit that counted the attempt.
	Verdict limit.Verdict
}

// Challenged reports whether the second factor is still to come: nobody is signed in yet.
func (e Entry) Challenged() bool { return e.Session.Pending }

// Login signs somebody in with name and password, or asks for their second factor: see [Entry.Challenged].
func (s *Service) Login(ctx context.Context, from From, form LoginForm) (Entry, error) {
	p, v, err := s.credentials(ctx, from, form)
	if err != nil {
		return Entry{}, err
	}
	entry, err := s.open(ctx, from, p, form.Remember, p.Factor.On())
	if err != nil {
		return Entry{}, err
	}
	entry.Verdict = v
	if err := s.still(ctx, p, form.Password); err != nil {
		_ = s.Store.EndSession(ctx, s.config.App, entry.Session.ID) // if it is not there, it has ended
		return Entry{}, s.badCredentials(ctx, from, form.Email, p.ID, v)
	}
	if entry.Challenged() {
		s.note(ctx, from, p.ID, account.ActChallenged, "")
		return entry, nil
	}
	s.note(ctx, from, p.ID, account.ActSignedIn, s.config.Guard)
	s.forgive(ctx, s.pair(from, form.Email))
	return entry, nil
}

// credentials checks name and password. Whatever is wrong with them costs the work of one hash and is told with the same words.
func (s *Service) credentials(ctx context.Context, from From, form LoginForm) (account.Person, limit.Verdict, error) {
	v, err := s.takeLogin(ctx, from, form.Email)
	if err != nil {
		return account.Person{}, v, err
	}
	if !v.Allowed {
		if v.First { // or whoever is refused could write to the audit log as fast as they can ask
			s.note(ctx, from, 0, account.ActRefused, "too many attempts: "+tried(form.Email))
		}
		return account.Person{}, v, tooMany(from, v)
	}
	e := begin(from, form.Wrong)
	if required(e, "email", form.Email, "password", form.Password); e.Any() {
		return account.Person{}, v, withVerdict(wrong(e), v)
	}
	p, err := s.byEmail(ctx, form.Email)
	if err != nil {
		return p, v, err
	}
	ok, replace, err := s.verify(ctx, p.Password, form.Password)
	if err != nil {
		return p, v, err
	}
	if !ok || p.Disabled() {
		return account.Person{}, v, s.badCredentials(ctx, from, form.Email, p.ID, v)
	}
	if replace {
		p = s.rehash(ctx, p, form.Password)
	}
	return p, v, nil
}

// verify checks a password. No hash, or one that nobody can read, is never the one, and takes as long.
func (s *Service) verify(ctx context.Context, hash, text string) (ok, replace bool, err error) {
	if hash != "" {
		ok, replace, err = s.Hasher.Verify(ctx, hash, text)
		if errors.Is(err, password.ErrHash) {
			s.Log.ErrorContext(ctx, "somebody's password has a hash of no known kind; they can reset it", "error", err)
			hash = ""
		}
	}
	if hash == "" {
		ok, replace, err = false, false, s.Hasher.Pretend(ctx, text)
	}
	return ok, replace, busy(err)
}

// busy makes a refusal of what the Hasher says when too many wait.
func busy(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, password.ErrBusy):
		return refuse(Busy, CodeBusy, words.Throttled)
	}
	return fmt.Errorf("signin: %w", err)
}

func (s *Service) badCredentials(ctx context.Context, from From, email string, person int64, v limit.Verdict) *Refusal {
	s.note(ctx, from, person, account.ActRefused, tried(email))
	return refuseField(from, "email", CodeCredentials, words.Failed, v)
}

// tried is an address as the audit log keeps it. What is none may be a password in the wrong field.
func tried(email string) string {
	if !addressable(email) || !strings.Contains(email, "@") {
		return "not an address"
	}
	return account.Canonical(email)
}

// rehash keeps a password by a hash as they are made now. If somebody else has changed the person, it can wait for the next
// time; so it can if the server is busy.
func (s *Service) rehash(ctx context.Context, p account.Person, text string) account.Person {
	h, err := s.Hasher.Hash(ctx, text)
	if err == nil {
		next := p
		next.Password = h
		next, err = s.Store.SavePerson(ctx, next)
		if err == nil {
			return next
		}
	}
	if !errors.Is(err, account.ErrConflict) {
		s.Log.WarnContext(ctx, "a password keeps its old hash for now", "person", p.ID, "error", err)
	}
	return p
}

// still asks, after somebody was let in, whether what let them in still holds: if the password was changed in between, what
// ended everything may not have seen the new sign-in. A login in parallel may have replaced the hash by another of the same
// password.
func (s *Service) still(ctx context.Context, p account.Person, text string) error {
	now, err := s.person(ctx, p.ID)
	if err != nil || now.Password == p.Password {
		return err
	}
	ok, _, err := s.verify(ctx, now.Password, text)
	if err == nil && !ok {
		err = nobody()
	}
	return err
}

// forgive forgets the attempts of somebody who was let in. If it cannot, they have fewer for a while, and are in all the same.
func (s *Service) forgive(ctx context.Context, key string) {
	if err := s.Limiter.Clear(ctx, key); err != nil {
		s.Log.WarnContext(ctx, "attempts stay counted", "error", err)
	}
}
