package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
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
