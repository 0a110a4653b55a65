package postgres

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"madang/internal/sqlstore"
)

// Empty removes all data and lets ids begin again.
func (s *Store) Empty(ctx context.Context) error {
	_, err := s.pool.Exec(ctx, `DO $$ DECLARE x RECORD; BEGIN
		SET LOCAL session_replication_role = replica; -- in any order
		FOR x IN SELECT tablename AS t FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'madang_migrations' LOOP
			EXECUTE format('DELETE FROM %I', x.t);
		END LOOP;
		PERFORM setval(c.oid::regclass, 1, false) FROM pg_class c WHERE c.relkind = 'S';
	END $$`, pgx.QueryExecModeSimpleProtocol)
	return err
}

// Hold runs statements in a transaction and keeps that open until let is closed. It takes a connection of the store.
func (s *Store) Hold(ctx context.Context, held chan<- error, statement string, let <-chan struct{}) {
	held <- pgx.BeginFunc(ctx, s.pool, func(t pgx.Tx) error {
		_, err := t.Exec(ctx, statement, pgx.QueryExecModeSimpleProtocol)
		held <- err
		<-let
		return nil
	})
}

// AwaitWaiting returns when somebody waits for a lock.
func (s *Store) AwaitWaiting(ctx context.Context) {
	for n := 0; n == 0; time.Sleep(time.Millisecond) {
		if err := s.pool.QueryRow(ctx, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
			AND wait_event_type = 'Lock'`).Scan(&n); err != nil {
			return
		}
	}
}

// OwnFrequent are the queries of this package that are asked all the time.
func OwnFrequent() []sqlstore.Query {
	return []sqlstore.Query{
		{Name: "heads", SQL: headsQuery + lockHeads, Args: []any{0, 10}},
		{Name: "take", SQL: takeQuery, Args: []any{[]int64{1}, 0, 1, "n", 10}},
	}
}

// Plan tells how a query would be run on large tables: on empty ones PostgreSQL reads the whole of them.
func (s *Store) Plan(ctx context.Context, q sqlstore.Query) (plan string, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(t pgx.Tx) error {
		for _, off := range []string{"enable_seqscan", "enable_bitmapscan", "enable_sort"} {
			if _, err := t.Exec(ctx, "SET LOCAL "+off+" = off"); err != nil {
				return err
			}
		}
		lines, err := column[string](rowsOrNil(t.Query(ctx, "EXPLAIN "+numbered(q.SQL), q.Args...)))
		plan = strings.Join(lines, "\n")
		return err
	})
	return plan, err
}

func rowsOrNil(rows pgx.Rows, err error) (sqlstore.Rows, error) {
	if err != nil {
		return nil, err
	}
	return rowsOf{rows, func() {}}, nil
}
