package postgres_test

import (
	"os"
	"strings"
	"testing"

	"madang/internal/postgrestest"
	"madang/store/postgres"
)

// server is one PostgreSQL for the tests of the package. It has a database "template" with all tables and nothing in them.
var server *postgrestest.Server

func TestMain(m *testing.M) {
	os.Exit(postgrestest.Main(m, func(s *postgrestest.Server) { server = s }))
}

// template makes the database that others are copies of.
const template = "template_of_tests"

// config returns the configuration of a new database with empty tables.
func config(t testing.TB) postgres.Config {
	t.Helper()
	c := postgres.Defaults()
	c.Connections = 8
	if out, err := server.SQL("postgres", "SELECT 1 FROM pg_database WHERE datname = '"+template+"'"); err != nil {
		t.Fatal(err)
	} else if out == "" {
		if _, err := server.SQL("postgres", "CREATE DATABASE "+template+" TEMPLATE template0"); err != nil {
			t.Fatal(err)
		}
		c.URL = server.URL(template)
		if _, err := postgres.Migrate(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	c.URL = server.Database(t, template)
	return c
}

// open opens a database that the test closes at its end, if it has not done so itself.
func open(t testing.TB, c postgres.Config) *postgres.Store {
	t.Helper()
	s, err := postgres.Open(t.Context(), c)
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
