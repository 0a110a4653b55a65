package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"madang/internal/sqlstore"
)

// Version returns which migrations a database has had, and which it lacks: all of them if there is no file yet. It changes
// nothing, and may be asked while a server has the database open.
func Version(ctx context.Context, c Config) (v sqlstore.Version, err error) {
	names, err := sqlstore.Migrations(migrations())
	if err != nil {
		return v, err
	}
	path, err := filepath.Abs(c.Path)
	if err != nil {
		return v, fmt.Errorf("sqlite: %s: %w", c.Path, err)
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return sqlstore.VersionAt(names, 0)
	}
	s := &Store{path: path}
	db, err := sql.Open("sqlite", dataSource(path, c, true))
	if err != nil {
		return v, s.explainFile("open", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var n int
	if err := db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&n); err != nil {
		return v, s.explainFile("read", err)
	}
	return sqlstore.VersionAt(names, n)
}

// Migrate brings a database up to date, making it if there is none, and returns the names of the migrations that were applied
// now. Open does the same.
func Migrate(ctx context.Context, c Config) (applied []string, err error) {
	before, err := Version(ctx, c)
	if err != nil {
		return nil, err
	}
	s, err := Open(ctx, c)
	if err != nil {
		return nil, err
	}
	return before.Pending, s.Close()
}
