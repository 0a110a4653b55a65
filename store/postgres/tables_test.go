package postgres_test

import (
	"database/sql"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"madang/internal/sqlstore"
	"madang/store/postgres"
	"madang/store/sqlite"
)

func TestMigrate(t *testing.T) {
	c := postgres.Defaults()
	c.URL = server.Database(t, "")
	postgres.CheckMigrate(t, c)
}

// lines asks the template's tables for texts.
func lines(t *testing.T, query string) []string {
	t.Helper()
	out, err := server.SQL(name(config(t).URL), query)
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(strings.Split(out, "\n"), func(line string) bool { return line == "" })
}

// TestTables compares the tables with SQLite's: the statements are the same, so a column that one of the two lacks is a mistake.
func TestTables(t *testing.T) {
	c := sqlite.Defaults()
	c.Path = filepath.Join(t.TempDir(), "madang.db")
	if _, err := sqlite.Migrate(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", c.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), `SELECT m.name || '.' || c.name || CASE WHEN c."notnull" OR c.pk THEN ' NOT NULL' ELSE '' END
		FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var want []string
	for rows.Next() {
		var column string
		if err := rows.Scan(&column); err != nil {
			t.Fatal(err)
		}
		if column != "messages.id NOT NULL" { // for a full-text index, which is another matter here
			want = append(want, column)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	got := lines(t, `SELECT table_name || '.' || column_name || CASE is_nullable WHEN 'NO' THEN ' NOT NULL' ELSE '' END
		FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'madang_migrations'`)
	slices.Sort(want)
	slices.Sort(got)
	for _, column := range want {
		if !slices.Contains(got, column) {
			t.Errorf("missing: %s", column)
		}
	}
	for _, column := range got {
		if !slices.Contains(want, column) {
			t.Errorf("not in SQLite: %s", column)
		}
	}
}

// Lists have the same order here as everywhere, whatever the database's locale.
func TestTextsCompareByBytes(t *testing.T) {
	if other := lines(t, `SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'public'
		AND table_name <> 'madang_migrations' AND data_type IN ('text', 'character varying') AND collation_name IS DISTINCT FROM 'C'`); len(other) > 0 {
		t.Errorf("not COLLATE \"C\": %v", other)
	}
}

// TestPlans checks that what is asked for all the time can be found by index.
func TestPlans(t *testing.T) {
	s := open(t, config(t))
	uses := map[string][]string{
		"unread":            {"members_user", "messages_uncounted"},
		"unread total":      {"members_user", "messages_uncounted"},
		"nonce":             {"messages_nonce"},
		"public rooms":      {"rooms_public"},
		"open commands":     {"device_commands_open"},
		"commands of a hub": {"device_commands_hub"},
		"due commands":      {"device_commands_due"},
		"heads":             {"outbox_room"},
		"take":              {"outbox_room"},
	}
	for _, q := range append(sqlstore.Frequent(sqlstore.Words{}), postgres.OwnFrequent()...) {
		if q.Name == "claim" {
			continue // heads and take are in its place
		}
		if len(uses[q.Name]) == 0 {
			t.Errorf("nothing is said of %q", q.Name)
		}
		plan, err := s.Plan(t.Context(), q)
		if err != nil {
			t.Fatalf("%s: %v", q.Name, err)
		}
		for _, index := range uses[q.Name] {
			if !strings.Contains(plan, index) {
				t.Errorf("%s does not use %s:\n%s", q.Name, index, plan)
			}
		}
	}
}
