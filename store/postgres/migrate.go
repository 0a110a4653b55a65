package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

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

// Migrate brings the tables up to date and returns the names of the migrations that were applied now.
func Migrate(ctx context.Context, c Config) (applied []string, err error) {
	s, err := connect(ctx, c)
	if err != nil {
		return nil, err
	}
	applied, err = s.migrate(ctx, migrations())
	return applied, errors.Join(err, s.Close())
}

// Version returns which migrations have been applied, and which have not. It changes nothing.
func Version(ctx context.Context, c Config) (v sqlstore.Version, err error) {
	s, err := connect(ctx, c)
	if err != nil {
		return v, err
	}
	v, err = s.version(ctx, migrations())
	return v, errors.Join(err, s.Close())
}

// version reads the table of migrations.
func (s *Store) version(ctx context.Context, files fs.FS) (sqlstore.Version, error) {
	names, err := sqlstore.Migrations(files)
	if err != nil {
		return sqlstore.Version{}, err
	}
	n, err := count(ctx, s.pool)
	if err != nil {
		return sqlstore.Version{}, s.explain("look at the tables", err)
	}
	return s.versionAt(names, n)
}

// versionAt is sqlstore.VersionAt of this database.
func (s *Store) versionAt(names []string, n int) (sqlstore.Version, error) {
	v, err := sqlstore.VersionAt(names, n)
	if err != nil {
		err = fmt.Errorf("postgres: %s: %w", s.where, err)
	}
	return v, err
}

// count returns how many migrations have been applied.
func count(ctx context.Context, q interface {
	QueryRow(ctx context.Context, query string, args ...any) pgx.Row
},
) (n int, err error) {
	err = q.QueryRow(ctx, `SELECT coalesce(max(version), 0) FROM madang_migrations`).Scan(&n)
	if pg := (*pgconn.PgError)(nil); errors.As(err, &pg) && pg.Code == "42P01" {
		return 0, nil // there are no tables at all
	}
	return n, err
}

// migrationLock is the number of the advisory lock under which tables are changed: "madang" in hexadecimal.
const migrationLock = 0x6d6164616e67

// migrate brings the database up to the last of the files, each in a transaction of its own. Of several nodes that start at
// once, one does it while the others wait. There is no limit to how long it may take but ctx.
func (s *Store) migrate(ctx context.Context, files fs.FS) (applied []string, err error) {
	names, err := sqlstore.Migrations(files)
	if err != nil {
		return nil, err
	}
	conn, err := s.acquire(ctx)
	if err != nil {
		return nil, s.explain("migrate", err)
	}
	defer conn.Release()
	for {
		name, err := s.step(ctx, conn.Conn(), files, names)
		if err != nil || name == "" {
			return applied, err
		}
		applied = append(applied, name)
	}
}

// step applies the first migration that is missing and returns its name, or "" if none is.
func (s *Store) step(ctx context.Context, conn *pgx.Conn, files fs.FS, names []string) (name string, err error) {
	err = pgx.BeginFunc(ctx, conn, func(t pgx.Tx) error {
		for _, prepare := range []string{
			"SET LOCAL statement_timeout = 0",
			fmt.Sprintf("SELECT pg_advisory_xact_lock(%d)", migrationLock),
			`CREATE TABLE IF NOT EXISTS madang_migrations (
				version BIGINT PRIMARY KEY, name TEXT NOT NULL, applied_at TIMESTAMPTZ NOT NULL DEFAULT now())`,
		} {
			if _, err := t.Exec(ctx, prepare, pgx.QueryExecModeSimpleProtocol); err != nil {
				return err
			}
		}
		n, err := count(ctx, t)
		if err != nil {
			return err
		}
		v, err := s.versionAt(names, n)
		if err != nil || len(v.Pending) == 0 {
			return err
		}
		script, err := fs.ReadFile(files, v.Pending[0])
		if err != nil {
			return err
		}
		if _, err := t.Exec(ctx, string(script), pgx.QueryExecModeSimpleProtocol); err != nil {
			return fmt.Errorf("migration %s (nothing of it was kept): %w", v.Pending[0], err)
		}
		name = v.Pending[0]
		_, err = t.Exec(ctx, "INSERT INTO madang_migrations (version, name) VALUES ($1, $2)", n+1, name)
		return err
	})
	if err != nil {
		return "", s.explain("migrate", err)
	}
	return name, nil
}
