package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"madang/internal/retry"
	"madang/internal/sqlstore"
)

// A tx is a transaction on a connection.
type tx struct {
	ctx  context.Context
	conn *pgx.Conn
}

// Exec implements sqlstore.Tx.
func (t *tx) Exec(query string, args ...any) (int64, error) {
	tag, err := t.conn.Exec(t.ctx, numbered(query), args...)
	return tag.RowsAffected(), err
}

// Row implements sqlstore.Querier.
func (t *tx) Row(query string, args ...any) sqlstore.Scanner {
	return t.conn.QueryRow(t.ctx, numbered(query), args...)
}

// Rows implements sqlstore.Querier.
func (t *tx) Rows(query string, args ...any) (sqlstore.Rows, error) {
	rows, err := t.conn.Query(t.ctx, numbered(query), args...)
	if err != nil {
		return nil, err
	}
	return rowsOf{rows, func() {}}, nil
}

// How often a transaction is run at most: if others are in its way, and if it was about to make what somebody else has just
// made, or to refer to what has just gone, of which its next run will know.
const (
	maxConflicts = 12
	maxLost      = 3
)

// backoff is the wait between the runs of a transaction.
func backoff() retry.Backoff {
	return retry.Backoff{First: 2 * time.Millisecond, Most: 200 * time.Millisecond}
}

// update runs f in a transaction and returns when what it wrote is committed, or its error when it is undone. The context
// counts until there is a connection; what has begun is finished, within the bound of a call.
func (s *Store) update(ctx context.Context, op string, f func(*tx) error) error {
	return s.explain(op, s.again(ctx, func() error {
		return s.transact(ctx, func(t *tx) error {
			if _, err := t.conn.Exec(t.ctx, "begin"); err != nil {
				return err
			}
			if err := f(t); err != nil {
				return err
			}
			tag, err := t.conn.Exec(t.ctx, "commit")
			return committed(tag, err)
		})
	}))
}

// again runs do until it succeeds, or fails for a reason that another run would not mend.
func (s *Store) again(ctx context.Context, do func() error) error {
	for run := 1; ; run++ {
		err := do()
		if err == nil || run >= runs(err) {
			return err
		}
		if err := retry.Sleep(ctx, backoff().After(run)); err != nil {
			return context.Cause(ctx)
		}
	}
}

// runs returns how often a transaction that ended in err is run at most.
func runs(err error) int {
	var pg *pgconn.PgError
	switch {
	case errors.Is(err, errUnknown):
		return 1
	case !errors.As(err, &pg):
		if broken(err) {
			return maxLost // the connection was lost before the commit was asked for: nothing has happened
		}
		return 1
	case pg.Code == "40001" || pg.Code == "40P01": // not serializable; a deadlock
		return maxConflicts
	case pg.Code == "23505" || pg.Code == "23503": // a unique key; a foreign key
		return maxLost
	}
	return 1
}

// transact lends f a connection, on which f begins and commits a transaction. If it fails the transaction is undone.
func (s *Store) transact(ctx context.Context, f func(*tx) error) error {
	conn, err := s.acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release() // a connection that is broken, or still in a transaction, is closed by it
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), s.bound())
	defer done()
	if err = f(&tx{ctx, conn.Conn()}); err != nil && !conn.Conn().IsClosed() && conn.Conn().PgConn().TxStatus() != 'I' {
		// What could not be undone ends with the connection.
		if _, undo := conn.Exec(ctx, "rollback"); undo != nil {
			return errors.Join(err, undo)
		}
	}
	return err
}

// acquire waits for a connection, no longer than a call may take.
func (s *Store) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	if err := s.open(); err != nil {
		return nil, err
	}
	limited, done := context.WithTimeout(ctx, s.timeout)
	defer done()
	conn, err := s.pool.Acquire(limited)
	switch {
	case err == nil:
		return conn, nil
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case s.closed.Load():
		return nil, s.open()
	case errors.Is(err, context.DeadlineExceeded):
		return nil, fmt.Errorf("no connection within %v, %d are in use: %w", s.timeout, s.pool.Stat().AcquiredConns(), err)
	}
	return nil, err
}

// errUnknown says that a connection was lost while a commit was under way.
var errUnknown = errors.New("the connection was lost during the commit: whether it was stored is not known")

// committed judges the answer to "commit".
func committed(tag pgconn.CommandTag, err error) error {
	// 57P: the server was told to stop.
	if pg := (*pgconn.PgError)(nil); err != nil && (!errors.As(err, &pg) || strings.HasPrefix(pg.Code, "57P")) {
		return fmt.Errorf("%w: %w", errUnknown, err)
	}
	if err == nil && tag.String() != "COMMIT" {
		return fmt.Errorf("the transaction was undone (%s)", tag)
	}
	return err
}

// commitBatch runs statements and commits, in one round trip.
func commitBatch(t *tx, q *pgx.Batch) error {
	var tag pgconn.CommandTag
	q.Queue("commit").Exec(func(ct pgconn.CommandTag) error {
		tag = ct
		return nil
	})
	err := t.conn.SendBatch(t.ctx, q).Close()
	// If a statement failed, what follows was not run, and the error is its.
	return committed(tag, err)
}
