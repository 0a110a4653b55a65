package standard

import (
	"context"
	"fmt"
	"io"

	"madang/internal/sqlstore"
	"madang/server"
	"madang/server/cli"
	"madang/store/postgres"
	"madang/store/sqlite"
)

// migrate is the command that changes the tables of the store.
type migrate struct {
	Up     migrateUp     `cmd:"" help:"Bring the store's tables up to date. The server does it too when it starts, unless postgres.migrate says not to."`
	Status migrateStatus `cmd:"" help:"Show which changes of its tables the store has had, and which it lacks. Nothing is changed."`
}

// migrateFlags are those of both.
type migrateFlags struct {
	DataDir string `help:"Data directory of the server, in development mode." placeholder:"DIR"`
}

// A migrator knows one store's tables.
type migrator struct {
	status func(context.Context) (sqlstore.Version, error)
	up     func(context.Context) (applied []string, err error)
}

// migrator returns that of the store that the settings choose.
func (f migrateFlags) migrator(c *cli.Context) (migrator, error) {
	set, err := c.Load(server.Flag{Name: "--data-dir", Key: "data_dir", Value: f.DataDir})
	if err != nil {
		return migrator{}, err
	}
	c.Warn(set)
	if usesPostgres(set) {
		p, err := server.SectionOf[postgres.Config](set)
		if err != nil {
			return migrator{}, err
		}
		return migrator{
			status: func(ctx context.Context) (sqlstore.Version, error) { return postgres.Version(ctx, *p) },
			up:     func(ctx context.Context) ([]string, error) { return postgres.Migrate(ctx, *p) },
		}, nil
	}
	s, err := server.SectionOf[sqlite.Config](set)
	if err != nil {
		return migrator{}, err
	}
	return migrator{
		status: func(ctx context.Context) (sqlstore.Version, error) { return sqlite.Version(ctx, *s) },
		up: func(ctx context.Context) ([]string, error) {
			if err := set.Prepare(); err != nil {
				return nil, err
			}
			return sqlite.Migrate(ctx, *s)
		},
	}, nil
}

// migrateUp is the command "migrate up".
type migrateUp struct {
	migrateFlags
}

// Run prints what was done.
func (m *migrateUp) Run(c *cli.Context) error {
	store, err := m.migrator(c)
	if err != nil {
		return err
	}
	applied, err := store.up(c.Soft)
	list(c.Stdout, "applied", applied)
	if err == nil && len(applied) == 0 {
		fmt.Fprintln(c.Stdout, "The tables were up to date.")
	}
	return err
}

// migrateStatus is the command "migrate status".
type migrateStatus struct {
	migrateFlags
}

// Run prints a line for each migration.
func (m *migrateStatus) Run(c *cli.Context) error {
	store, err := m.migrator(c)
	if err != nil {
		return err
	}
	v, err := store.status(c.Soft)
	if err != nil {
		return err
	}
	list(c.Stdout, "applied", v.Applied)
	list(c.Stdout, "pending", v.Pending)
	return nil
}

func list(w io.Writer, word string, names []string) {
	for _, name := range names {
		fmt.Fprintln(w, word, name)
	}
}
