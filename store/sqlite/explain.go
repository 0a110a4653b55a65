package sqlite

import (
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// explain wraps an error of a feature's operation. Only SQLite's own errors have to do with the file.
func (s *Store) explain(op string, err error) error {
	if err == nil {
		return nil
	}
	if e := (*sqlite.Error)(nil); errors.As(err, &e) {
		if advice(e.Code()) != "" {
			s.ailing.Store(true) // see Ready
		}
		return s.explainFile(op, err)
	}
	return fmt.Errorf("%s: %w", op, err)
}

// explainFile wraps an error with what was attempted, the file and, if there is advice, what to do.
func (s *Store) explainFile(op string, err error) error {
	if e := (*sqlite.Error)(nil); errors.As(err, &e) && advice(e.Code()) != "" {
		return fmt.Errorf("sqlite: %s %s: %w (%s)", op, s.path, err, advice(e.Code()))
	}
	return fmt.Errorf("sqlite: %s %s: %w", op, s.path, err)
}

// advice returns what an operator can do about an error code of SQLite, or "".
func advice(code int) string {
	switch code & 0xff { // the rest is detail
	case sqlite3.SQLITE_FULL:
		return "the disk is full: free some space; nothing that was acknowledged is lost"
	case sqlite3.SQLITE_READONLY:
		return "the file or its folder is read-only: make both writable for the server's user"
	case sqlite3.SQLITE_CANTOPEN:
		return "check that the folder exists and that the server's user may write in it"
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return "another program keeps the file locked: end it, or raise busy_timeout"
	case sqlite3.SQLITE_CORRUPT:
		return "the file is damaged: stop the server and restore a backup"
	case sqlite3.SQLITE_NOTADB:
		return "the file is not an SQLite database: check the path"
	case sqlite3.SQLITE_IOERR:
		return "the disk failed to read or write: check the system's log"
	}
	return ""
}
