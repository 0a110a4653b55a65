package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// A tx is the writer's connection within a transaction. It belongs to the writer's goroutine. It has no contexts: what the
// writer has begun is finished.
type tx struct {
	conn       *sql.Conn
	statements map[string]*sql.Stmt // prepared, by their text: there are as many as there are queries in this package
}

func (t *tx) prepare(query string) (*sql.Stmt, error) {
	if s, ok := t.statements[query]; ok {
		return s, nil
	}
	s, err := t.conn.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, fmt.Errorf("prepare %.40q: %w", query, err)
	}
	t.statements[query] = s
	return s, nil
}

// exec runs a statement.
func (t *tx) exec(query string, args ...any) error {
	_, err := t.run(query, args...)
	return err
}

// changes runs a statement and returns the number of rows it changed.
func (t *tx) changes(query string, args ...any) (int64, error) {
	r, err := t.run(query, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// insert runs a statement and returns the rowid of what it inserted.
func (t *tx) insert(query string, args ...any) (int64, error) {
	r, err := t.run(query, args...)
	if err != nil {
		return 0, err
	}
	return r.LastInsertId()
}

func (t *tx) run(query string, args ...any) (sql.Result, error) {
	s, err := t.prepare(query)
	if err != nil {
		return nil, err
	}
	return s.Exec(args...)
}

// row implements querier.
func (t *tx) row(query string, args ...any) scanner {
	s, err := t.prepare(query)
	if err != nil {
		return failed{err}
	}
	return s.QueryRow(args...)
}

// rows implements querier.
func (t *tx) rows(query string, args ...any) (*sql.Rows, error) {
	s, err := t.prepare(query)
	if err != nil {
		return nil, err
	}
	return s.Query(args...)
}

// abort ends the transaction if there still is one.
func (t *tx) abort() {
	// The only error is that SQLite has ended it already.
	_ = t.exec("ROLLBACK")
}

func (t *tx) close() error {
	var errs []error
	for _, s := range t.statements {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, t.conn.Close())...)
}

// A querier reads: the writer within its transaction (tx), or a reader (reader).
type querier interface {
	row(query string, args ...any) scanner
	rows(query string, args ...any) (*sql.Rows, error)
}

// A scanner is one row: of sql.Row, or the current one of sql.Rows.
type scanner interface{ Scan(dest ...any) error }

// failed is a row that could not be asked for.
type failed struct{ err error }

func (f failed) Scan(...any) error { return f.err }

// A reader reads the last commit through the pool.
type reader struct {
	ctx context.Context
	db  *sql.DB
}

func (s *Store) reader(ctx context.Context) reader { return reader{ctx, s.read} }

func (r reader) row(query string, args ...any) scanner {
	return r.db.QueryRowContext(r.ctx, query, args...)
}

func (r reader) rows(query string, args ...any) (*sql.Rows, error) {
	return r.db.QueryContext(r.ctx, query, args...)
}

// collect returns what scan makes of every row.
func collect[T any](rows *sql.Rows, err error, scan func(scanner) (T, error)) ([]T, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close() // Err below tells all there is
	var list []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, rows.Err()
}
