package keys

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"madang/account"
	"madang/account/seal"
	"madang/store/memory"
)

// A clock stands still until it is moved.
type clock struct{ nano atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.nano.Store(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC).UnixNano())
	return c
}

func (c *clock) now() time.Time       { return time.Unix(0, c.nano.Load()).UTC() }
func (c *clock) pass(d time.Duration) { c.nano.Add(int64(d)) }

type fatal interface {
	Helper()
	Fatal(...any)
}

func box(t fatal, letter string) *seal.Box {
	t.Helper()
	b, err := seal.New([]byte(strings.Repeat(letter, seal.MinKey)))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// node opens a ring as one node of a server does.
func node(t fatal, s account.KeyStore, c *clock) *Ring {
	t.Helper()
	r, err := Open(context.Background(), "shop", Defaults(), Parts{Store: s, Box: box(t, "k"), Now: c.now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func sign(t fatal, r *Ring) string {
	t.Helper()
	raw, err := r.Sign(context.Background(), map[string]any{"sub": "7"})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// kids are the ids of the published keys.
func kids(r *Ring) (all []string) {
	for _, k := range r.Set(context.Background()).Keys {
		all = append(all, k.KeyID)
	}
	return all
}

func newNode(t *testing.T) (*Ring, *memory.Accounts, *clock) {
	t.Helper()
	s, c := memory.NewAccounts(), newClock()
	return node(t, s, c), s, c
}
