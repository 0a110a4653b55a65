package postgres_test

import (
	"sync/atomic"
	"testing"

	"madang/account"
	"madang/account/accounttest"
	"madang/chat"
	"madang/chat/chattest"
	"madang/device"
	"madang/device/devicetest"
	"madang/device/oauth"
	"madang/device/pairing"
	"madang/store/memory"
	"madang/store/postgres"
)

// emptied makes one database and returns what empties it and opens it anew: to copy the template takes longer than most tests
// do. Nothing waits for the disk here: what survives is tested elsewhere.
func emptied(t *testing.T) func(*testing.T) (*postgres.Store, postgres.Config) {
	t.Helper()
	c := config(t)
	c.URL += "&synchronous_commit=off"
	return func(t *testing.T) (*postgres.Store, postgres.Config) {
		t.Helper()
		s := open(t, c)
		if err := s.Empty(t.Context()); err != nil {
			t.Fatal(err)
		}
		return s, c
	}
}

// kept is emptied for a hundred stores of one test: it opens only one.
func kept(t *testing.T) func(*testing.T) *postgres.Store {
	t.Helper()
	s, _ := emptied(t)(t)
	return func(t *testing.T) *postgres.Store {
		t.Helper()
		if err := s.Empty(t.Context()); err != nil {
			t.Fatal(err)
		}
		return s
	}
}

// TestChat has the whole contract, races and random histories included, kept by two nodes as if they were one. What is left
// when they have gone is TestKill's.
func TestChat(t *testing.T) {
	fresh := emptied(t)
	chattest.Run(t, func(t *testing.T) chat.Store {
		a, c := fresh(t)
		return nodes{[2]chat.Store{a.Chat(), open(t, c).Chat()}, &atomic.Int64{}}
	})
}

func TestAccounts(t *testing.T) {
	fresh := kept(t)
	accounttest.Run(t, func(t *testing.T) account.Store { return fresh(t).Accounts() })
}

func TestDevices(t *testing.T) {
	fresh := kept(t)
	devicetest.Run(t, func(t *testing.T) device.Store { return fresh(t).Devices() })
}

func TestPairings(t *testing.T) {
	fresh := kept(t)
	devicetest.Pairing(t, func(t *testing.T) pairing.Store { return fresh(t).Devices() })
}

func TestGrants(t *testing.T) {
	fresh := kept(t)
	devicetest.Grants(t, func(t *testing.T) oauth.Store { return fresh(t).Devices() })
}

func TestAccountsLikeTheReference(t *testing.T) {
	fresh := kept(t)
	accounttest.Compare(t, func(t *testing.T) (a, b account.Store) { return fresh(t).Accounts(), memory.NewAccounts() })
}

func TestPairingsLikeTheReference(t *testing.T) {
	fresh := kept(t)
	devicetest.ComparePairing(t, func(t *testing.T) (a, b pairing.Store) { return fresh(t).Devices(), memory.NewDevices() })
}

func TestDevicesLikeTheReference(t *testing.T) {
	fresh := kept(t)
	devicetest.Compare(t, func(t *testing.T) (a, b device.Store) { return fresh(t).Devices(), memory.NewDevices() })
}
