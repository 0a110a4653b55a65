package postgres_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"madang"
	"madang/account"
	"madang/chat"
	"madang/store/postgres"
)

func TestConfig(t *testing.T) {
	_, err := postgres.Open(t.Context(), postgres.Config{})
	wantError(t, err, "postgres: url is empty", "connections is 0", "timeout is 0s", "connect_timeout is 0s", "max_batch is 0")
	c := postgres.Defaults()
	c.URL = "postgres://kim:hush@db:5432/x?sslmode=perhaps"
	err = c.Validate()
	wantError(t, err, "sslmode is invalid")
	if strings.Contains(err.Error(), "hush") {
		t.Errorf("the password is in %q", err)
	}
	c.URL = "postgres://kim:hush@db:5432/x?sslmode=verify-full&sslrootcert=/nowhere.pem"
	wantError(t, c.Validate(), "nowhere.pem")
}

// Whatever is wrong with the database is said, with where it is and what to do, and without the password.
func TestOpenRefuses(t *testing.T) {
	empty := server.Database(t, "")
	foreign := server.Database(t, "")
	newer := config(t)
	for database, statement := range map[string]string{
		"postgres":    "CREATE DATABASE ascii ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0; CREATE ROLE guest LOGIN",
		name(foreign): "CREATE TABLE sessions (id TEXT)", name(newer.URL): "INSERT INTO madang_migrations (version, name) VALUES (9999, 'x')",
	} {
		for one := range strings.SplitSeq(statement, ";") {
			if _, err := server.SQL(database, one); err != nil {
				t.Fatal(err)
			}
		}
	}
	as := func(url string) string { return strings.Replace(url, "madang@", "guest:hush@", 1) }
	for _, c := range []struct {
		url   string
		words []string
	}{
		{"postgres://kim:hush@127.0.0.1:1/x", []string{`database "x" at 127.0.0.1:1`, "cannot be reached", "see that PostgreSQL runs"}},
		{as(server.URL("nowhere")), []string{"3D000", "CREATE DATABASE"}},
		{as(empty), []string{"42501", "CREATE on its schema"}},
		{server.URL("ascii"), []string{"SQL_ASCII", "must be UTF8"}},
		{foreign, []string{"42P07", "a database of its own"}},
		{newer.URL, []string{"version 9999", "newer program"}},
		{config(t).URL + "&options=-csynchronous_commit%3Doff", []string{"synchronous_commit off"}},
		{empty + "&search_path=nowhere", []string{"3F000", "CREATE SCHEMA"}},
	} {
		conf := postgres.Defaults()
		conf.URL = c.url
		s, err := postgres.Open(t.Context(), conf)
		if err == nil {
			t.Errorf("%s is opened", c.url)
			_ = s.Close()
			continue
		}
		wantError(t, err, append(c.words, "postgres: ")...)
		if strings.Contains(err.Error(), "hush") {
			t.Errorf("the password is in %q", err)
		}
	}
}

// name returns the database of a URL.
func name(url string) string {
	url, _, _ = strings.Cut(url, "?")
	return url[strings.LastIndex(url, "/")+1:]
}

// A server that is not to change the tables does not, and does not start without them either.
func TestWithoutMigrating(t *testing.T) {
	c := postgres.Defaults()
	c.URL, c.Migrate = server.Database(t, ""), false
	_, err := postgres.Open(t.Context(), c)
	wantError(t, err, "it lacks [0001_chat.sql", "madang migrate up")
	v, err := postgres.Version(t.Context(), c)
	if err != nil || len(v.Applied) != 0 {
		t.Fatalf("%+v, %v", v, err)
	}
	applied, err := postgres.Migrate(t.Context(), c)
	if err != nil || len(applied) != len(v.Pending) {
		t.Fatalf("%v, %v, want %v", applied, err, v.Pending)
	}
	open(t, c)
}

