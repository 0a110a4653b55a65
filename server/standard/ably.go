package standard

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"madang"
	"madang/chat"
	"madang/dialect/ably"
	"madang/dialect/ably/rest"
	"madang/dialect/ably/token"
	"madang/server"
)

// AblyKeys are the settings of who may come by the Ably protocol, and what they may do.
type AblyKeys struct {
	// Keys limit the apps' keys at this protocol. They are called as Ably's clients call them: the id of the app, a dot and
	// the key's name. A key that is not named here may do everything in its app, and its tokens cannot be revoked.
	Keys map[string]token.Rights `yaml:"keys"`
	// Lenient takes two mistakes that are easily made around an application's own login tokens: a token that is renewed
	// without the client id keeps the one of the connection, and a JWT may outlive the token embedded in it, which ends on
	// its own time all the same.
	Lenient bool `yaml:"lenient"`
}

func ablyKeysDefaults() AblyKeys { return AblyKeys{} }

// openAblyKeys opens the guard of the Ably protocol.
func openAblyKeys(_ context.Context, s *server.Site, c AblyKeys) (*ablyGuard, error) {
	keys, err := token.FromApps(s.Apps, c.Keys)
	if err != nil {
		return nil, fmt.Errorf("auth.ably.keys: %w", err)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Keys)) {
		if _, ok := keys.Key(name); !ok {
			return nil, fmt.Errorf("auth.ably.keys: there is no key %q; write the app's id, a dot and the name of one of its keys", name)
		}
	}
	common, err := server.Find[*commons](s)
	if err != nil {
		return nil, err
	}
	ended := &endedSignIns{Revocations: token.NewMemoryRevocations(time.Now)}
	authority := token.New(token.Config{Keys: keys, Nonces: common.nonces, Revocations: ended, Lenient: c.Lenient, Log: s.Log})
	return &ablyGuard{Guard: ably.NewGuard(authority), authority: authority, ended: ended, capability: ably.NewPolicy()}, nil
}

// An ablyGuard knows the clients of the Ably protocol, and is the first policy to be asked about them: others have rules for
// clients that bring no capability.
type ablyGuard struct {
	madang.Guard
	authority  *token.Authority
	ended      *endedSignIns
	capability madang.Policy
	chat       *chat.Feature // nil until the parts are joined
}

// Offers implements server.Offerer.
func (g *ablyGuard) Offers() []any { return []any{g.authority} }

// AblyConfig is the section of the Ably dialect.
type AblyConfig struct {
	ably.Config `yaml:",inline"`

	// Enabled answers clients of the Ably protocol. It keeps messages of all channels for a while.
	Enabled bool `yaml:"enabled"`
	// REST is the interface for backends and clients without a connection.
	REST rest.Config `yaml:"rest"`
}

func ablyDefaults() AblyConfig {
	return AblyConfig{Config: ably.Defaults(), Enabled: true, REST: rest.Defaults()}
}

// Validate reports what cannot work.
func (c AblyConfig) Validate() error {
	err := c.Config.Validate()
	if e := c.REST.Validate(); e != nil {
		err = errors.Join(err, fmt.Errorf("rest: %w", e))
	}
	return err
}

// openAbly opens the dialect of Ably's clients.
func openAbly(_ context.Context, s *server.Site, c AblyConfig) (*ablyServer, error) {
	if !c.Enabled {
		return nil, server.ErrOff
	}
	authority, err := server.Find[*token.Authority](s)
	if err != nil {
		return nil, err
	}
	guard, err := server.Find[*ablyGuard](s)
	if err != nil {
		return nil, err
	}
	rooms := ablyRooms{person: guard.ended.asPerson, calls: callsOf(s)}
	if rooms.tongues, err = server.Find[*tongues](s); err != nil {
		return nil, err
	}
	if rooms.chat, err = server.Find[*chat.Feature](s); err != nil {
		return nil, err
	}
	common, err := server.Find[*commons](s)
	if err != nil {
		return nil, err
	}
	live, err := ably.New(s.Hub, c.Config, ably.Options{
		Apps: s.Apps, Authority: authority, Publish: rooms.publish, Kept: rooms.chat.Keeps, Others: common.published, Log: s.Log,
	})
	if err != nil {
		return nil, err
	}
	api, err := rest.New(s.Hub, c.REST, rest.Options{
		Authority: authority, Apps: s.Apps, Connection: live.Connection, Publish: rooms.publish, Changes: live.Changes(), Repeats: live.Repeats(), Revoked: live.Revoked, Log: s.Log,
	})
	if err != nil {
		return nil, err
	}
	return &ablyServer{live: live, api: api}, nil
}

// An ablyServer is the part: the two interfaces share an address, as Ably's clients expect.
type ablyServer struct {
	live *ably.Server
	api  *rest.API
}

// Start implements server.Starter.
func (a *ablyServer) Start(ctx context.Context) error { return a.live.Start(ctx) }

// Close implements io.Closer.
func (a *ablyServer) Close() error { return a.live.Close() }

// Observer implements server.Observer.
func (a *ablyServer) Observer() *madang.Observer { return &madang.Observer{Lost: a.live.Missed} }

// Retain implements server.Retainer.
func (a *ablyServer) Retain(c madang.Channel) madang.Retention { return a.live.Retain(c) }

// Claims implements server.Claimer: pages have the same root.
func (a *ablyServer) Claims(r *http.Request) bool { return a.live.Claims(r) || a.api.Claims(r) }

// Routes implements server.Router.
func (a *ablyServer) Routes() map[string]http.Handler {
	all := a.api.Routes()
	for pattern, h := range a.live.Routes() {
		other := all["/"] // for what is at the pattern of the one and meant for the other
		all[pattern] = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if a.live.Claims(r) {
				h.ServeHTTP(w, r)
				return
			}
			other.ServeHTTP(w, r)
		})
	}
	return all
}
