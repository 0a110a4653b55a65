package ably

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"sync"

	"madang"
	"madang/dialect/ably/mutable"
	"madang/dialect/ably/repeats"
	"madang/dialect/ably/shape"
	"madang/dialect/ably/token"
	"madang/internal/beats"
	"madang/internal/forward"
	"madang/internal/socket"
	"madang/internal/ws"
	"madang/shared"
)

// Options are what a Server works with besides its configuration.
type Options struct {
	// Apps are the tenants. It must not be nil.
	Apps *madang.Apps
	// Authority verifies keys and tokens. It must not be nil.
	Authority *token.Authority
	// Publish is asked first about what clients publish; nil: the hub publishes all of it.
	Publish Publisher
	// Kept reports whether the messages of a channel are kept elsewhere, where alone they can be changed; nil: none's are.
	Kept func(context.Context, madang.Channel) (bool, error)
	// Others remember for all nodes what clients have published under ids of their own; nil: this node by itself. See package
	// repeats.
	Others shared.Keys
	// Remote returns a client's address; nil: the one of the connection.
	Remote func(*http.Request) string
	Log    *slog.Logger
}

// A Publisher may take what a client publishes in one channel, after the policies have allowed it: messages with ids and
// proved senders. Where taken is false they are published as they are; where it is true at are their positions in the
// channel, zero for those that are not known. What it returns as an error is told to the client as any other; a
// [madang.Refusal] in its own words, an error made by package shape as it is.
type Publisher func(ctx context.Context, who *madang.Principal, all []*madang.Message) (at []madang.Position, taken bool, err error)

// Publish publishes messages of one channel: by the Publisher, if it takes them, else by the hub. It returns their serials;
// those that are not known are empty.
func (p Publisher) Publish(ctx context.Context, hub *madang.Hub, who *madang.Principal, all []*madang.Message) (serials []string, err error) {
	var at []madang.Position
	taken := false
	if p != nil {
		at, taken, err = p(ctx, who, all)
	}
	if !taken && err == nil {
		at, err = hub.Publish(ctx, all...)
	}
	for _, x := range at {
		serials = append(serials, shape.MessageSerial(x))
	}
	return serials, err
}

// A Server accepts clients of the Ably protocol at /, and those that poll below /comet/ or listen at /sse or /event-stream.
// It is an [http.Handler], and a [madang.Policy] for its clients.
type Server struct {
	hub       *madang.Hub
	cfg       Config
	o         Options
	log       *slog.Logger
	pool      socket.Pool
	beats     *beats.Queue[session] // of heartbeats
	repeats   *repeats.Recent
	watches   watches
	filters   filters
	policy    madang.Policy
	changes   *mutable.Channels
	forwarder *forward.Forwarder // of requests whose connection another node keeps

	revocations *madang.Listener

	mu       sync.Mutex
	sessions map[string]*session // by connection id
	conns    map[string]int      // by app
	leaving  map[string]*carrier // clients that poll, and have last words to fetch; by connection key
}

// New returns a Server on a hub.
func New(hub *madang.Hub, cfg Config, o Options) (*Server, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("ably: %w", err)
	}
	if o.Apps == nil || o.Authority == nil {
		return nil, errors.New("ably: Options.Apps or Options.Authority is nil; without them nobody can connect")
	}
	s := &Server{
		hub: hub, cfg: cfg, o: o, log: o.Log, policy: NewPolicy(), sessions: map[string]*session{}, conns: map[string]int{},
		leaving: map[string]*carrier{}, repeats: repeats.New(o.Others),
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.o.Remote == nil {
		s.o.Remote = func(r *http.Request) string { return r.RemoteAddr }
	}
	s.beats = beats.New(func(s *session) *beats.Turn { return &s.turn }, (*session).beat)
	s.watches.srv = s
	s.forwarder = forward.New(forward.Options{Hub: hub, Service: "ably", Serve: s.others(), Log: s.log})
	var err error
	if s.changes, err = mutable.New(hub, mutable.Options{Patterns: cfg.Mutable, Retain: cfg.Retain, MaxMessage: cfg.MaxMessage, Kept: o.Kept, Log: s.log}); err != nil {
		return nil, fmt.Errorf("ably: %w", err)
	}
	return s, nil
}

// Changes is what updates, deletes and annotates messages: the REST interface beside this one uses the same.
func (s *Server) Changes() *mutable.Channels { return s.changes }

// Repeats is what knows repeated publishes: the REST interface beside this one asks the same.
func (s *Server) Repeats() *repeats.Recent { return s.repeats }

// Routes returns what the Server answers, for a mux.
func (s *Server) Routes() map[string]http.Handler {
	all := s.cometRoutes()
	maps.Copy(all, s.streamRoutes())
	all["GET /{$}"] = s
	return all
}

// Claims reports whether a request is for this Server, which shares / with pages.
func (s *Server) Claims(r *http.Request) bool {
	return ws.IsUpgrade(r) || strings.HasPrefix(r.URL.Path, cometPath) || r.URL.Path == ssePath || r.URL.Path == linesPath
}

// Guards returns the guard that renewals need; see [NewGuard].
func (s *Server) Guards() map[string]madang.Guard {
	return map[string]madang.Guard{GuardName: NewGuard(s.o.Authority)}
}

// Authorize implements madang.Policy; see [NewPolicy].
func (s *Server) Authorize(ctx context.Context, r madang.AccessRequest) (*madang.Grant, error) {
	return s.policy.Authorize(ctx, r)
}

// Retain says how much history a channel keeps; see [Config.Retain].
func (s *Server) Retain(c madang.Channel) madang.Retention { return s.cfg.Retain(c) }

// background is the context of what is done for clients. It has no end of its own: policies and brokers bound how long they
// wait, and what has been begun for a client that goes away is finished like anything else.
func background() context.Context { return context.Background() }

// enroll takes a session into the books; false if its app has as many as this node takes of it.
func (s *Server) enroll(x *session, app *madang.App) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if most := app.Rules.MaxConns; most > 0 && s.conns[app.ID] >= most {
		return false
	}
	s.conns[app.ID]++
	s.sessions[x.id] = x
	return true
}

// strike takes a session out of the books.
func (s *Server) strike(x *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sessions[x.id] != x {
		return
	}
	delete(s.sessions, x.id)
	if s.conns[x.app]--; s.conns[x.app] == 0 {
		delete(s.conns, x.app)
	}
}

// session returns the session of a connection id, or nil.
func (s *Server) session(id string) *session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions[id]
}
