package ably

import (
	"crypto/subtle"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"madang"
	"madang/dialect/ably/protocol"
	"madang/dialect/ably/shape"
)

// Clients that cannot have a WebSocket poll:
//
//	GET  /comet/connect            connects; the answer is the first messages
//	GET  /comet/{key}/recv         waits for messages
//	POST /comet/{key}/send         brings messages
//	GET  /comet/{key}/close        closes the connection
//	GET  /comet/{key}/disconnect   leaves it to be resumed
//
// Bodies are JSON arrays of messages, with a newline for clients that expect a stream of them. The key is the connection's.
const cometPath = "/comet/"

func (s *Server) cometRoutes() map[string]http.Handler {
	all := map[string]http.Handler{
		"GET " + cometPath + "connect": http.HandlerFunc(s.cometConnect),
		"OPTIONS " + cometPath:         http.HandlerFunc(preflight),
	}
	for pattern, f := range s.cometOf() {
		all[pattern] = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !s.poll(w, r, f) && !s.forward(w, r, r.PathValue("key")) {
				gone(w, r)
			}
		})
	}
	return all
}

// A comet serves a request of a client that polls.
type comet func(*session, *carrier, http.ResponseWriter, *http.Request)

// cometOf returns what such clients ask for.
func (*Server) cometOf() map[string]comet {
	return map[string]comet{
		"GET " + cometPath + "{key}/recv":       cometRecv,
		"POST " + cometPath + "{key}/send":      cometSend,
		"GET " + cometPath + "{key}/close":      cometEnd(protocol.Close),
		"GET " + cometPath + "{key}/disconnect": cometEnd(protocol.Disconnect),
	}
}

// poll serves a request of a client that polls here; false if it does not.
func (s *Server) poll(w http.ResponseWriter, r *http.Request, f comet) bool {
	x, c := s.polling(r.PathValue("key"))
	if x == nil {
		return false
	}
	c.heard()
	f(x, c, w, r)
	return true
}

// gone answers a client whose connection is not known.
func gone(w http.ResponseWriter, r *http.Request) {
	reply(w, r, array(wire{}.unit(goodbye(madang.CloseGone))))
}

// polling returns the session of a key and the carrier of its polls, or nil.
func (s *Server) polling(key string) (*session, *carrier) {
	if x := s.session(idOf(key)); x != nil {
		if c := x.polledBy(key); c != nil {
			return x, c
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.leaving[key]; c != nil {
		return c.session, c
	}
	return nil, nil
}

// polledBy returns the carrier of the polls of whoever has the key, or nil.
func (s *session) polledBy(key string) *carrier {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.carrier == nil || subtle.ConstantTimeCompare([]byte(s.key), []byte(key)) != 1 {
		return nil
	}
	if _, ok := s.carrier.sock.(*pipe); !ok {
		return nil
	}
	return s.carrier
}

// linger keeps a client that polls known for a moment, so that it can fetch the last words.
func (s *Server) linger(x *session, c *carrier) {
	if _, ok := c.sock.(*pipe); !ok {
		return
	}
	x.mu.Lock()
	key := x.key
	x.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leaving[key] = c
	time.AfterFunc(closeTime, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.leaving, key)
	})
}

// cometConnect connects a client that polls.
func (s *Server) cometConnect(w http.ResponseWriter, r *http.Request) {
	s.reachable(r)
	p := &pipe{}
	s.arrive(p, nil, r, wire{})
	reply(w, r, p.fetch(r.Context()))
}

// cometRecv answers with what there is, when there is something.
func cometRecv(_ *session, c *carrier, w http.ResponseWriter, r *http.Request) {
	b := c.sock.(*pipe).fetch(r.Context())
	if r.Context().Err() != nil { // it has hung up, and will be back at once or not at all
		last := c.lastHeard()
		time.AfterFunc(closeTime, func() {
			if c.lastHeard() == last {
				c.sock.Close()
			}
		})
		return
	}
	c.heard()
	reply(w, r, b)
}

// cometSend takes messages. Their answers are fetched like everything else.
func cometSend(s *session, c *carrier, w http.ResponseWriter, r *http.Request) {
	var all []json.RawMessage
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, int64(s.srv.cfg.MaxFrame)))
	if err == nil {
		err = json.Unmarshal(b, &all)
	}
	s.alone(func() {
		switch {
		case err != nil:
			s.fail(shape.Info(shape.CodeBadRequest, "This is not a list of messages of the protocol."))
		case s.current() == c && !c.over:
			c.handling.Store(true)
			defer c.handling.Store(false)
			for _, m := range all {
				s.take(m, false)
			}
		}
	})
	reply(w, r, nil)
}

// cometEnd does what a message of an action does.
func cometEnd(a protocol.Action) func(*session, *carrier, http.ResponseWriter, *http.Request) {
	return func(s *session, c *carrier, w http.ResponseWriter, r *http.Request) {
		s.alone(func() {
			if s.current() == c {
				s.dispatch(&protocol.Frame{Action: a})
			}
		})
		reply(w, r, nil)
	}
}

// reply answers with a list of messages, or with nothing.
func reply(w http.ResponseWriter, r *http.Request, messages []byte) {
	h := w.Header()
	allowOrigin(h, r)
	h.Set("Cache-Control", "no-store")
	if messages == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	h.Set("Content-Type", "application/json")
	_, _ = w.Write(messages) // whoever asked may have gone
}

// allowOrigin lets pages of other origins read an answer: who asks shows a key or token, never a cookie.
func allowOrigin(h http.Header, r *http.Request) {
	h.Add("Vary", "Origin")
	if origin := r.Header.Get("Origin"); origin != "" {
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Allow-Credentials", "true")
	}
}

// preflight answers a browser that asks what it may ask.
func preflight(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	allowOrigin(h, r)
	h.Set("Access-Control-Allow-Methods", "GET, POST")
	h.Set("Access-Control-Allow-Headers", "authorization, content-type, x-ably-version, ably-agent, x-ably-clientid")
	h.Set("Access-Control-Max-Age", "7200")
	w.WriteHeader(http.StatusNoContent)
}
