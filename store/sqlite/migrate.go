package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"madang/internal/sqlstore"
)

// migrationFiles are named 0001_what.sql, 0002_what.sql, …; once released they never change.
//
//go:embed migrations/*.sql
var migrationFiles embed.FS

func migrations() fs.FS {
	sub, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		panic(err) // only an invalid path literal can do that
	}
	return sub
}

// migrate brings the database up to the last of the files, each in a transaction of its own. PRAGMA user_version holds
// how many have been applied.
func migrate(ctx context.Context, conn *sql.Conn, files fs.FS) error {
	names, err := sqlstore.Migrations(files)
	if err != nil {
		return err
	}
	var version int
	if err := conn.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	v, err := sqlstore.VersionAt(names, version)
	if err != nil {
		return err
	}
	for i, name := range v.Pending {
		script, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		if err := apply(ctx, conn, string(script), version+i+1); err != nil {
			return fmt.Errorf("migration %s: %w (nothing of it was kept)", name, err)
		}
	}
	return nil
}

func apply(ctx context.Context, conn *sql.Conn, script string, version int) error {
	t, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if _, err := t.ExecContext(ctx, script); err != nil {
		return errors.Join(err, t.Rollback())
	}
	if _, err := t.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", version)); err != nil {
		return errors.Join(err, t.Rollback())
	}
	return t.Commit()
}
