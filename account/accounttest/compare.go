package accounttest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"madang/account"
)

// Compare does the same random things to two stores, which open returns empty, and fails if they ever answer differently.
func Compare(t *testing.T, open func(*testing.T) (a, b account.Store)) {
	t.Helper()
	rapid.Check(t, func(r *rapid.T) {
		a, b := open(t)
		now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
		for i := range rapid.IntRange(1, 60).Draw(r, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 20).Draw(r, "seconds")) * time.Second)
			name, do := step(r, now, fmt.Sprint(i))
			if x, y := do(t.Context(), a), do(t.Context(), b); x != y {
				r.Fatalf("%s:\none says     %s\nthe other says %s", name, x, y)
			}
		}
	})
}

// said is what a store answers, in a form in which two can be compared.
func said(v any, err error) string {
	for _, e := range []error{
		account.ErrNotFound, account.ErrTaken, account.ErrConflict, account.ErrTooSoon, account.ErrReused, account.ErrInvalid,
	} {
		if errors.Is(err, e) {
			return e.Error()
		}
	}
	return fmt.Sprintf("%+v, %v", v, err)
}

// step returns something to do to a store, in a small world where things meet. fresh is an id that nothing has yet: those of
// sessions and families are random, and never come twice.
func step(r *rapid.T, now time.Time, fresh string) (name string, do func(context.Context, account.Store) string) {
	person, word := rapid.Int64Range(1, 4).Draw(r, "person"), rapid.SampledFrom([]string{"a", "b", "c"}).Draw(r, "word")
	other := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(r, "other")
	in := now.Add(time.Duration(rapid.IntRange(1, 60).Draw(r, "lives")) * time.Second)
	c := account.Client{Address: word, UserAgent: other}
	steps := map[string]func(context.Context, account.Store) (any, error){
		"add person": func(ctx context.Context, s account.Store) (any, error) {
			return s.AddPerson(ctx, account.Person{App: app, Provider: account.Provider(word), Email: other + "@example.com", CreatedAt: now})
		},
		"save person": func(ctx context.Context, s account.Store) (any, error) {
			p, err := s.Person(ctx, app, person)
			if err != nil {
				return nil, err
			}
			p.Email, p.Rev, p.Factor.Secret = word+"@example.com", p.Rev-int64(len(other)%2), []byte(other)
			return s.SavePerson(ctx, p)
		},
		"person by address": func(ctx context.Context, s account.Store) (any, error) {
			return s.PersonByEmail(ctx, app, account.Provider(word), other+"@EXAMPLE.com")
		},
		"people": func(ctx context.Context, s account.Store) (any, error) {
			return s.People(ctx, app, account.Provider(word), person-1, 2)
		},
		"delete person": func(ctx context.Context, s account.Store) (any, error) {
			ended, err := s.DeletePerson(ctx, app, person)
			return inOrder(ended), err
		},
		"add session": func(ctx context.Context, s account.Store) (any, error) {
			return nil, s.AddSession(ctx, account.Session{ID: hash(fresh), App: app, Person: person, SeenAt: now, ExpiresAt: in})
		},
		"replace sessions": func(ctx context.Context, s account.Store) (any, error) {
			all, err := s.Sessions(ctx, app, person, now)
			if err != nil || len(all) == 0 {
				return all, err
			}
			next := all[0]
			next.ID, next.SeenAt = hash(fresh), now
			return all, s.ReplaceSession(ctx, all[0].ID, next)
		},
		"see sessions": func(ctx context.Context, s account.Store) (any, error) {
			all, err := s.Sessions(ctx, app, person, time.Time{})
			if err != nil || len(all) == 0 {
				return all, err
			}
			return all, s.SeeSession(ctx, app, all[0].ID, c, now, in)
		},
		"add family": func(ctx context.Context, s account.Store) (any, error) {
			return nil, s.AddFamily(ctx, account.Family{ID: fresh, App: app, Person: person, Current: hash(other), SeenAt: now, ExpiresAt: in})
		},
		"exchange": func(ctx context.Context, s account.Store) (any, error) {
			all, err := s.Families(ctx, app, person, now)
			if err != nil || len(all) == 0 {
				return all, err
			}
			return s.Exchange(ctx, app, all[0].ID, hash(word), hash(other), c, now)
		},
		"add API token": func(ctx context.Context, s account.Store) (any, error) {
			return s.AddAPIToken(ctx, account.APIToken{App: app, Person: person, Name: word, ExpiresAt: in, Abilities: []string{word, other}})
		},
		"API tokens": func(ctx context.Context, s account.Store) (any, error) { return s.APITokens(ctx, app, person, now) },
		"use API token": func(ctx context.Context, s account.Store) (any, error) {
			return nil, errors.Join(s.UseAPIToken(ctx, app, person, now), s.SetAbilities(ctx, app, person, person, []string{other}))
		},
		"end all": func(ctx context.Context, s account.Store) (any, error) {
			ended, err := s.EndAll(ctx, app, person, account.Except{Family: fmt.Sprint(person), APITokens: word == "a"})
			return inOrder(ended), err
		},
		"put one time": func(ctx context.Context, s account.Store) (any, error) {
			return nil, s.PutOneTime(ctx, account.OneTime{Purpose: account.Purpose(word), App: app, Person: person, Hash: hash(fmt.Sprint(word, person)), CreatedAt: now, ExpiresAt: in}, 10*time.Second)
		},
		"take one time": func(ctx context.Context, s account.Store) (any, error) {
			return s.TakeOneTime(ctx, app, account.Purpose(word), hash(fmt.Sprint(word, person)), now)
		},
		"put role": func(ctx context.Context, s account.Store) (any, error) {
			put, err := s.PutRole(ctx, account.Role{App: app, Guard: "web", Name: word, Permissions: []string{other, word}})
			put.ID = 0 // which ids a store gives is its own business
			return put, err
		},
		"delete role": func(ctx context.Context, s account.Store) (any, error) {
			return nil, s.DeleteRole(ctx, app, "web", word)
		},
		"assign": func(ctx context.Context, s account.Store) (any, error) {
			return nil, s.Assign(ctx, app, person, "web", []string{word, other}, []string{other})
		},
		"rights": func(ctx context.Context, s account.Store) (any, error) { return s.Rights(ctx, app, person, "web") },
		"add signing key": func(ctx context.Context, s account.Store) (any, error) {
			return nil, s.AddSigningKey(ctx, account.SigningKey{App: app, ID: word, Sealed: []byte(other), CreatedAt: now, SignsAt: in}, other)
		},
		"first signing key": func(ctx context.Context, s account.Store) (any, error) {
			return nil, s.AddSigningKey(ctx, account.SigningKey{App: app, ID: word, Sealed: []byte(other), CreatedAt: now}, "")
		},
		"signing keys": func(ctx context.Context, s account.Store) (any, error) { return s.SigningKeys(ctx, app) },
		"delete signing key": func(ctx context.Context, s account.Store) (any, error) {
			return nil, s.DeleteSigningKey(ctx, app, word)
		},
		"sweep": func(ctx context.Context, s account.Store) (any, error) {
			return s.Sweep(ctx, now.Add(-time.Minute), now)
		},
		"note": func(ctx context.Context, s account.Store) (any, error) {
			return nil, s.Note(ctx, account.AuditEntry{At: now, App: app, Person: person, Act: account.Act(word), Client: c})
		},
		"audit": func(ctx context.Context, s account.Store) (any, error) {
			return s.Audit(ctx, account.AuditQuery{App: app, Person: person, Limit: 5})
		},
	}
	names := make([]string, 0, len(steps))
	for name := range steps {
		names = append(names, name)
	}
	slices.Sort(names)
	name = rapid.SampledFrom(names).Draw(r, "step")
	return name, func(ctx context.Context, s account.Store) string { return said(steps[name](ctx, s)) }
}

// inOrder returns what ended in an order that does not depend on the store.
func inOrder(e account.Ended) account.Ended {
	slices.SortFunc(e.Sessions, func(x, y account.Hash) int { return slices.Compare(x[:], y[:]) })
	slices.Sort(e.Families)
	slices.Sort(e.APITokens)
	return e
}
