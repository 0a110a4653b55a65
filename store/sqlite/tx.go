package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"madang/internal/sqlstore"
)

// A tx is the writer's connection within a transaction. It belongs to the writer's goroutine. It has no contexts: what the
// writer has begun is finished.
type tx struct {
	conn       *sql.Conn
	statements map[string]*sql.Stmt // prepared, by their text: there are as many as there are statements
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

// Exec implements sqlstore.Tx.
func (t *tx) Exec(query string, args ...any) (int64, error) {
	r, err := t.run(query, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// exec runs a statement.
func (t *tx) exec(query string) error {
	_, err := t.run(query)
	return err
}

func (t *tx) run(query string, args ...any) (sql.Result, error) {
	s, err := t.prepare(query)
	if err != nil {
		return nil, err
	}
	return s.Exec(args...)
}

// Row implements sqlstore.Querier.
func (t *tx) Row(query string, args ...any) sqlstore.Scanner {
	s, err := t.prepare(query)
	if err != nil {
		return failed{err}
	}
	return s.QueryRow(args...)
}

// Rows implements sqlstore.Querier.
func (t *tx) Rows(query string, args ...any) (sqlstore.Rows, error) {
	s, err := t.prepare(query)
	if err != nil {
		return nil, err
	}
	return orNil(s.Query(args...))
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

// failed is a row that could not be asked for.
type failed struct{ err error }

func (f failed) Scan(...any) error { return f.err }
