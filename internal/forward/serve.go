package forward

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"runtime/debug"
)

// asked begins to serve a request of another node. It does not wait.
func (r *Forwarder) asked(l *link, f frame) {
	s := newStream(l, f.stream, false)
	r.mu.Lock()
	full, twice := r.open[1] >= r.most, l.theirs[s.id] != nil
	if !full && !twice {
		l.join(s)
	}
	r.mu.Unlock()
	if twice {
		return
	}
	q, err := parseRequest(f.data)
	if full || err != nil {
		r.o.Log.Error("a request of another node cannot be served", "node", l.to, "full", full, "error", err)
		l.drop(s)
		l.send(s.frame(opAbort, nil))
		return
	}
	go s.serve(&q)
}

// serve serves a request of another node.
func (s *stream) serve(q *request) {
	r := s.link.home
	ctx, done := context.WithCancel(context.Background())
	defer done()
	s.mu.Lock()
	s.abort = done
	over := s.failed != nil
	s.mu.Unlock()
	if over {
		return
	}
	a := &answering{s: s, header: q.answer}
	defer func() {
		if v := recover(); v != nil {
			if v != http.ErrAbortHandler { //nolint:errorlint // a panic's value, which net/http compares in the same way
				r.o.Log.Error("serving a request of another node panicked", "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
			}
			s.close(errClosed)
			return
		}
		if !a.taken {
			a.finish()
		}
	}()
	u, err := url.ParseRequestURI(q.target)
	if err != nil {
		panic(fmt.Errorf("forward: the target of a request: %w", err))
	}
	h := &http.Request{
		Method: q.method, URL: u, RequestURI: q.target, Host: q.host, RemoteAddr: q.remote, Header: q.header, ContentLength: q.size,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Body: body{s},
	}
	if q.size == 0 {
		h.Body = http.NoBody
	}
	if q.secure {
		h.TLS = &tls.ConnectionState{} // that it was secure is all that is known
	}
	r.o.Serve.ServeHTTP(a, h.WithContext(ctx))
}

// body is a request's body.
type body struct{ s *stream }

func (b body) Read(p []byte) (int, error) { return b.s.read(p) }

func (body) Close() error { return nil }

// answering is the answer to a request of another node. Small ones travel as one letter.
type answering struct {
	s       *stream
	header  http.Header
	written http.Header // as it was when the status was written
	status  int
	begun   bool // the other node has been told the status
	taken   bool // the connection was taken over
	buffer  []byte
}

// Header implements http.ResponseWriter.
func (a *answering) Header() http.Header { return a.header }

// WriteHeader implements http.ResponseWriter.
func (a *answering) WriteHeader(status int) {
	if a.status == 0 && status >= 200 {
		a.status = status
		a.written = maps.Clone(a.header)
	}
}

// Write implements http.ResponseWriter.
func (a *answering) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	a.buffer = append(a.buffer, p...)
	if len(a.buffer) < chunk {
		return len(p), nil
	}
	return len(p), a.FlushError()
}

// FlushError lets [http.ResponseController] send what has been written.
func (a *answering) FlushError() error {
	a.WriteHeader(http.StatusOK)
	if !a.begun {
		a.begun = true
		h := head{a.status, a.written}
		a.s.link.send(a.s.frame(opHead, h.bytes()))
	}
	_, err := a.s.write(a.buffer)
	a.buffer = a.buffer[:0]
	return err
}

// finish sends what has not been sent, and ends the stream.
func (a *answering) finish() {
	s := a.s
	a.WriteHeader(http.StatusOK)
	if !a.begun && len(a.buffer) <= chunk {
		h := head{a.status, a.written}
		s.link.send(s.frame(opHead, h.bytes()), s.frame(opData, a.buffer), s.frame(opEnd, nil))
	} else {
		if err := a.FlushError(); err != nil {
			s.close(err)
			return
		}
		s.link.send(s.frame(opEnd, nil))
	}
	s.forget()
}

var _ io.ReadCloser = body{}
