package ably

import (
	"errors"
	"net/http"
	"strings"

	"madang/internal/forward"
)

// Behind a load balancer that remembers nobody a client that polls reaches any node with each of its requests. The key names
// the node that keeps the connection, and that node answers, wherever the request came in; so it does for the WebSocket to
// which such a client wants to move, which is a tunnel from then on. What the client sees is what it sees of one node: an answer
// is handed over once, and a client that does not get it resumes, by what it has seen.

// idOf returns the connection id in a connection's key.
func idOf(key string) string {
	id, _, _ := strings.Cut(key, "-")
	return id
}

// forward lets the node that keeps a connection serve a request; false if that is none but this one, or gone.
func (s *Server) forward(w http.ResponseWriter, r *http.Request, key string) bool {
	node, ok := forward.NodeOf(idOf(key))
	if !ok {
		return false
	}
	err := s.forwarder.Forward(w, r, node)
	switch {
	case err == nil:
		return true
	case errors.Is(err, forward.ErrNoNode):
		s.log.Debug("a request names a connection of a node that is not there", "node", node, "error", err)
	default:
		s.log.Warn("a request could not be passed on to the node that keeps its connection", "node", node, "error", err)
	}
	return false // the client is told that its connection is gone, and resumes it
}

// others serves requests that have reached other nodes.
func (s *Server) others() http.Handler {
	mux := http.NewServeMux()
	for pattern, f := range s.cometOf() {
		mux.Handle(pattern, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !s.poll(w, r, f) {
				gone(w, r)
			}
		}))
	}
	mux.HandleFunc("GET /{$}", s.welcome)
	return mux
}

// reachable makes sure that other nodes find this one before it takes a client that polls. If it cannot, the client is taken all
// the same: requests that come here are served.
func (s *Server) reachable(r *http.Request) {
	if err := s.forwarder.Open(r.Context()); err != nil {
		s.log.Warn("other nodes cannot pass requests on to this one", "error", err)
	}
}
