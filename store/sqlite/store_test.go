package sqlite_test

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"madang/chat"
	"madang/store/sqlite"
)

// wantError ends the test unless err tells all of the words.
func wantError(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q does not say %q", err, w)
		}
	}
}

func TestOpenMakesPrivateFiles(t *testing.T) {
	c := sqlite.Defaults()
	dir := filepath.Join(t.TempDir(), "new", "data")
	c.Path = filepath.Join(dir, "madang.db")
	s := open(t, c)
	if _, _, err := s.Chat().EnsureRoom(t.Context(), chat.NewRoom{Ref: room(1), Kind: chat.RoomPublic}); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]os.FileMode{
		dir: 0o700, c.Path: 0o600, c.Path + "-wal": 0o600, c.Path + "-shm": 0o600, c.Path + ".lock": 0o600,
	} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has permissions %o, want %o", path, got, want)
		}
	}
}

func TestOpenAnyPath(t *testing.T) {
	for _, name := range []string{"마당.db", "a b.db", "a?mode=memory.db", "a#b.db", "100%25.db", "a&b='c'.db"} {
		c := sqlite.Defaults()
		c.Path = filepath.Join(t.TempDir(), name)
		s := open(t, c)
		if _, _, err := s.Chat().EnsureRoom(t.Context(), chat.NewRoom{Ref: room(1), Kind: chat.RoomPublic}); err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(c.Path + "-wal"); err != nil || info.Size() == 0 {
			t.Errorf("%q: the data is elsewhere: %v", name, err)
		}
	}
}

func TestOpenRefusesSecondServer(t *testing.T) {
	c := config(t)
	s := open(t, c)
	_, err := sqlite.Open(t.Context(), c)
	wantError(t, err, c.Path, strconv.Itoa(os.Getpid()), "stop it")
	if !errors.Is(err, sqlite.ErrInUse) {
		t.Errorf("error is not ErrInUse: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, c)
}

// raw changes a closed database behind the store's back.
func raw(t *testing.T, path, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// version returns the version of a closed database.
func version(t *testing.T, path string) (n int) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err == nil {
		err = errors.Join(db.QueryRowContext(t.Context(), "PRAGMA user_version").Scan(&n), db.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestOpenRefusesNewerDatabase(t *testing.T) {
	c := config(t)
	if err := open(t, c).Close(); err != nil {
		t.Fatal(err)
	}
	was := version(t, c.Path)
	raw(t, c.Path, "PRAGMA user_version = 9999")
	_, err := sqlite.Open(t.Context(), c)
	wantError(t, err, c.Path, "version 9999", "newer program")

	// The refusal has let go of the file.
	raw(t, c.Path, fmt.Sprint("PRAGMA user_version = ", was))
	open(t, c)
}

func TestOpenRefusesOtherFiles(t *testing.T) {
	c := config(t)
	if err := os.WriteFile(c.Path, []byte(strings.Repeat("not a database\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := sqlite.Open(t.Context(), c)
	wantError(t, err, c.Path, "not an SQLite database")

	c.Path = t.TempDir()
	_, err = sqlite.Open(t.Context(), c)
	wantError(t, err, c.Path, "directory")

	c.Path = filepath.Join(config(t).Path, "x", "madang.db")
	if err := os.WriteFile(filepath.Dir(filepath.Dir(c.Path)), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = sqlite.Open(t.Context(), c)
	wantError(t, err, c.Path, "not a directory")
}

func TestConfig(t *testing.T) {
	if err := sqlite.Defaults().Validate(); err == nil {
		t.Error("a configuration without a path is valid")
	}
	_, err := sqlite.Open(t.Context(), sqlite.Config{Sync: "off", BusyTimeout: -1})
	wantError(t, err, "path is empty", `sync is "off"`, "readers is 0", "max_batch is 0", "busy_timeout is -1ns")
}

func TestClosed(t *testing.T) {
	s := open(t, config(t))
	for range 2 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	_, _, err := s.Chat().EnsureRoom(t.Context(), chat.NewRoom{Ref: room(1), Kind: chat.RoomPublic})
	if !errors.Is(err, os.ErrClosed) {
		t.Errorf("writing after Close: %v", err)
	}
	if _, err := s.Chat().Room(t.Context(), room(1)); err == nil || errors.Is(err, chat.ErrNotFound) {
		t.Errorf("reading after Close: %v", err)
	}
}

// TestLockedByOtherProgram has another program, such as a careless backup script, hold the database's own lock.
func TestLockedByOtherProgram(t *testing.T) {
	c := config(t)
	c.BusyTimeout = 0
	s := open(t, c).Chat()
	db, err := sql.Open("sqlite", c.Path+"?_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	n := chat.NewRoom{Ref: room(1), Kind: chat.RoomPublic}
	_, _, err = s.EnsureRoom(t.Context(), n)
	wantError(t, err, c.Path, "another program keeps the file locked")
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if _, created, err := s.EnsureRoom(t.Context(), n); err != nil || !created {
		t.Errorf("after the other program let go: %v, %v", created, err)
	}
}
