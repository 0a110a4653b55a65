package sqlite

import (
	"path/filepath"
	"testing"
)

// TestPragmas checks that the settings in the data source have arrived: SQLite ignores a misspelt one without a word.
func TestPragmas(t *testing.T) {
	for mode, level := range map[Sync]string{SyncFull: "2", SyncNormal: "1"} {
		c := Defaults()
		c.Sync, c.Path = mode, filepath.Join(t.TempDir(), "madang.db")
		s, err := Open(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]string{
			"journal_mode": "wal", "synchronous": level, "foreign_keys": "1", "busy_timeout": "5000", "query_only": "0",
		} {
			var got string
			err := s.writer.do(t.Context(), func(x *tx) error { return x.Row("PRAGMA " + name).Scan(&got) })
			if err != nil || got != want {
				t.Errorf("%s: writer's %s is %q, want %q, %v", mode, name, got, want, err)
			}
		}
		for name, want := range map[string]string{"journal_mode": "wal", "query_only": "1", "busy_timeout": "5000"} {
			var got string
			if err := s.read.QueryRowContext(t.Context(), "PRAGMA "+name).Scan(&got); err != nil || got != want {
				t.Errorf("%s: readers' %s is %q, want %q, %v", mode, name, got, want, err)
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
