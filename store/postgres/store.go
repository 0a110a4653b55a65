package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/pgxpool"

	"madang/internal/sqlstore"
)

// A Store is an open database. Its parts, such as Chat, implement the features' own Store interfaces.
type Store struct {
	pool    *pgxpool.Pool
	where   string // host, port and database, for errors
	timeout time.Duration
	lanes   *lanes
	closed  atomic.Bool
}

// Open connects to the database and looks whether it will do: its tables are made or brought up to date, unless the
// configuration says not to, and it must keep what it says it has kept. Open fails if a newer version of this program has
// changed the tables.
func Open(ctx context.Context, c Config) (*Store, error) {
	s, err := connect(ctx, c)
	if err != nil {
		return nil, err
	}
	if err := s.prepare(ctx, c); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// connect makes the pool, and one connection to see that it can.
func connect(ctx context.Context, c Config) (*Store, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	conf, err := poolConfig(c)
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(context.WithoutCancel(ctx), conf)
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	to := conf.ConnConfig
	s := &Store{pool: pool, timeout: c.Timeout, where: fmt.Sprintf("database %q at %s:%d", to.Database, to.Host, to.Port)}
	s.lanes = newLanes(s, c.MaxBatch)
	if err := pool.Ping(ctx); err != nil {
		return nil, errors.Join(s.explain("connect", err), s.Close())
	}
	return s, nil
}

// poolConfig is the pool's configuration. What the URL says of the session counts more than what is said here.
func poolConfig(c Config) (*pgxpool.Config, error) {
	conf, err := pgxpool.ParseConfig(c.URL)
	if err != nil {
		return nil, fmt.Errorf("postgres: %w", err)
	}
	conf.MaxConns = int32(min(c.Connections, 10_000))
	conf.PingTimeout = c.ConnectTimeout
	to := conf.ConnConfig
	to.ConnectTimeout = c.ConnectTimeout
	limit := strconv.FormatInt(c.Timeout.Milliseconds(), 10)
	for name, value := range map[string]string{
		"application_name":  "madang",
		"statement_timeout": limit,
		// A node that stands still, or has lost its network, must not keep a room from all others.
		"idle_in_transaction_session_timeout": limit,
		"TimeZone":                            "UTC",
	} {
		if _, ok := to.RuntimeParams[name]; !ok {
			to.RuntimeParams[name] = value
		}
	}
	// Who gives up asks the server to stop too, and the connection remains.
	to.BuildContextWatcherHandler = func(conn *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{Conn: conn, DeadlineDelay: time.Second}
	}
	return conf, nil
}

// prepare sees to the tables.
func (s *Store) prepare(ctx context.Context, c Config) error {
	if c.Migrate {
		if _, err := s.migrate(ctx, migrations()); err != nil {
			return err
		}
	}
	v, err := s.version(ctx, migrations())
	if err != nil {
		return err
	}
	if len(v.Pending) > 0 {
		return fmt.Errorf("postgres: %s is not up to date, it lacks %v: run \"madang migrate up\", or set postgres.migrate", s.where, v.Pending)
	}
	return s.trust(ctx)
}

// trust refuses a database that would lose or spoil what it is given.
func (s *Store) trust(ctx context.Context) error {
	var encoding, commit string
	err := s.pool.QueryRow(ctx, `SELECT current_setting('server_encoding'), current_setting('synchronous_commit')`).Scan(&encoding, &commit)
	if err != nil {
		return s.explain("look at the settings of", err)
	}
	if encoding != "UTF8" {
		return fmt.Errorf("postgres: %s has the encoding %s, it must be UTF8: make a new one (CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0)",
			s.where, encoding)
	}
	if _, asked := s.pool.Config().ConnConfig.RuntimeParams["synchronous_commit"]; commit == "off" && !asked {
		return fmt.Errorf("postgres: %s has synchronous_commit off: what was acknowledged could be lost; turn it on, or say synchronous_commit in the URL", s.where)
	}
	return nil
}

// bound is how long a call may take in all. It is longer than PostgreSQL lets one statement take, whose error says more; what it
// bounds is the silence of a network.
func (s *Store) bound() time.Duration { return 2 * s.timeout }

// Close waits for what is being done and closes the connections. Every other call fails from then on with os.ErrClosed.
// Closing again does nothing.
func (s *Store) Close() error {
	if !s.closed.Swap(true) {
		s.lanes.close()
		s.pool.Close()
	}
	return nil
}

// Ready reports whether the database can be read and written. It asks each time.
func (s *Store) Ready(ctx context.Context) error {
	ctx, done := context.WithTimeout(ctx, s.bound())
	defer done()
	var readOnly bool
	err := s.pool.QueryRow(ctx, `SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only') = 'on'`).Scan(&readOnly)
	if err == nil && readOnly {
		err = errors.New("the server is read-only: it is a standby; name the primary too and target_session_attrs=read-write in the URL")
	}
	return s.explain("check", err)
}

// Accounts returns the part of the database that accounts use. It is open as long as the Store is.
func (s *Store) Accounts() sqlstore.Accounts { return sqlstore.NewAccounts(engine{s}) }

// Devices returns the part of the database that hubs and devices use. It is open as long as the Store is.
func (s *Store) Devices() sqlstore.Devices { return sqlstore.NewDevices(engine{s}) }

// open returns os.ErrClosed after Close.
func (s *Store) open() error {
	if s.closed.Load() {
		return os.ErrClosed
	}
	return nil
}

// rowsOf makes rows of pgx those of package sqlstore.
type rowsOf struct {
	pgx.Rows
	done context.CancelFunc
}

// Close implements sqlstore.Rows.
func (r rowsOf) Close() error {
	r.Rows.Close()
	r.done()
	return nil
}
