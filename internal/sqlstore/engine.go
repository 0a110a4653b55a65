package sqlstore

import "context"

// An Engine runs statements on a database. Parameters are written "?", or "?1", "?2", … where one is used twice; a
// statement has only one of the two kinds. A row that there is not is an [database/sql.ErrNoRows].
type Engine interface {
	// Update runs f in a transaction and returns when what it wrote is committed, or f's error when it is undone. It may run
	// f again, after undoing it, if another transaction was in the way. op says what is done, for errors.
	Update(ctx context.Context, op string, f func(Tx) error) error
	// Reader reads what is committed.
	Reader(ctx context.Context) Querier
	// Explain wraps an error of reading with what was attempted. It returns nil for nil.
	Explain(op string, err error) error
	// Words are the engine's own.
	Words() Words
}

// Words are where databases say the same thing differently.
type Words struct {
	// Lock ends a query within a transaction that keeps the row it finds from all other transactions. Empty: there are no
	// others.
	Lock string
	// Texts is a query for the texts in a JSON array, which is its parameter.
	Texts string
	// Index comes before the name of an index, behind that of its table, where the database would choose a worse one. Empty:
	// it has to find it by itself.
	Index string
}

// by names an index.
func (w Words) by(index string) string {
	if w.Index == "" {
		return ""
	}
	return w.Index + index
}

// A Tx is a transaction.
type Tx interface {
	Querier
	// Exec runs a statement and returns how many rows it changed.
	Exec(query string, args ...any) (int64, error)
}

// A Querier reads.
type Querier interface {
	// Row asks for one row. All errors come from its Scan.
	Row(query string, args ...any) Scanner
	// Rows asks for any number.
	Rows(query string, args ...any) (Rows, error)
}

// A Scanner is one row.
type Scanner interface{ Scan(dest ...any) error }

// Rows are what *sql.Rows is. After Next has returned false, Err tells whether that was all.
type Rows interface {
	Scanner
	Next() bool
	Err() error
	Close() error
}
