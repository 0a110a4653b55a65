package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	"github.com/jackc/pgx/v5/pgconn"

	"madang"
)

// explain wraps an error of a feature's operation with what was attempted and, if it is of the database, where and what to do.
// No password is ever in it.
func (s *Store) explain(op string, err error) error {
	var pg *pgconn.PgError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &pg):
		if kept := unkept(pg.Code); kept != nil {
			return fmt.Errorf("postgres: %s: %w: %w", op, kept, err)
		}
		if passing(pg.Code) {
			err = fmt.Errorf("%w: %w", madang.ErrUnavailable, err)
		}
		if a := advice(pg.Code); a != "" {
			return fmt.Errorf("postgres: %s, %s: %w (%s)", op, s.where, err, a)
		}
	case errors.Is(err, errUnknown):
		err = fmt.Errorf("%w: %w", madang.ErrUnavailable, err)
	case broken(err):
		return fmt.Errorf("postgres: %s, %s: %w: cannot be reached: %w (see that PostgreSQL runs there and lets this server in)",
			op, s.where, madang.ErrUnavailable, err)
	case errors.Is(err, context.DeadlineExceeded):
		err = fmt.Errorf("%w: %w", madang.ErrUnavailable, err)
	default:
		return fmt.Errorf("%s: %w", op, err)
	}
	return fmt.Errorf("postgres: %s, %s: %w", op, s.where, err)
}

// passing reports whether an error code of PostgreSQL is about its state, not about what was asked: stopping or starting, out of
// connections, memory or disk, busy, a standby.
func passing(code string) bool {
	switch code[:2] {
	case "08", "53", "57", "58":
		return true
	}
	return code == "25006" || code == "40001" || code == "40P01" || code == "55P03"
}

// broken reports whether err says that there is no connection, or that it was lost.
func broken(err error) bool {
	var connect *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &connect) || pgconn.SafeToRetry(err) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) ||
		errors.Is(err, net.ErrClosed) || errors.Is(err, os.ErrDeadlineExceeded) || errors.As(err, &network) && !errors.Is(err, context.DeadlineExceeded)
}

// unkept returns what is wrong with an argument that the database cannot keep, or nil.
func unkept(code string) error {
	switch code {
	case "22021", "22P05":
		return fmt.Errorf("a text is not UTF-8, or has a zero byte: %w", madang.ErrInvalid)
	}
	return nil
}

// advice returns what an operator can do about an error code of PostgreSQL, or "".
func advice(code string) string {
	switch code {
	case "28P01", "28000":
		return "check user and password in store.url, and pg_hba.conf of the server"
	case "3D000":
		return "make the database first: CREATE DATABASE … ENCODING 'UTF8'"
	case "3F000":
		return "make the schema of search_path first: CREATE SCHEMA …"
	case "42501":
		return "the user needs to own the database, or CREATE on its schema"
	case "42P07":
		return "something else has a table of that name: give the server a database of its own, or a schema by ?search_path= in store.url"
	case "42P01", "42703":
		return "the tables are not those of this program: run \"madang migrate status\""
	case "53300":
		return "PostgreSQL has no connection left: lower postgres.connections, or raise max_connections"
	case "53100":
		return "the disk of PostgreSQL is full: free some space; nothing that was acknowledged is lost"
	case "57014", "55P03":
		return "it took too long: see what the database is busy with, or raise postgres.timeout"
	case "25006", "25P02":
		return "it cannot be written: name the primary too and target_session_attrs=read-write in store.url"
	case "57P01", "57P02", "57P03":
		return "PostgreSQL is being stopped or started; it is tried again with each call"
	case "40001", "40P01":
		return "too many others write the same; try again"
	}
	return ""
}
