package sqlstore

import "context"

// A store is an engine with short ways to use it.
type store struct{ Engine }

// update is Engine.Update for a function of this package.
func (s store) update(ctx context.Context, op string, f func(*tx) error) error {
	words := s.Words()
	return s.Update(ctx, op, func(e Tx) error { return f(&tx{e, words.Lock}) })
}

func (s store) reader(ctx context.Context) reader { return reader{s.Reader(ctx)} }

func (s store) explain(op string, err error) error { return s.Explain(op, err) }

// A querier reads: within a transaction (tx), or what is committed (reader).
type querier interface {
	row(query string, args ...any) Scanner
	rows(query string, args ...any) (Rows, error)
	// lock ends a query for a row by which something will be decided.
	lock() string
}

// A reader reads what is committed.
type reader struct{ q Querier }

func (r reader) row(query string, args ...any) Scanner { return r.q.Row(query, args...) }

func (r reader) rows(query string, args ...any) (Rows, error) { return r.q.Rows(query, args...) }

func (reader) lock() string { return "" }

// A tx is a transaction.
type tx struct {
	e        Tx
	lockWord string
}

func (t *tx) row(query string, args ...any) Scanner { return t.e.Row(query, args...) }

func (t *tx) rows(query string, args ...any) (Rows, error) { return t.e.Rows(query, args...) }

func (t *tx) lock() string { return t.lockWord }

// unlocked reads within the transaction, and keeps what it finds from nobody.
func (t *tx) unlocked() reader { return reader{t.e} }

// exec runs a statement.
func (t *tx) exec(query string, args ...any) error {
	_, err := t.e.Exec(query, args...)
	return err
}

// changes runs a statement and returns the number of rows it changed.
func (t *tx) changes(query string, args ...any) (int64, error) { return t.e.Exec(query, args...) }

// collect returns what scan makes of every row.
func collect[T any](rows Rows, err error, scan func(Scanner) (T, error)) ([]T, error) {
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
