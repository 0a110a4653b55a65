// Package accounttest is the suite that every account.Store must pass.
package accounttest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"testing"
	"time"

	"madang/account"
)

// Run runs the suite. open returns an empty store; it is called for each test, and sees to it that the store is closed.
func Run(t *testing.T, open func(*testing.T) account.Store) {
	t.Helper()
	for name, test := range map[string]func(*kit){
		"people": people, "addresses": addresses, "changes": changes, "deleted people": deletedPeople, "lists of people": listsOfPeople,
		"sessions": sessions, "replaced sessions": replacedSessions, "families": families, "reuse": reuse, "API tokens": apiTokens,
		"end all": endAll, "one time": oneTime, "pause": pause, "roles": roles, "rights": rights, "audit": audit, "sweep": sweep,
		"apps": apps, "many at once": manyAtOnce, "signing keys": signingKeys, "signing keys at once": keysAtOnce,
	} {
		t.Run(name, func(t *testing.T) {
			test(&kit{T: t, Store: open(t), ctx: t.Context(), now: time.Date(2026, 11, 22, 9, 0, 0, 123_000_000, time.UTC)})
		})
	}
}

// A kit is a test with its store and its time.
type kit struct {
	*testing.T
	account.Store
	ctx context.Context
	now time.Time
}

const app = "shop"

// members is a provider.
const members account.Provider = "members"

// hash is the hash of a secret.
func hash(text string) account.Hash { return sha256.Sum256([]byte(text)) }

// after is a time after the kit's.
func (k *kit) after(d time.Duration) time.Time { return k.now.Add(d) }

// add adds a person with a name, whose address follows from it.
func (k *kit) add(name string) account.Person {
	k.Helper()
	p, err := k.AddPerson(k.ctx, account.Person{
		App: app, Provider: members, Name: name, Email: name + "@example.com", CreatedAt: k.now, UpdatedAt: k.now,
	})
	k.ok(err)
	return p
}

func (k *kit) session(p account.Person, secret string) account.Session {
	k.Helper()
	s := account.Session{
		ID: hash(secret), App: p.App, Person: p.ID, Client: account.Client{Address: "192.0.2.1", UserAgent: "브라우저"},
		CreatedAt: k.now, SeenAt: k.now, ExpiresAt: k.after(time.Hour),
	}
	k.ok(k.AddSession(k.ctx, s))
	return s
}

func (k *kit) family(p account.Person, id, secret string) account.Family {
	k.Helper()
	f := account.Family{
		ID: id, App: p.App, Person: p.ID, Guard: "api", Current: hash(secret), CreatedAt: k.now, SeenAt: k.now, ExpiresAt: k.after(time.Hour),
	}
	k.ok(k.AddFamily(k.ctx, f))
	return f
}

func (k *kit) token(p account.Person, name string) account.APIToken {
	k.Helper()
	t, err := k.AddAPIToken(k.ctx, account.APIToken{
		App: p.App, Person: p.ID, Name: name, Hash: hash(name), Abilities: []string{"read"}, CreatedAt: k.now,
	})
	k.ok(err)
	return t
}

// ok fails the test at an error.
func (k *kit) ok(err error) {
	k.Helper()
	if err != nil {
		k.Fatal(err)
	}
}

// fails fails the test if an error is not the one that was wanted.
func (k *kit) fails(err, want error) {
	k.Helper()
	if !errors.Is(err, want) {
		k.Fatalf("the error is %v, want %v", err, want)
	}
}

// same fails the test if two values do not print alike.
func (k *kit) same(got, want any) {
	k.Helper()
	if g, w := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want); g != w {
		k.Fatalf("got  %s\nwant %s", g, w)
	}
}
