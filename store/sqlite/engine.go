package sqlite

import (
	"context"
	"database/sql"

	"madang/internal/sqlstore"
)

// Chat returns the part of the database that chat uses. It is open as long as the Store is.
func (s *Store) Chat() sqlstore.Chat { return sqlstore.NewChat(engine{s}) }

// Accounts returns the part of the database that accounts use. It is open as long as the Store is.
func (s *Store) Accounts() sqlstore.Accounts { return sqlstore.NewAccounts(engine{s}) }

// Devices returns the part of the database that hubs and devices use. It is open as long as the Store is.
func (s *Store) Devices() sqlstore.Devices { return sqlstore.NewDevices(engine{s}) }

// An engine is the Store for the statements of package sqlstore.
type engine struct{ store *Store }

// Update implements sqlstore.Engine.
func (e engine) Update(ctx context.Context, op string, f func(sqlstore.Tx) error) error {
	return e.store.update(ctx, op, func(t *tx) error { return f(t) })
}

// Reader implements sqlstore.Engine.
func (e engine) Reader(ctx context.Context) sqlstore.Querier { return reader{ctx, e.store.read} }

// Explain implements sqlstore.Engine.
func (e engine) Explain(op string, err error) error { return e.store.explain(op, err) }

// Words implements sqlstore.Engine. There is one writer, so nothing has to be locked.
func (engine) Words() sqlstore.Words {
	return sqlstore.Words{
		Texts: `SELECT value FROM json_each(?)`,
		Index: ` INDEXED BY `,
	}
}

// A reader reads the last commit through the pool.
type reader struct {
	ctx context.Context
	db  *sql.DB
}

// Row implements sqlstore.Querier.
func (r reader) Row(query string, args ...any) sqlstore.Scanner {
	return r.db.QueryRowContext(r.ctx, query, args...)
}

// Rows implements sqlstore.Querier.
func (r reader) Rows(query string, args ...any) (sqlstore.Rows, error) {
	return orNil(r.db.QueryContext(r.ctx, query, args...))
}

// orNil keeps a nil pointer from becoming an interface that is not nil.
func orNil(rows *sql.Rows, err error) (sqlstore.Rows, error) {
	if err != nil {
		return nil, err
	}
	return rows, nil
}
