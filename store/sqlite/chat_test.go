package sqlite_test

import (
	"path/filepath"
	"testing"

	"madang/chat"
	"madang/chat/chattest"
	"madang/store/sqlite"
)

// config returns the configuration of a database in a new folder.
func config(t testing.TB) sqlite.Config {
	c := sqlite.Defaults()
	c.Path = filepath.Join(t.TempDir(), "madang.db")
	return c
}

// open opens a database that the test closes at its end, if it has not done so itself.
func open(t testing.TB, c sqlite.Config) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestChat(t *testing.T) {
	type opened struct {
		store  *sqlite.Store
		config sqlite.Config
	}
	stores := make(map[chat.Store]opened)
	start := func(t *testing.T, c sqlite.Config) chat.Store {
		s := open(t, c)
		stores[s.Chat()] = opened{s, c}
		return s.Chat()
	}
	chattest.Run(t,
		func(t *testing.T) chat.Store { return start(t, config(t)) },
		chattest.Reopen(func(t *testing.T, s chat.Store) chat.Store {
			old := stores[s]
			if err := old.store.Close(); err != nil {
				t.Fatal(err)
			}
			return start(t, old.config)
		}))
}
