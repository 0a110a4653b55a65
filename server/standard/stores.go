package standard

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"madang/account"
	"madang/chat"
	"madang/device"
	"madang/device/oauth"
	"madang/device/pairing"
	"madang/server"
	"madang/store/postgres"
	"madang/store/sqlite"
)

// stores is an open store, with one part for each feature.
type stores struct {
	database
	chat     chat.Store
	accounts account.Store
	devices  deviceStore
	shared   bool // several nodes may have it open at once
}

// A database is what all of them are in.
type database interface {
	server.Readier
	io.Closer
}

// A deviceStore keeps what devices at home need.
type deviceStore interface {
	device.Store
	pairing.Store
	oauth.Store
}

// Offers implements server.Offerer.
func (s stores) Offers() []any { return []any{s.chat, s.accounts, s.devices} }

// openSQLite opens the embedded store.
func openSQLite(ctx context.Context, _ *server.Site, c sqlite.Config) (stores, error) {
	s, err := sqlite.Open(ctx, c)
	if err != nil {
		return stores{}, err
	}
	return stores{database: s, chat: s.Chat(), accounts: s.Accounts(), devices: s.Devices()}, nil
}

// openPostgres opens the store of several nodes.
func openPostgres(ctx context.Context, _ *server.Site, c postgres.Config) (stores, error) {
	s, err := postgres.Open(ctx, c)
	if err != nil {
		return stores{}, err
	}
	return stores{database: s, chat: s.Chat(), accounts: s.Accounts(), devices: s.Devices(), shared: true}, nil
}

// besideData puts the embedded store into the data directory unless it is told another place.
func besideData(base *server.Config, c *sqlite.Config) error {
	c.Path = cmp.Or(c.Path, base.StoreAddress(), filepath.Join(base.DataDir, "madang.db"))
	return nil
}

// atAddress tells the store of several nodes where PostgreSQL is.
func atAddress(base *server.Config, c *postgres.Config) error {
	c.URL = cmp.Or(c.URL, base.Store.URL)
	return nil
}

// usesPostgres reports which of the stores the settings choose.
func usesPostgres(set *server.Settings) bool { return set.StoreKind() == "postgres" }

// openStores opens the store that the settings choose, for a command that does without a server.
func openStores(ctx context.Context, set *server.Settings) (stores, error) {
	if usesPostgres(set) {
		c, err := server.SectionOf[postgres.Config](set)
		if err != nil {
			return stores{}, err
		}
		return openPostgres(ctx, nil, *c)
	}
	c, err := server.SectionOf[sqlite.Config](set)
	if err != nil {
		return stores{}, err
	}
	return openSQLite(ctx, nil, *c)
}

// inUse says more about a store that a server has for itself; without is what that server may have been started without.
func inUse(err error, without string) error {
	if errors.Is(err, sqlite.ErrInUse) {
		return fmt.Errorf("%w; if that server has just been started, try again, and if it was started without %s, restart it", err, without)
	}
	return err
}

// checkNodes refuses several nodes on a store that only one can have.
func checkNodes(set *server.Settings) error {
	if !severalNodes(set) || usesPostgres(set) {
		return nil
	}
	return errors.New("store.url: Redis joins several nodes, but SQLite is a file of one of them: the others would know nothing of " +
		"its rooms, people and devices; set store.url to postgres://user:password@host:5432/database, or remove redis.url to have one node")
}

// severalNodes reports whether the settings join this node with others.
func severalNodes(set *server.Settings) bool { return set.Redis.URL != "" }
