package server

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"runtime/debug"
	"sync/atomic"
	"time"

	"madang"
)

// requestID is the header that names a request in answers and logs.
const requestID = "X-Request-Id"

// middleware goes around all routes: it settles who the client is, names the request, and keeps a panic from ending more
// than its request.
func (s *Server) middleware(next http.Handler) http.Handler {
	trusted := s.settings.trusted()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		trusted.settle(r)
		id := r.Header.Get(requestID)
		if !validID(id) {
			id = rand.Text()
			r.Header.Set(requestID, id)
		}
		w.Header().Set(requestID, id)
		begin := time.Now()
		if s.draining.Load() { // so that a proxy sends what comes next to another node
			w.Header().Set("Connection", "close")
		}
		t := &tracked{ResponseWriter: w, conn: http.NewResponseController(w)}
		t.burden = s.site.Hub.NewBurden(t.cutOff)
		defer t.burden.Release()
		t.expectBody(r)
		t.expectReader()
		defer func() {
			// The route and not the path: what stands in a path may be a secret, such as that of a link in a mail.
			s.log.Debug("request", "id", id, "method", r.Method, "route", r.Pattern, "status", t.status,
				"client", r.RemoteAddr, "took", time.Since(begin))
		}()
		defer s.recover(t, r, id)
		if s.refuse(t, r) {
			return
		}
		next.ServeHTTP(t, r)
		if t.cut.Load() && t.status == 0 { // the handler has given up without a word
			t.WriteHeader(http.StatusServiceUnavailable)
		}
	})
}

// validID reports whether a proxy's request id can go into logs and headers.
func validID(id string) bool {
	if id == "" || len(id) > 128 {
		return false
	}
	for _, c := range []byte(id) {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return true
}

// recover answers a panic with 500 and the id, under which the log has the rest.
func (s *Server) recover(t *tracked, r *http.Request, id string) {
	p := recover()
	if p == nil {
		return
	}
	if p == http.ErrAbortHandler { //nolint:errorlint // a panic's value, which net/http compares in the same way
		panic(p) // net/http's own way to end a connection
	}
	s.log.Error("panic in a handler", "id", id, "method", r.Method, "route", r.Pattern,
		"panic", fmt.Sprint(p), "stack", string(debug.Stack()))
	if t.status != 0 {
		panic(http.ErrAbortHandler) // an answer has begun or the connection was taken over: cutting it is all that is left
	}
	answer(t, http.StatusInternalServerError, map[string]string{"error": "internal", "request": id})
}

// tracked remembers the status, and does not wait for ever for a client that does not read. Whatever else the connection
// can do is reached through Unwrap, by [http.NewResponseController].
type tracked struct {
	http.ResponseWriter
	conn   *http.ResponseController
	status int

	burden  *madang.Burden // the body so far, and what the client has not taken
	writing atomic.Bool    // something large
	cut     atomic.Bool    // it was too much
}

// expectReader gives the client time to take what is written next.
func (t *tracked) expectReader() {
	_ = t.conn.SetWriteDeadline(time.Now().Add(writeTimeout)) // as in expectBody
}

// WriteHeader remembers the final status.
func (t *tracked) WriteHeader(status int) {
	t.expectReader()
	status = t.cutStatus(status)
	if t.status == 0 && (status >= 200 || status == http.StatusSwitchingProtocols) {
		t.status = status
	}
	t.ResponseWriter.WriteHeader(status)
}

// Write is a 200 unless something else was said.
func (t *tracked) Write(b []byte) (int, error) {
	if t.status == 0 {
		t.status = http.StatusOK
	}
	t.expectReader()
	if len(b) >= largeWrite {
		t.burden.Add(len(b))
		t.writing.Store(true)
		defer func() {
			t.writing.Store(false)
			t.burden.Add(-len(b))
		}()
	}
	return t.ResponseWriter.Write(b)
}

// Unwrap returns the writer inside.
func (t *tracked) Unwrap() http.ResponseWriter { return t.ResponseWriter }
