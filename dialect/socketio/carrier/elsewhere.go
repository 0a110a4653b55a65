package carrier

import (
	"errors"
	"net/http"

	"madang/internal/forward"
	"madang/internal/ws"
)

// Behind a load balancer that remembers nobody a session's requests reach any node. The id names the node that keeps the
// session, and that node serves them, wherever they came in: polls, messages, and the WebSocket to which a session moves, which
// is then tunnelled for as long as it lasts.
//
// What the client sees is what it sees of one node. A poll's answer is handed over once, here as there: if the client's
// connection breaks before it has all of it, the client gives up the session, and so it does if the way between the nodes breaks,
// because then its poll fails. A poll that is broken off while it waits ends the session at its owner. Two polls at once end it
// as well, whatever nodes they reached.

// forward lets the node that keeps a session serve a request; false if that is none but this one, or gone: then nobody knows
// the session.
func (s *Server) forward(w http.ResponseWriter, r *http.Request, sid string) bool {
	node, ok := forward.NodeOf(sid)
	if !ok {
		return false
	}
	err := s.forwarder.Forward(w, r, node)
	switch {
	case err == nil:
		return true
	case errors.Is(err, forward.ErrNoNode):
		s.o.Log.Debug("a request names a session of a node that is not there", "node", node, "error", err)
		return false
	}
	s.o.Log.Warn("a request could not be passed on to the node that keeps its session", "node", node, "error", err)
	s.unavailable(w, err)
	return true
}

// serveOther serves a request that has reached another node.
func (s *Server) serveOther(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	s.serveSession(w, r, s.session(q.Get("sid")), q.Get("transport"), ws.IsUpgrade(r))
}

// reachable makes sure that other nodes find this one before it begins a session whose requests may reach them. If it cannot,
// sessions begin all the same: those whose requests come here are served.
func (s *Server) reachable(r *http.Request) {
	if err := s.forwarder.Open(r.Context()); err != nil {
		s.o.Log.Warn("other nodes cannot pass requests on to this one", "error", err)
	}
}
