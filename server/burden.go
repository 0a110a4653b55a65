package server

import (
	"net/http"
	"time"
)

const (
	// largeBody is how many bytes the body of a request may announce while clients make the node hold too much: more than any
	// publication has, so that back ends go on.
	largeBody = 4 << 20
	// largeWrite is from how many bytes on it is worth counting what a client has not taken yet; less lies in a buffer that the
	// connection has anyway.
	largeWrite = 4 << 10
)

// refuse answers a request that would make a node hold more which holds too much; false if it may go on.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request) bool {
	if r.ContentLength <= largeBody || !s.site.Hub.Full() {
		return false
	}
	w.Header().Set("Connection", "close") // what is announced will not be read
	w.Header().Set("Retry-After", "1")
	answer(w, http.StatusServiceUnavailable, map[string]string{"error": "unavailable"})
	return true
}

// cutOff ends a request that holds most of what the node holds too much: either its client still sends, or it does not take
// the answer.
func (t *tracked) cutOff() {
	t.cut.Store(true)
	if t.writing.Load() {
		_ = t.conn.SetWriteDeadline(time.Now()) // as in expectBody
		return
	}
	_ = t.conn.SetReadDeadline(time.Now())
}

// cutStatus is the status of an answer: who was cut off has made no mistake, and may try again.
func (t *tracked) cutStatus(status int) int {
	if status < 400 || !t.cut.Load() {
		return status
	}
	t.Header().Set("Retry-After", "1")
	return http.StatusServiceUnavailable
}
