// Package callback is the application behind a laravel-echo-server: it answers
// /broadcasting/auth as Laravel does with its redis driver, at the smallest cost,
// for it shares the machine with what is measured.
package callback

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// Path is where servers ask.
const Path = "/broadcasting/auth"

// TokenPrefix begins the tokens that are let into private channels.
const TokenPrefix = "user-"

// A Server answers on 127.0.0.1 until it is closed.
type Server struct {
	URL   string // without a path
	http  *http.Server
	admit atomic.Pointer[func(token string)]
}

// Start starts a Server on a free port.
func Start(ctx context.Context) (*Server, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("callback: %w", err)
	}
	s := &Server{URL: "http://" + l.Addr().String()}
	s.http = &http.Server{
		Handler:           http.HandlerFunc(s.serve),
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0), // a server that is stopped leaves half requests
	}
	go func() { _ = s.http.Serve(l) }() // it ends with Close
	return s, nil
}

// Close ends the Server.
func (s *Server) Close() { _ = s.http.Close() }

// Tell makes the Server report each token that it lets in, from a goroutine of
// its own; nil ends that. The answer is on its way to the server by then, but
// has not necessarily arrived.
func (s *Server) Tell(admit func(token string)) {
	if admit == nil {
		s.admit.Store(nil)
		return
	}
	s.admit.Store(&admit)
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	known := bearer && strings.HasPrefix(token, TokenPrefix)
	if r.Method != http.MethodPost || r.URL.Path != Path || !known || !strings.HasPrefix(r.PostFormValue("channel_name"), "private-") {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `{"message":""}`)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=UTF-8")
	w.Header().Set("Content-Length", "4")
	if _, err := io.WriteString(w, "true"); err != nil {
		return
	}
	_ = http.NewResponseController(w).Flush() // before the news, not after
	if admit := s.admit.Load(); admit != nil {
		(*admit)(token)
	}
}
