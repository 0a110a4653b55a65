package sqlite

import "context"

// Ready reports whether the database can be written. It costs nothing as long as nobody was let down by the file; after
// that it writes a quarter of a megabyte and drops it again, until that works: on a full disk the server is to get no new
// clients, and it comes back by itself when there is room.
func (s *Store) Ready(ctx context.Context) error {
	if !s.ailing.Load() {
		return nil
	}
	err := s.update(ctx, "check", func(t *tx) error {
		// Not through prepared statements: they would be kept, and are for a table that is gone.
		_, err := t.conn.ExecContext(ctx, "CREATE TABLE probe (x); INSERT INTO probe VALUES (zeroblob(262144)); DROP TABLE probe")
		return err
	})
	if err == nil {
		s.ailing.Store(false)
	}
	return err
}
