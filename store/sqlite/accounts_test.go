package sqlite_test

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"madang/account"
	"madang/account/accounttest"
	"madang/store/memory"
	"madang/store/sqlite"
)

func TestAccounts(t *testing.T) {
	accounttest.Run(t, func(t *testing.T) account.Store { return open(t, config(t)).Accounts() })
}

func TestAccountsLikeTheReference(t *testing.T) {
	c := config(t)
	c.Sync = "normal" // what survives a power cut is tested elsewhere
	accounttest.Compare(t, func(t *testing.T) (a, b account.Store) {
		c := c
		c.Path = t.TempDir() + "/madang.db"
		s, err := sqlite.Open(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		return s.Accounts(), memory.NewAccounts()
	})
}

// What was decided stays decided when the server comes back: above all, a family that ended because a token was used twice.
func TestAccountsAfterRestart(t *testing.T) {
	c := config(t)
	s := open(t, c)
	a := s.Accounts()
	now := time.Now()
	p, err := a.AddPerson(t.Context(), account.Person{App: "shop", Provider: "users", Email: "kim@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"ended", "left"} {
		if err := a.AddFamily(t.Context(), account.Family{ID: id, App: "shop", Person: p.ID, ExpiresAt: now.Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := a.Exchange(t.Context(), "shop", "ended", account.Hash{1}, account.Hash{2}, account.Client{}, now); !errors.Is(err, account.ErrReused) {
		t.Fatal(err)
	}
	key := account.SigningKey{App: "shop", ID: "first", Sealed: []byte{1, 0, 2}, CreatedAt: now.Truncate(time.Millisecond).UTC()}
	if err := a.AddSigningKey(t.Context(), key, ""); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again := open(t, c).Accounts()
	if _, err := again.Family(t.Context(), "shop", "ended", now); !errors.Is(err, account.ErrNotFound) {
		t.Errorf("the family is there again: %v", err)
	}
	if _, err := again.Family(t.Context(), "shop", "left", now); err != nil {
		t.Error(err)
	}
	if got, err := again.SigningKeys(t.Context(), "shop"); err != nil || !reflect.DeepEqual(got, []account.SigningKey{key}) {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := again.PersonByEmail(t.Context(), "shop", "users", "KIM@example.com"); err != nil || got.ID != p.ID {
		t.Errorf("%+v, %v", got, err)
	}
}
