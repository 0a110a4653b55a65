package memory

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"madang/account"
)

func keptSession(s account.Session) account.Session {
	s.ConfirmedAt, s.CreatedAt, s.SeenAt, s.ExpiresAt = millis(s.ConfirmedAt), millis(s.CreatedAt), millis(s.SeenAt), millis(s.ExpiresAt)
	return s
}

// AddSession implements account.SessionStore.
func (a *Accounts) AddSession(_ context.Context, s account.Session) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.addSession(s)
}

func (a *Accounts) addSession(s account.Session) error {
	if _, err := a.person(s.App, s.Person); err != nil {
		return fmt.Errorf("add a session: %w", err)
	}
	a.sessions[inApp[account.Hash]{s.App, s.ID}] = keptSession(s)
	return nil
}

// session returns a session at a time. The lock is held.
func (a *Accounts) session(app string, id account.Hash, at time.Time) (account.Session, error) {
	s, ok := a.sessions[inApp[account.Hash]{app, id}]
	if !ok || !at.IsZero() && !s.ExpiresAt.After(at) {
		return account.Session{}, fmt.Errorf("a session of app %q: %w", app, account.ErrNotFound)
	}
	return s, nil
}

// Session implements account.SessionStore.
func (a *Accounts) Session(_ context.Context, app string, id account.Hash, at time.Time) (account.Session, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.session(app, id, at)
}

// ReplaceSession implements account.SessionStore.
func (a *Accounts) ReplaceSession(_ context.Context, id account.Hash, s account.Session) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, err := a.session(s.App, id, s.SeenAt); err != nil {
		return err
	}
	if err := a.addSession(s); err != nil {
		return err
	}
	if id != s.ID {
		delete(a.sessions, inApp[account.Hash]{s.App, id})
	}
	return nil
}

// SeeSession implements account.SessionStore.
func (a *Accounts) SeeSession(_ context.Context, app string, id account.Hash, c account.Client, at, expires time.Time) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	s, err := a.session(app, id, at)
	if err != nil {
		return err
	}
	s.Client, s.SeenAt, s.ExpiresAt = c, at, expires
	a.sessions[inApp[account.Hash]{app, id}] = keptSession(s)
	return nil
}

// EndSession implements account.SessionStore.
func (a *Accounts) EndSession(_ context.Context, app string, id account.Hash) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, err := a.session(app, id, time.Time{}); err != nil {
		return err
	}
	delete(a.sessions, inApp[account.Hash]{app, id})
	return nil
}

// Sessions implements account.SessionStore.
func (a *Accounts) Sessions(_ context.Context, app string, person int64, at time.Time) ([]account.Session, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var all []account.Session
	for _, s := range a.sessions {
		if s.App == app && s.Person == person && s.ExpiresAt.After(at) {
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(x, y account.Session) int {
		return cmp.Or(y.SeenAt.Compare(x.SeenAt), bytes.Compare(x.ID[:], y.ID[:]))
	})
	return all, nil
}

func keptFamily(f account.Family) account.Family {
	f.CreatedAt, f.SeenAt, f.ExpiresAt = millis(f.CreatedAt), millis(f.SeenAt), millis(f.ExpiresAt)
	return f
}

// AddFamily implements account.FamilyStore.
func (a *Accounts) AddFamily(_ context.Context, f account.Family) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, err := a.person(f.App, f.Person); err != nil {
		return fmt.Errorf("add a family of tokens: %w", err)
	}
	a.families[inApp[string]{f.App, f.ID}] = keptFamily(f)
	return nil
}

// family returns a family at a time. The lock is held.
func (a *Accounts) family(app, id string, at time.Time) (account.Family, error) {
	f, ok := a.families[inApp[string]{app, id}]
	if !ok || !at.IsZero() && !f.ExpiresAt.After(at) {
		return account.Family{}, fmt.Errorf("a family of tokens of app %q: %w", app, account.ErrNotFound)
	}
	return f, nil
}

// Family implements account.FamilyStore.
func (a *Accounts) Family(_ context.Context, app, id string, at time.Time) (account.Family, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.family(app, id, at)
}

// Exchange implements account.FamilyStore.
func (a *Accounts) Exchange(_ context.Context, app, id string, current, next account.Hash, c account.Client, at time.Time) (account.Family, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f, err := a.family(app, id, at)
	if err != nil {
		return f, err
	}
	if f.Current != current {
		delete(a.families, inApp[string]{app, id})
		return account.Family{}, fmt.Errorf("exchange a token of person %d: %w", f.Person, account.ErrReused)
	}
	f.Current, f.Client, f.SeenAt = next, c, at
	f.Generation++
	a.families[inApp[string]{app, id}] = keptFamily(f)
	return keptFamily(f), nil
}

// EndFamily implements account.FamilyStore.
func (a *Accounts) EndFamily(_ context.Context, app, id string) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, err := a.family(app, id, time.Time{}); err != nil {
		return err
	}
	delete(a.families, inApp[string]{app, id})
	return nil
}

// Families implements account.FamilyStore.
func (a *Accounts) Families(_ context.Context, app string, person int64, at time.Time) ([]account.Family, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var all []account.Family
	for _, f := range a.families {
		if f.App == app && f.Person == person && f.ExpiresAt.After(at) {
			all = append(all, f)
		}
	}
	slices.SortFunc(all, func(x, y account.Family) int { return cmp.Or(y.SeenAt.Compare(x.SeenAt), cmp.Compare(x.ID, y.ID)) })
	return all, nil
}

// EndAll implements account.SignInStore.
func (a *Accounts) EndAll(_ context.Context, app string, person int64, but account.Except) (account.Ended, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.endAll(app, person, but), nil
}

func (a *Accounts) endAll(app string, person int64, but account.Except) (ended account.Ended) {
	for k, s := range a.sessions {
		if s.App == app && s.Person == person && s.ID != but.Session {
			delete(a.sessions, k)
			ended.Sessions = append(ended.Sessions, s.ID)
		}
	}
	for k, f := range a.families {
		if f.App == app && f.Person == person && f.ID != but.Family {
			delete(a.families, k)
			ended.Families = append(ended.Families, f.ID)
		}
	}
	for k, t := range a.tokens {
		if t.App == app && t.Person == person && !but.APITokens {
			delete(a.tokens, k)
			ended.APITokens = append(ended.APITokens, t.ID)
		}
	}
	return ended
}
