package memory

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"madang/account"
)

// Accounts is an account.Store in memory. Make it with NewAccounts.
type Accounts struct {
	mu       sync.Mutex
	people   map[someone]account.Person
	emails   map[address]int64
	lastID   map[string]int64 // by app
	sessions map[inApp[account.Hash]]account.Session
	families map[inApp[string]]account.Family
	tokens   map[inApp[int64]]account.APIToken
	tokenID  map[string]int64
	once     map[proof]account.OneTime
	roles    map[roleName]account.Role
	roleID   map[string]int64
	grants   map[holder]grant
	audit    []account.AuditEntry
	auditID  int64
	keys     map[string][]account.SigningKey // by app, the oldest first
}

// Keys of what is kept.
type (
	someone struct {
		app string
		id  int64
	}
	address struct {
		app      string
		provider account.Provider
		email    string // canonical
	}
	inApp[K comparable] struct {
		app string
		id  K
	}
	proof struct {
		someone
		purpose account.Purpose
	}
	roleName struct{ app, guard, name string }
	holder   struct {
		someone
		guard string
	}
	// A grant is what somebody was given.
	grant struct{ roles, permissions []string }
)

var _ account.Store = (*Accounts)(nil)

// NewAccounts returns an empty store.
func NewAccounts() *Accounts {
	return &Accounts{
		people: map[someone]account.Person{}, emails: map[address]int64{}, lastID: map[string]int64{},
		sessions: map[inApp[account.Hash]]account.Session{}, families: map[inApp[string]]account.Family{},
		tokens: map[inApp[int64]]account.APIToken{}, tokenID: map[string]int64{}, once: map[proof]account.OneTime{},
		roles: map[roleName]account.Role{}, roleID: map[string]int64{}, grants: map[holder]grant{},
		keys: map[string][]account.SigningKey{},
	}
}

// millis is a time as stores keep it.
func millis(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return time.UnixMilli(t.UnixMilli()).UTC()
}

func keptPerson(p account.Person) account.Person {
	p.VerifiedAt, p.DisabledAt, p.Factor.ConfirmedAt = millis(p.VerifiedAt), millis(p.DisabledAt), millis(p.Factor.ConfirmedAt)
	p.CreatedAt, p.UpdatedAt = millis(p.CreatedAt), millis(p.UpdatedAt)
	p.Factor.Secret, p.Factor.Codes = slices.Clone(p.Factor.Secret), slices.Clone(p.Factor.Codes)
	return p
}

func addressOf(p account.Person) address {
	return address{p.App, p.Provider, account.Canonical(p.Email)}
}

// AddPerson implements account.PersonStore.
func (a *Accounts) AddPerson(_ context.Context, p account.Person) (account.Person, error) {
	if err := p.Validate(); err != nil {
		return account.Person{}, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, taken := a.emails[addressOf(p)]; taken {
		return account.Person{}, fmt.Errorf("add a person: the address: %w", account.ErrTaken)
	}
	if _, taken := a.people[someone{p.App, p.ID}]; taken || p.ID < 0 {
		return account.Person{}, fmt.Errorf("add a person: the id %d: %w", p.ID, account.ErrTaken)
	}
	if p.ID == 0 {
		p.ID = a.lastID[p.App] + 1
	}
	a.lastID[p.App] = max(a.lastID[p.App], p.ID)
	p.Rev = 1
	a.people[someone{p.App, p.ID}], a.emails[addressOf(p)] = keptPerson(p), p.ID
	return keptPerson(p), nil
}

// person returns a person. The lock is held.
func (a *Accounts) person(app string, id int64) (account.Person, error) {
	p, ok := a.people[someone{app, id}]
	if !ok {
		return p, fmt.Errorf("person %d of app %q: %w", id, app, account.ErrNotFound)
	}
	return keptPerson(p), nil
}

// Person implements account.PersonStore.
func (a *Accounts) Person(_ context.Context, app string, id int64) (account.Person, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.person(app, id)
}

// PersonByEmail implements account.PersonStore.
func (a *Accounts) PersonByEmail(_ context.Context, app string, provider account.Provider, email string) (account.Person, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	id, ok := a.emails[address{app, provider, account.Canonical(email)}]
	if !ok {
		return account.Person{}, fmt.Errorf("a person of app %q by address: %w", app, account.ErrNotFound)
	}
	return a.person(app, id)
}

// SavePerson implements account.PersonStore.
func (a *Accounts) SavePerson(_ context.Context, p account.Person) (account.Person, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	old, err := a.person(p.App, p.ID)
	if err != nil {
		return account.Person{}, err
	}
	p.Provider, p.CreatedAt = old.Provider, old.CreatedAt
	if err := p.Validate(); err != nil {
		return account.Person{}, err
	}
	if p.Rev != old.Rev {
		return account.Person{}, fmt.Errorf("save person %d: %w", p.ID, account.ErrConflict)
	}
	if id, taken := a.emails[addressOf(p)]; taken && id != p.ID {
		return account.Person{}, fmt.Errorf("save person %d: the address: %w", p.ID, account.ErrTaken)
	}
	p.Rev++
	delete(a.emails, addressOf(old))
	a.people[someone{p.App, p.ID}], a.emails[addressOf(p)] = keptPerson(p), p.ID
	return keptPerson(p), nil
}

// DeletePerson implements account.PersonStore.
func (a *Accounts) DeletePerson(_ context.Context, app string, id int64) (account.Ended, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	p, err := a.person(app, id)
	if err != nil {
		return account.Ended{}, err
	}
	ended := a.endAll(app, id, account.Except{})
	delete(a.people, someone{app, id})
	delete(a.emails, addressOf(p))
	maps.DeleteFunc(a.once, func(k proof, _ account.OneTime) bool { return k.someone == someone{app, id} })
	maps.DeleteFunc(a.grants, func(k holder, _ grant) bool { return k.someone == someone{app, id} })
	return ended, nil
}

// People implements account.PersonStore.
func (a *Accounts) People(_ context.Context, app string, provider account.Provider, after int64, limit int) ([]account.Person, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var all []account.Person
	for _, p := range a.people {
		if p.App == app && p.Provider == provider && p.ID > after {
			all = append(all, keptPerson(p))
		}
	}
	slices.SortFunc(all, func(x, y account.Person) int { return cmp.Compare(x.ID, y.ID) })
	return all[:min(len(all), max(0, limit))], nil
}
