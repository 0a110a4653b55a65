package postgres

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
)

// CheckMigrate has many nodes start at once on an empty database, with a migration that cannot run twice, and then a broken one.
func CheckMigrate(t *testing.T, c Config) {
	t.Helper()
	s, err := connect(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	files := fstest.MapFS{
		"0001_a.sql": {Data: []byte("CREATE TABLE a (x BIGINT); INSERT INTO a VALUES (1)")},
		"0002_b.sql": {Data: []byte("UPDATE a SET x = x + 1; SELECT pg_sleep(0.05)")},
	}
	var mu sync.Mutex
	var applied []string
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			names, err := s.migrate(t.Context(), files)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			applied = append(applied, names...)
		})
	}
	all.Wait()
	if !slices.Equal(slices.Sorted(slices.Values(applied)), []string{"0001_a.sql", "0002_b.sql"}) {
		t.Errorf("applied %v", applied)
	}
	files["0003_c.sql"] = &fstest.MapFile{Data: []byte("UPDATE a SET x = 7; SELECT nonsense")}
	if _, err := s.migrate(t.Context(), files); err == nil || !strings.Contains(err.Error(), "0003_c.sql (nothing of it was kept)") {
		t.Errorf("a broken migration: %v", err)
	}
	var x int
	if err := s.pool.QueryRow(t.Context(), "SELECT sum(x) FROM a").Scan(&x); err != nil || x != 2 {
		t.Errorf("%d, %v", x, err)
	}
	if v, err := s.version(t.Context(), files); err != nil || !slices.Equal(v.Pending, []string{"0003_c.sql"}) {
		t.Errorf("%+v, %v", v, err)
	}
}

func TestNumbered(t *testing.T) {
	for query, want := range map[string]string{
		"SELECT 1":                         "SELECT 1",
		"a = ? AND b = ?":                  "a = $1 AND b = $2",
		"(?, ?, ?)":                        "($1, $2, $3)",
		"a = ?2 OR ?1 = '' AND c = ?12":    "a = $2 OR $1 = '' AND c = $12",
		"?":                                "$1",
		"VALUES (?,?) ON CONFLICT (a) ...": "VALUES ($1,$2) ON CONFLICT (a) ...",
	} {
		if got := numbered(query); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
}
