package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"

	"madang"
)

// A Server is an assembly that is open. Serve runs it; tests may use its Handler without.
type Server struct {
	site     Site
	settings *Settings
	council  *council
	log      *slog.Logger
	handler  http.Handler
	health   *health

	life      context.Context // of the parts that were started
	end       context.CancelFunc
	starting  sync.Once
	startErr  error
	started   atomic.Bool // the hub
	draining  atomic.Bool
	close     func() error
	hubBefore int // how many parts were opened before the hub
}

// Open opens the parts and joins them. Nothing is served until Start or Serve. The caller closes the server.
func Open(ctx context.Context, a Assembly, set *Settings, log *slog.Logger) (*Server, error) {
	s := &Server{
		site:     Site{Config: &set.Config, Dev: set.Dev, Log: log, Apps: set.apps()},
		settings: set, council: newCouncil(len(a.Parts)), log: log,
	}
	s.life, s.end = context.WithCancel(context.WithoutCancel(ctx))
	s.close = sync.OnceValue(s.closeAll)
	if err := s.open(ctx, a); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Server) open(ctx context.Context, a Assembly) error {
	store, err := a.chosenStore(&s.settings.Config)
	if err != nil {
		return err
	}
	order := make([]int, 0, len(a.Parts))
	for i, p := range a.Parts {
		if p.Role != RoleStore || i == store {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(i, j int) int { return a.Parts[i].Role.rank() - a.Parts[j].Role.rank() })
	for _, i := range order {
		p := &a.Parts[i]
		if p.Role.afterHub() {
			if err := s.makeHub(); err != nil {
				return err
			}
		}
		if err := s.openPart(ctx, p, s.settings.sections[i]); err != nil {
			return fmt.Errorf("open %v: %w", p, err)
		}
	}
	if err := s.makeHub(); err != nil {
		return err
	}
	for _, j := range a.Joins {
		if err := j(&s.site); err != nil {
			return fmt.Errorf("join the parts: %w", err)
		}
	}
	own := s.ownRoutes()
	mux, err := buildMux(s.site.opened, s.settings.Hosts, own)
	if err != nil {
		return err
	}
	s.handler = s.middleware(s.wrap(own, mux))
	return nil
}

// wrap puts before the routes what stands before them.
func (s *Server) wrap(own map[string]http.Handler, mux http.Handler) http.Handler {
	wrapped := mux
	for _, o := range slices.Backward(s.site.opened) {
		if x, ok := o.value.(Wrapper); ok {
			wrapped = x.Wrap(wrapped)
		}
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if own[http.MethodGet+" "+r.URL.Path] != nil {
			mux.ServeHTTP(w, r)
			return
		}
		wrapped.ServeHTTP(w, r)
	})
}

func (s *Server) openPart(ctx context.Context, p *Part, section any) error {
	value, err := p.open(ctx, &s.site, section)
	if errors.Is(err, ErrOff) {
		s.log.Debug("part is off", "part", p.String())
		return nil
	}
	if err != nil {
		return err
	}
	o := &opened{part: p, value: value}
	s.site.opened = append(s.site.opened, o)
	return s.council.add(o)
}

// makeHub makes the hub unless there is one.
func (s *Server) makeHub() error {
	if s.site.Hub != nil {
		return nil
	}
	if s.settings.Redis.URL != "" && s.council.broker == nil { // else nodes would seem to be joined, and each be alone
		return errors.New("redis.url: this program cannot join nodes through Redis; remove the setting (Laravel's Redis is laravel.url)")
	}
	s.hubBefore = len(s.site.opened)
	s.site.Hub = madang.New(s.council.config(&s.site))
	return nil
}

// Hub returns the hub.
func (s *Server) Hub() *madang.Hub { return s.site.Hub }

// Site returns what parts see of the server, for Find in tests.
func (s *Server) Site() *Site { return &s.site }

// Handler answers all HTTP requests, with the middleware of the server around the routes of its parts.
func (s *Server) Handler() http.Handler { return s.handler }

// Start starts the hub, then the parts in the order in which they were opened. Serve calls it.
func (s *Server) Start() error {
	s.starting.Do(func() { s.startErr = s.start() })
	return s.startErr
}

func (s *Server) start() error {
	s.started.Store(true)
	if err := s.site.Hub.Start(s.life); err != nil {
		return fmt.Errorf("start the hub: %w", err)
	}
	for _, o := range s.site.opened {
		if x, ok := o.value.(Starter); ok {
			if err := x.Start(s.life); err != nil {
				return fmt.Errorf("start %v: %w", o.part, err)
			}
		}
	}
	return nil
}

// Close ends everything at once, in the reverse order of opening. It can be called again, and returns the same.
func (s *Server) Close() error { return s.close() }

func (s *Server) closeAll() error {
	s.draining.Store(true)
	s.end()
	var errs []error
	for i := len(s.site.opened); i >= 0; i-- {
		if i == s.hubBefore && s.site.Hub != nil {
			if err := s.site.Hub.Close(); err != nil {
				errs = append(errs, fmt.Errorf("close the hub: %w", err))
			}
		}
		if i == 0 {
			break
		}
		o := s.site.opened[i-1]
		c, ok := o.value.(io.Closer)
		if !ok || o.part == s.council.brokerOf && s.started.Load() {
			continue // a hub that ran has closed its broker
		}
		if err := c.Close(); err != nil {
			errs = append(errs, fmt.Errorf("close %v: %w", o.part, err))
		}
	}
	return errors.Join(errs...)
}

// Hints returns what people can do next with the parts of this server.
func (s *Server) Hints(url, token string) []string {
	var all []string
	for _, o := range s.site.opened {
		if x, ok := o.value.(Hinter); ok {
			all = append(all, x.Hints(url, token)...)
		}
	}
	return all
}
