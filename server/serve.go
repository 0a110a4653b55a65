package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"time"
)

const (
	readHeaderTimeout = 10 * time.Second
	idleTimeout       = 2 * time.Minute // more than the 60 s of common load balancers, which must not see a close first
	maxHeaderBytes    = 64 << 10
	closeTimeout      = 5 * time.Second // how long parts may take to close when there is no time left
)

// ErrHurried says that the server stopped before everything was in order: the time for draining was over, or it was told
// twice to stop.
var ErrHurried = errors.New("stopped in a hurry")

// Serve starts the server, serves ln until soft ends, and then stops gently: see [Drain]. When hard ends, it stops at
// once. It returns nil after a stop in good order and closes the server and ln in any case.
func (s *Server) Serve(soft, hard context.Context, ln net.Listener) error {
	if err := s.Start(); err != nil {
		return errors.Join(err, ln.Close(), s.Close())
	}
	web := s.web()
	failed := make(chan error, 1)
	go func() { failed <- web.Serve(ln) }()
	select {
	case err := <-failed:
		return errors.Join(fmt.Errorf("serve %v: %w", ln.Addr(), err), s.Close())
	case <-soft.Done():
	case <-hard.Done():
	}
	err := s.stop(hard, web)
	if end := <-failed; !errors.Is(end, http.ErrServerClosed) { // it has failed in just this moment
		err = errors.Join(err, fmt.Errorf("serve %v: %w", ln.Addr(), end))
	}
	return err
}

func (s *Server) web() *http.Server {
	var h1 http.Protocols
	h1.SetHTTP1(true) // sockets are taken over from HTTP/1; HTTP/2 has no way to
	return &http.Server{
		Handler: s.handler, Protocols: &h1, ReadHeaderTimeout: readHeaderTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeaderBytes, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
		BaseContext: func(net.Listener) context.Context { return s.life },
	}
}

// stop drains within the timeout, then closes everything.
func (s *Server) stop(hard context.Context, web *http.Server) error {
	s.draining.Store(true)
	s.site.Hub.Refuse()
	ctx, cancel := context.WithTimeout(hard, s.settings.Drain.Timeout)
	defer cancel()
	begin := time.Now()
	s.log.Info("stopping", "links", s.site.Hub.Lines(), "grace", s.settings.Drain.Grace, "spread", s.settings.Drain.Spread)
	err := s.drain(ctx, web)
	if err != nil {
		err = fmt.Errorf("%w: %d links were still there after %v: %w",
			ErrHurried, s.site.Hub.Lines(), time.Since(begin).Round(time.Millisecond), err)
	}
	err = errors.Join(err, web.Close(), s.closeInTime())
	s.log.Info("stopped", "took", time.Since(begin).Round(time.Millisecond))
	return err
}

// drain ends everybody's work in good order, or returns the error of ctx.
func (s *Server) drain(ctx context.Context, web *http.Server) error {
	grace := time.NewTimer(s.settings.Drain.Grace)
	defer grace.Stop()
	select {
	case <-grace.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := s.site.Hub.Drain(ctx, s.settings.Drain.Spread); err != nil {
		return err
	}
	for _, part := range slices.Backward(s.site.opened) {
		if x, ok := part.value.(Drainer); ok {
			x.Drain(ctx)
		}
	}
	if err := web.Shutdown(ctx); err != nil {
		return err
	}
	return ctx.Err()
}

// closeInTime closes the parts, but does not let one that hangs keep the process alive.
func (s *Server) closeInTime() error {
	done := make(chan error, 1)
	go func() { done <- s.Close() }()
	timer := time.NewTimer(closeTimeout)
	defer timer.Stop()
	select {
	case err := <-done:
		return err
	case <-timer.C:
		return fmt.Errorf("%w: a part did not close within %v", ErrHurried, closeTimeout)
	}
}
