package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// A Store is an open database. Its parts, such as Chat, implement the features' own Store interfaces.
type Store struct {
	path   string
	lock   *fileLock
	write  *sql.DB
	writer *writer
	read   *sql.DB
	close  func() error
	ailing atomic.Bool // the file has failed somebody; see Ready
}

// Open opens the database, making it or bringing it up to date as needed. The file is readable by its owner only, as is
// the folder if Open makes it. Open fails if another server has the database open, and if a newer version of this program
// has changed it.
func Open(ctx context.Context, c Config) (*Store, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	path, err := filepath.Abs(c.Path)
	if err != nil {
		return nil, fmt.Errorf("sqlite: open %s: %w", c.Path, err)
	}
	s := &Store{path: path}
	s.close = sync.OnceValue(s.closeParts)
	if err := s.open(ctx, c); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context, c Config) error {
	if err := os.MkdirAll(filepath.Dir(s.path), 0o700); err != nil {
		return s.explainFile("make the folder of", err)
	}
	var err error
	if s.lock, err = lockFile(s.path + ".lock"); err != nil {
		return s.explainFile("open", err)
	}
	// SQLite would make the file readable for everyone; its -wal and -shm files take over these permissions.
	f, err := os.OpenFile(s.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("sqlite: open %s: %w (the server needs to read and write it)", s.path, err)
	}
	if err := f.Close(); err != nil {
		return s.explainFile("open", err)
	}

	if s.write, err = sql.Open("sqlite", dataSource(s.path, c, false)); err != nil {
		return s.explainFile("open", err)
	}
	s.write.SetMaxOpenConns(1)
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return s.explainFile("open", err)
	}
	if err := migrate(ctx, conn, migrations()); err != nil {
		return errors.Join(s.explainFile("open", err), conn.Close())
	}
	s.writer = startWriter(conn, c.MaxBatch)

	if s.read, err = sql.Open("sqlite", dataSource(s.path, c, true)); err != nil {
		return s.explainFile("open", err)
	}
	s.read.SetMaxOpenConns(c.Readers)
	s.read.SetMaxIdleConns(c.Readers)
	if err := s.read.PingContext(ctx); err != nil {
		return s.explainFile("open", err)
	}
	return nil
}

// dataSource returns what the driver is told to open. The path goes in as a URI, in which any file name can be written.
func dataSource(path string, c Config, readOnly bool) string {
	q := url.Values{}
	q.Add("_pragma", fmt.Sprintf("busy_timeout(%d)", c.BusyTimeout.Milliseconds()))
	q.Add("_pragma", "foreign_keys(1)")
	if readOnly {
		q.Add("_pragma", "query_only(1)")
	} else {
		q.Add("_pragma", "journal_mode(WAL)")
		q.Add("_pragma", fmt.Sprintf("synchronous(%s)", c.Sync))
	}
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(path), OmitHost: true, RawQuery: q.Encode()}
	return u.String()
}

// Close finishes what is being written and closes the database. Every other call fails from then on, writing ones with
// os.ErrClosed. Closing again does nothing and returns what it returned.
func (s *Store) Close() error { return s.close() }

func (s *Store) closeParts() error {
	var errs []error
	if s.writer != nil {
		errs = append(errs, s.writer.close())
	}
	if s.read != nil {
		errs = append(errs, s.read.Close())
	}
	if s.write != nil {
		errs = append(errs, s.write.Close())
	}
	if s.lock != nil {
		errs = append(errs, s.lock.unlock())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("sqlite: close %s: %w", s.path, err)
	}
	return nil
}

// update runs f in the writer and returns when what it wrote is committed, or its error when it is undone.
func (s *Store) update(ctx context.Context, op string, f func(*tx) error) error {
	return s.explain(op, s.writer.do(ctx, f))
}
