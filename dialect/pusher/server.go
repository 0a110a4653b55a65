package pusher

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"

	"madang"
	"madang/internal/beats"
	"madang/internal/convention"
	"madang/internal/socket"
)

// Options are what a Server works with besides its configuration.
type Options struct {
	// Apps are the tenants whose keys clients may name. It must not be nil.
	Apps *madang.Apps
	// Remote returns a client's address; nil: the one of the connection.
	Remote func(*http.Request) string
	Log    *slog.Logger
}

// A Server accepts clients of the Pusher protocol at /app/{key}. It is an [http.Handler], and a [madang.Policy] for its
// clients.
type Server struct {
	hub     *madang.Hub
	cfg     Config
	o       Options
	log     *slog.Logger
	pool    socket.Pool
	beats   *beats.Queue[client] // of heartbeats
	counts  counts
	policy  madang.Policy
	pong    []byte                                                             // the answer to pusher:ping
	take    func(context.Context, *madang.Conn, *madang.Message) (bool, error) // see OnClientEvent; nil: nobody does
	missed  func(madang.Channel)
	counted func(madang.Channel, int) // may be nil

	mu      sync.Mutex
	tenants map[string]*tenant // by id of the app
}

// A tenant is an app that has had clients here.
type tenant struct {
	app     *madang.App
	visitor *madang.Principal // of all its clients who have not signed in
	conns   atomic.Int64
}

// New returns a Server on a hub.
func New(hub *madang.Hub, cfg Config, o Options) (*Server, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("pusher: %w", err)
	}
	if o.Apps == nil {
		return nil, errors.New("pusher: Options.Apps is nil; without apps nobody can connect")
	}
	s := &Server{hub: hub, cfg: cfg, o: o, log: o.Log, policy: NewPolicy(o.Apps), pong: pongUnit(), tenants: map[string]*tenant{}}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.o.Remote == nil {
		s.o.Remote = func(r *http.Request) string { return r.RemoteAddr }
	}
	s.beats = beats.New(func(c *client) *beats.Turn { return &c.turn }, (*client).beat)
	s.counts.init(s)
	return s, nil
}

// OnCacheMiss calls f for each subscriber to a cache channel that keeps nothing, so that a backend can fill it. f must not
// wait. It is set before clients come.
func (s *Server) OnCacheMiss(f func(madang.Channel)) { s.missed = f }

// OnClientEvent gives f each event that a client publishes, after the limits and before the rules for client events. If f takes it,
// it is not published; the client is told of f's error. It is set before clients come.
func (s *Server) OnClientEvent(f func(context.Context, *madang.Conn, *madang.Message) (taken bool, err error)) {
	s.take = f
}

// OnSubscriptionCount calls f with the number of a channel's subscribers when it has changed, for apps that want that told.
// f must not wait. It is set before clients come.
func (s *Server) OnSubscriptionCount(f func(madang.Channel, int)) { s.counted = f }

// Routes returns what the Server answers, for a mux.
func (s *Server) Routes() map[string]http.Handler {
	return map[string]http.Handler{"GET " + s.cfg.Path + "/app/{key}": s}
}

// Guards returns the guard that signing in needs; see [NewGuard].
func (s *Server) Guards() map[string]madang.Guard {
	return map[string]madang.Guard{GuardName: NewGuard(s.o.Apps)}
}

// Authorize implements madang.Policy; see [NewPolicy].
func (s *Server) Authorize(ctx context.Context, r madang.AccessRequest) (*madang.Grant, error) {
	return s.policy.Authorize(ctx, r)
}

// Retain says how much history a channel keeps; see [Config.Retain].
func (s *Server) Retain(c madang.Channel) madang.Retention { return s.cfg.Retain(c) }

// Channel returns the core's channel for a name on the wire: the own channel of a user is not called what it is there.
func Channel(app, name string) madang.Channel {
	if user, ok := convention.UserOf(name); ok {
		return madang.UserChannel(app, user)
	}
	return madang.Channel{App: app, Name: name}
}

// tenant returns what is kept for an app.
func (s *Server) tenant(app *madang.App) *tenant {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tenants[app.ID]
	if t == nil {
		t = &tenant{app: app, visitor: &madang.Principal{App: app.ID, Guard: GuardName}}
		s.tenants[app.ID] = t
	}
	return t
}

// enter counts a connection; false if the app has as many as this node takes of it.
func (t *tenant) enter() bool {
	if most := int64(t.app.Rules.MaxConns); t.conns.Add(1) > most && most > 0 {
		t.conns.Add(-1)
		return false
	}
	return true
}