func TestClosed(t *testing.T) {
	s := open(t, config(t))
	for range 2 {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	_, _, err := s.Chat().EnsureRoom(t.Context(), chat.NewRoom{Ref: room(1), Kind: chat.RoomPublic})
	_, read := s.Chat().Room(t.Context(), room(1))
	_, send := s.Chat().Append(t.Context(), chat.NewMessage{Room: room(1), Kind: chat.MessageSystem, Text: "x"})
	for _, err := range []error{err, read, send, s.Ready(t.Context())} {
		if err == nil || errors.Is(err, chat.ErrNotFound) {
			t.Errorf("after Close: %v", err)
		}
	}
	if !errors.Is(err, os.ErrClosed) || !errors.Is(read, os.ErrClosed) || !errors.Is(send, os.ErrClosed) {
		t.Errorf("%v, %v, %v", err, read, send)
	}
}

// What PostgreSQL cannot keep is the caller's mistake, and nothing has it as its id.
func TestTextThatCannotBeKept(t *testing.T) {
	s := open(t, config(t))
	for _, text := range []string{"a\x00b", "\xff"} {
		_, err := s.Chat().Append(t.Context(), chat.NewMessage{Room: room(1), Kind: chat.MessageSystem, Text: text})
		if !errors.Is(err, chat.ErrInvalid) {
			t.Errorf("%q in a message: %v", text, err)
		}
		if _, err := s.Chat().Room(t.Context(), chat.RoomRef{App: "app1", ID: text}); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("%q as an id: %v", text, err)
		}
		err = s.Accounts().Note(t.Context(), account.AuditEntry{App: "a", Client: account.Client{UserAgent: text}})
		if !errors.Is(err, madang.ErrInvalid) {
			t.Errorf("%q in an entry: %v", text, err)
		}
	}
}

// patient begins what is held for longer than calls may take.
const patient = "SET LOCAL idle_in_transaction_session_timeout = 0; "

// A node that stands still in the middle of a transaction loses it, and the others go on.
func TestNodeStandsStill(t *testing.T) {
	c := config(t)
	healthy := open(t, c)
	if _, _, err := healthy.Chat().EnsureRoom(t.Context(), chat.NewRoom{Ref: room(1), Kind: chat.RoomPublic}); err != nil {
		t.Fatal(err)
	}
	c.Timeout = 300 * time.Millisecond
	still := open(t, c)
	held, let := make(chan error), make(chan struct{})
	go still.Hold(t.Context(), held, "SELECT 1 FROM rooms FOR UPDATE", let)
	if err := <-held; err != nil {
		t.Fatal(err)
	}
	a, err := healthy.Chat().Append(t.Context(), chat.NewMessage{Room: room(1), Kind: chat.MessageSystem, Text: "x", At: time.Now()})
	if err != nil || a.Message.Seq != 1 {
		t.Errorf("%+v, %v", a, err)
	}
	close(let)
	if err := <-held; err == nil {
		t.Error("the transaction that stood still was committed")
	}
}

// While somebody holds a room for too long, who waits is told so in time, and who gives up is let go; then all is well again.
func TestRoomHeldTooLong(t *testing.T) {
	c := config(t)
	c.Timeout = 700 * time.Millisecond
	s := open(t, c)
	if _, _, err := s.Chat().EnsureRoom(t.Context(), chat.NewRoom{Ref: room(1), Kind: chat.RoomPublic}); err != nil {
		t.Fatal(err)
	}
	held, let := make(chan error), make(chan struct{})
	go s.Hold(t.Context(), held, patient+"SELECT 1 FROM rooms FOR UPDATE", let)
	if err := <-held; err != nil {
		t.Fatal(err)
	}
	say := chat.NewMessage{Room: room(1), Kind: chat.MessageSystem, Text: "x", At: time.Now()}
	first := make(chan error, 1)
	go func() {
		_, err := s.Chat().Append(t.Context(), say)
		first <- err
	}()
	s.AwaitWaiting(t.Context())
	ctx, giveUp := context.WithCancel(t.Context())
	giveUp()
	if _, err := s.Chat().Append(ctx, say); !errors.Is(err, context.Canceled) {
		t.Errorf("who gave up is told %v", err)
	}
	wantError(t, <-first, "postgres: append message", "57014", "took too long")
	close(let)
	if err := <-held; err != nil {
		t.Error(err)
	}
	if a, err := s.Chat().Append(t.Context(), say); err != nil || a.Message.Seq != 1 {
		t.Errorf("%+v, %v", a, err)
	}
}

// Whoever finds all connections in use is told so in time.
func TestNoConnectionLeft(t *testing.T) {
	c := config(t)
	c.Timeout, c.Connections = 300*time.Millisecond, 2
	s := open(t, c)
	held, let := make(chan error), make(chan struct{})
	for range c.Connections {
		go s.Hold(t.Context(), held, patient+"SELECT 1", let)
		if err := <-held; err != nil {
			t.Fatal(err)
		}
	}
	_, err := s.Chat().Room(t.Context(), room(1))
	_, send := s.Chat().Append(t.Context(), chat.NewMessage{Room: room(1), Kind: chat.MessageSystem, Text: "x"})
	if err == nil || errors.Is(err, chat.ErrNotFound) {
		t.Errorf("reading: %v", err)
	}
	wantError(t, send, "no connection within 300ms, 2 are in use")
	close(let)
	for range c.Connections {
		<-held
	}
	if _, err := s.Chat().Room(t.Context(), room(1)); !errors.Is(err, chat.ErrNotFound) {
		t.Errorf("afterwards: %v", err)
	}
}
