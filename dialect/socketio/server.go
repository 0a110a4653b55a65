package socketio

import (
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"regexp"
	"strings"
	"sync"

	"madang"
	"madang/dialect/socketio/carrier"
	"madang/internal/nodecall"
)

// Options are what a Server may be given besides its configuration.
type Options struct {
	// Remote returns a client's address; nil: the one of the connection.
	Remote func(*http.Request) string
	// Allow refuses requests before a session begins. It may be nil.
	Allow func(*http.Request) error
	Log   *slog.Logger
}

// A Server accepts Socket.IO clients on one path. It is an [http.Handler].
type Server struct {
	hub     *madang.Hub
	cfg     Config
	log     *slog.Logger
	remote  func(*http.Request) string
	engine  *carrier.Server
	serve   http.Handler // of the client library
	calls   *nodecall.Caller
	epoch   string // of the stamps given to clients
	mu      sync.RWMutex
	names   map[string]*Namespace
	dynamic []*parent
	mirror  Mirror
}

// New returns a Server on a hub. Register namespaces and handlers before clients come.
func New(hub *madang.Hub, cfg Config, o Options) (*Server, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("socketio: %w", err)
	}
	s := &Server{hub: hub, cfg: cfg, log: o.Log, remote: o.Remote, names: map[string]*Namespace{}, epoch: string(hub.Node())}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.remote == nil {
		s.remote = func(r *http.Request) string { return r.RemoteAddr }
	}
	engine, err := carrier.New(carrier.Options{
		Config: cfg.Config, Hub: hub, Open: s.open, Allow: o.Allow, Remote: s.remote, Log: s.log,
	})
	if err != nil {
		return nil, fmt.Errorf("socketio: %w", err)
	}
	s.engine = engine
	s.calls = s.newCaller()
	if cfg.ServeClient {
		if s.serve, err = bundles(); err != nil {
			return nil, fmt.Errorf("socketio: the embedded client libraries: %w", err)
		}
	}
	s.Of("/")
	for name := range cfg.Namespaces {
		s.Of(name)
	}
	return s, nil
}

// Path returns where the server listens, with a slash at the end: the pattern for a mux.
func (s *Server) Path() string { return s.engine.Path() + "/" }

// Config returns the configuration in force.
func (s *Server) Config() Config { return s.cfg }

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rest := strings.TrimPrefix(r.URL.Path, s.engine.Path())
	switch {
	case rest == "" || rest == "/":
		s.engine.ServeHTTP(w, r)
	case s.serve != nil:
		s.serve.ServeHTTP(w, r)
	default:
		http.NotFound(w, r)
	}
}

// Of returns the namespace of that name, making it. The slash at the beginning may be left out.
func (s *Server) Of(name string) *Namespace {
	if !strings.HasPrefix(name, "/") {
		name = "/" + name
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.names[name]
	if n == nil {
		n = newNamespace(s, name, nil)
		s.names[name] = n
	}
	return n
}

// Find returns the namespace of that name, or nil.
func (s *Server) Find(name string) *Namespace {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.names[name]
}

// OfMatch makes namespaces on demand, when a client wants one whose name the expression matches. Handlers and
// middlewares of the returned namespace are those of all of them.
func (s *Server) OfMatch(re *regexp.Regexp) *Namespace {
	return s.OfFunc(func(name string, _ *Handshake) bool { return re.MatchString(name) })
}

// OfFunc makes namespaces on demand, when a client wants one that the function allows.
func (s *Server) OfFunc(match func(name string, h *Handshake) bool) *Namespace {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := &parent{match: match, ns: newNamespace(s, "", nil)}
	s.dynamic = append(s.dynamic, p)
	return p.ns
}

// A parent makes namespaces.
type parent struct {
	match func(string, *Handshake) bool
	ns    *Namespace
}

// find returns the namespace a client wants, or nil. It is not forgotten before release is called.
func (s *Server) find(name string, h *Handshake) *Namespace {
	s.mu.Lock()
	n := s.names[name]
	dynamic := s.dynamic
	if n != nil {
		n.pins++
	}
	s.mu.Unlock()
	if n != nil {
		return n
	}
	for _, p := range dynamic {
		if !p.match(name, h) {
			continue
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		n := s.names[name]
		if n == nil {
			n = newNamespace(s, name, p.ns)
			s.names[name] = n
		}
		n.pins++
		return n
	}
	return nil
}

// release takes back what find did.
func (s *Server) release(n *Namespace) {
	s.mu.Lock()
	n.pins--
	s.mu.Unlock()
	s.vacated(n)
}

// vacated forgets a dynamic namespace without sockets, if that is wanted.
func (s *Server) vacated(n *Namespace) {
	if n.parent == nil || !s.cfg.CleanupEmptyChildNamespaces {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if n.pins == 0 && n.Len() == 0 && s.names[n.name] == n {
		delete(s.names, n.name)
	}
}

// Namespaces returns the names of the namespaces there are.
func (s *Server) Namespaces() []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var names []string
	for name := range maps.Keys(s.names) {
		names = append(names, name)
	}
	return names
}

// Use adds a middleware of the root namespace.
func (s *Server) Use(f Middleware) { s.Of("/").Use(f) }

// On registers a handler of the root namespace.
func (s *Server) On(event string, f EventHandler) { s.Of("/").On(event, f) }

// OnConnection registers a function of the root namespace.
func (s *Server) OnConnection(f func(*Socket)) { s.Of("/").OnConnection(f) }

// Emit sends an event to all sockets of the root namespace.
func (s *Server) Emit(event string, args ...any) error { return s.Of("/").Emit(event, args...) }

// To names rooms of the root namespace.
func (s *Server) To(rooms ...string) Broadcast { return s.Of("/").To(rooms...) }
