package postgres

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"madang/internal/sqlstore"
)

// An engine is the Store for the statements of package sqlstore.
type engine struct{ store *Store }

// Update implements sqlstore.Engine.
func (e engine) Update(ctx context.Context, op string, f func(sqlstore.Tx) error) error {
	return e.store.update(ctx, op, func(t *tx) error { return f(t) })
}

// Reader implements sqlstore.Engine.
func (e engine) Reader(ctx context.Context) sqlstore.Querier { return reader{ctx, e.store} }

// Explain implements sqlstore.Engine.
func (e engine) Explain(op string, err error) error { return e.store.explain(op, err) }

// Words implements sqlstore.Engine.
func (engine) Words() sqlstore.Words {
	return sqlstore.Words{Lock: ` FOR UPDATE`, Texts: `SELECT json_array_elements_text(CAST(? AS json))`}
}

// numbered writes parameters as PostgreSQL does: "$1" for "?1", and for "?" by their order. Nothing in package sqlstore has a
// question mark that is something else.
func numbered(query string) string {
	var b strings.Builder
	b.Grow(len(query) + 16)
	n := 0
	for {
		before, after, found := strings.Cut(query, "?")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		b.WriteByte('$')
		if query = after; query == "" || query[0] < '0' || query[0] > '9' {
			n++
			b.WriteString(strconv.Itoa(n))
		}
	}
}

// A reader reads what is committed, each query for itself.
type reader struct {
	ctx   context.Context
	store *Store
}

// Row implements sqlstore.Querier.
func (r reader) Row(query string, args ...any) sqlstore.Scanner {
	if err := r.store.open(); err != nil {
		return failed{err}
	}
	ctx, done := context.WithTimeout(r.ctx, r.store.bound())
	return row{r.store.pool.QueryRow(ctx, numbered(query), args...), done}
}

// Rows implements sqlstore.Querier.
func (r reader) Rows(query string, args ...any) (sqlstore.Rows, error) {
	if err := r.store.open(); err != nil {
		return nil, err
	}
	ctx, done := context.WithTimeout(r.ctx, r.store.bound())
	rows, err := r.store.pool.Query(ctx, numbered(query), args...)
	if err != nil {
		done()
		return nil, err
	}
	return rowsOf{rows, done}, nil
}

// A row is one whose query ends with its Scan.
type row struct {
	pgx.Row
	done context.CancelFunc
}

// Scan implements sqlstore.Scanner. What is looked for by a text that no row can have is not there.
func (r row) Scan(dest ...any) error {
	defer r.done()
	err := r.Row.Scan(dest...)
	if pg := (*pgconn.PgError)(nil); errors.As(err, &pg) && unkept(pg.Code) != nil {
		return pgx.ErrNoRows
	}
	return err
}

// failed is a row that could not be asked for.
type failed struct{ err error }

// Scan implements sqlstore.Scanner.
func (f failed) Scan(...any) error { return f.err }
