package sqlite_test

import (
	"os"
	"slices"
	"testing"

	"madang/store/sqlite"
)

// A database is looked at without being made or changed, and by those who do not hold it.
func TestVersion(t *testing.T) {
	c := config(t)
	v, err := sqlite.Version(t.Context(), c)
	if err != nil || len(v.Applied) != 0 || len(v.Pending) == 0 {
		t.Fatalf("%+v, %v", v, err)
	}
	if _, err := os.Stat(c.Path); !os.IsNotExist(err) {
		t.Fatalf("looking has made the file: %v", err)
	}
	applied, err := sqlite.Migrate(t.Context(), c)
	if err != nil || !slices.Equal(applied, v.Pending) {
		t.Fatalf("%v, %v, want %v", applied, err, v.Pending)
	}
	open(t, c)
	if now, err := sqlite.Version(t.Context(), c); err != nil || len(now.Pending) != 0 || !slices.Equal(now.Applied, applied) {
		t.Errorf("%+v, %v", now, err)
	}
	raw(t, c.Path, "PRAGMA user_version = 9999")
	if _, err := sqlite.Version(t.Context(), c); err == nil {
		t.Error("a newer database is nothing special")
	}
}
