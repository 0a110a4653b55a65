package postgres

import (
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Config is what can be set about the store.
type Config struct {
	// URL is the address: postgres://user:password@host:5432/database. Behind a "?" it may say sslmode=verify-full and
	// sslrootcert=FILE for TLS, search_path=SCHEMA for another schema than the user's own, several hosts separated by commas with
	// target_session_attrs=read-write, default_query_exec_mode=exec for PgBouncer, and what else PostgreSQL's own clients
	// know, whose environment (PGPASSWORD, PGPASSFILE, …) counts too. The server sets it from store.url.
	URL string `secret:"url"`
	// Connections is how many connections a node opens at most. All nodes together must stay below max_connections of
	// PostgreSQL.
	Connections int
	// Timeout is how long one statement may take in PostgreSQL, waiting for others included, and how long a call waits for a
	// connection. What takes longer is undone.
	Timeout time.Duration
	// ConnectTimeout is how long making a connection may take.
	ConnectTimeout time.Duration
	// Migrate brings the tables up to date when the server starts. Without it the server does not start until "madang migrate
	// up" has done that.
	Migrate bool
	// MaxBatch is how many messages of a room are stored in one commit at most.
	MaxBatch int
}

// Defaults returns the configuration for when only the URL is known.
func Defaults() Config {
	return Config{Connections: 16, Timeout: 10 * time.Second, ConnectTimeout: 5 * time.Second, Migrate: true, MaxBatch: 256}
}

// Validate reports what cannot work.
func (c Config) Validate() error {
	var errs []error
	if _, err := pgxpool.ParseConfig(c.URL); c.URL != "" && err != nil {
		errs = append(errs, err) // it has no password in it
	}
	if c.URL == "" {
		errs = append(errs, errors.New("url is empty, give one such as postgres://user:password@host:5432/database"))
	}
	if c.Connections < 2 {
		errs = append(errs, fmt.Errorf("connections is %d, must be at least 2", c.Connections))
	}
	if c.Timeout < 100*time.Millisecond {
		errs = append(errs, fmt.Errorf("timeout is %v, must be at least 100ms", c.Timeout))
	}
	if c.ConnectTimeout < 100*time.Millisecond {
		errs = append(errs, fmt.Errorf("connect_timeout is %v, must be at least 100ms", c.ConnectTimeout))
	}
	if c.MaxBatch < 1 {
		errs = append(errs, fmt.Errorf("max_batch is %d, must be at least 1", c.MaxBatch))
	}
	return errors.Join(errs...)
}
