package gate_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"madang"
	"madang/account"
	"madang/account/gate"
	"madang/store/memory"
)

const app = "shop"

// A counted store counts how often rights are read, can refuse, and can be held up after it has read.
type counted struct {
	*memory.Accounts
	mu    sync.Mutex
	reads int
	fail  error
	held  func()
}

func (s *counted) Rights(ctx context.Context, app string, person int64, guard string) (account.Rights, error) {
	r, err := s.Accounts.Rights(ctx, app, person, guard)
	s.mu.Lock()
	s.reads++
	held, fail := s.held, s.fail
	s.mu.Unlock()
	if held != nil {
		held()
	}
	if fail != nil {
		return account.Rights{}, fail
	}
	return r, err
}

func (s *counted) set(fail error, held func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail, s.held = fail, held
}

func (s *counted) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reads
}

// A tester is what tests and properties have in common.
type tester interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

func newStore() *counted { return &counted{Accounts: memory.NewAccounts()} }

func ok(t tester, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func is(t tester, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("the error is %v, want %v", err, want)
	}
}

func same[T comparable](t tester, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Fatalf("%s: %v, want %v", what, got, want)
	}
}

func newGate(t tester, c gate.Config, s account.RoleStore, o ...gate.Option) *gate.Gate {
	t.Helper()
	g, err := gate.New(c, s, o...)
	ok(t, err)
	return g
}

// start starts a gate on a hub of its own.
func start(t testing.TB, g *gate.Gate) {
	t.Helper()
	h := madang.New(madang.Config{})
	ok(t, h.Start(t.Context()))
	ok(t, g.Start(t.Context(), h))
	t.Cleanup(func() {
		if err := errors.Join(g.Close(), h.Close()); err != nil {
			t.Error(err)
		}
	})
}

// person adds somebody to a store and returns them for guard web.
func person(t tester, s account.PersonStore, name string) gate.Holder {
	t.Helper()
	p, err := s.AddPerson(context.Background(), account.Person{App: app, Provider: "members", Name: name, Email: name + "@example.com"})
	ok(t, err)
	return gate.Holder{App: app, Guard: "web", Person: p.ID}
}

// principal is who somebody is to the hub.
func principal(h gate.Holder) *madang.Principal {
	return &madang.Principal{App: h.App, Guard: h.Guard, User: account.Person{ID: h.Person}.User(), Name: "민지"}
}

func allows(t tester, g *gate.Gate, p *madang.Principal, ability string) bool {
	t.Helper()
	yes, err := g.Allows(context.Background(), p, ability)
	ok(t, err)
	return yes
}
