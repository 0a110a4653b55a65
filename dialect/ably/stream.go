package ably

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"madang"
	"madang/dialect/ably/events"
	"madang/dialect/ably/protocol"
	"madang/dialect/ably/shape"
)

// Clients that only listen stream:
//
//	GET /sse            as Server-Sent Events
//	GET /event-stream   as lines of JSON, or as Server-Sent Events if the header Accept says text/event-stream
//
// A stream is a connection like one that polls, which the server attaches to the channels of the query; so it is bound by
// the same rights, limits and ends. It lasts as long as its request.
const ssePath, linesPath = "/sse", "/event-stream"

// streamWrite is how long one write to a client may take.
const streamWrite = 30 * time.Second

func (s *Server) streamRoutes() map[string]http.Handler {
	return map[string]http.Handler{
		"GET " + ssePath: http.HandlerFunc(s.stream), "OPTIONS " + ssePath: http.HandlerFunc(preflight),
		"GET " + linesPath: http.HandlerFunc(s.stream), "OPTIONS " + linesPath: http.HandlerFunc(preflight),
	}
}

// streamOf reads what a client wants to hear. The error is for the client.
func streamOf(r *http.Request) (*events.Stream, protocol.Params, error) {
	q := r.URL.Query()
	var channels []string
	if names := cmp.Or(q.Get("channels"), q.Get("channel")); names != "" {
		channels = strings.Split(names, cmp.Or(q.Get("separator"), ","))
	}
	out, err := events.New(channels, cmp.Or(r.Header.Get("Last-Event-ID"), q.Get("lastEvent")), events.Options{
		Lines: r.URL.Path == linesPath && !strings.Contains(r.Header.Get("Accept"), "text/event-stream"),
		Bare:  q.Get("enveloped") == "false", Heartbeats: q.Get("heartbeats") == "true",
	})
	if err != nil {
		return nil, nil, shape.Info(shape.CodeBadValue, err.Error()+".")
	}
	if text := q.Get("rewind"); text != "" {
		return out, protocol.Params{"rewind": text}, nil
	}
	return out, nil, nil
}

// stream answers with events until one of the two sides has enough.
func (s *Server) stream(w http.ResponseWriter, r *http.Request) {
	out, params, err := streamOf(r)
	if err != nil {
		streamRefused(w, r, shape.InfoOf(err))
		return
	}
	p := &pipe{}
	s.arrive(p, nil, fresh(r), wire{})
	defer p.Close()
	x, info := s.arrived(p.fetch(r.Context()))
	if x == nil {
		streamRefused(w, r, info)
		return
	}
	defer x.line.Drop(madang.CloseGone)
	x.alone(func() {
		for _, f := range out.Attach(params) {
			x.dispatch(f)
		}
	})
	(&streaming{w: w, r: r, session: x, pipe: p, events: out}).run()
}

// fresh is a request that begins a connection of its own, whatever else its query says.
func fresh(r *http.Request) *http.Request {
	r = r.Clone(r.Context())
	q := r.URL.Query()
	for _, name := range []string{"resume", "recover", "upgrade"} {
		q.Del(name)
	}
	r.URL.RawQuery = q.Encode()
	return r
}

// arrived returns the session that the first messages of a connection belong to, or why there is none.
func (s *Server) arrived(list []byte) (*session, *protocol.ErrorInfo) {
	var first []struct {
		Action       protocol.Action
		ConnectionID string
		Error        *protocol.ErrorInfo
	}
	if json.Unmarshal(list, &first) == nil && len(first) > 0 {
		if first[0].Action == protocol.Connected {
			if x := s.session(first[0].ConnectionID); x != nil {
				return x, nil
			}
		} else if first[0].Error != nil {
			return nil, first[0].Error
		}
	}
	return nil, shape.Info(shape.CodeUnavailable, "This connection or server is closing.")
}

// A streaming is one answer of events.
type streaming struct {
	w       http.ResponseWriter
	r       *http.Request
	session *session
	pipe    *pipe
	events  *events.Stream
	begun   bool // the header is out
}

// run writes events until the end. What comes before all channels are heard waits: until then the stream can be refused.
func (x *streaming) run() {
	defer func() { _ = http.NewResponseController(x.w).SetWriteDeadline(time.Time{}) }() // the connection may serve more requests
	var buf []byte
	for {
		list := x.pipe.fetch(x.r.Context())
		if list == nil { // the client or the connection is gone
			return
		}
		if c := x.session.current(); c != nil {
			c.heard()
		}
		var end *protocol.ErrorInfo
		var err error
		if buf, end, err = x.events.Take(buf, bytes.TrimSpace(list)); err != nil {
			x.session.srv.log.Error("a stream cannot be written", "conn", x.session.conn.ID(), "error", err)
			return
		}
		if end != nil && !x.begun {
			streamRefused(x.w, x.r, end)
			return
		}
		if end != nil {
			buf = x.events.Error(buf, end)
		}
		if x.events.Open() && !x.write(buf) || end != nil {
			return
		}
		if x.begun {
			buf = buf[:0]
		}
	}
}

// write sends events on their way; false if they do not arrive.
func (x *streaming) write(b []byte) bool {
	to := http.NewResponseController(x.w)
	if !x.begun {
		x.begun = true
		h := x.w.Header()
		allowOrigin(h, x.r)
		h.Set("Content-Type", x.events.ContentType())
		h.Set("Cache-Control", "no-store")
		h.Set("X-Accel-Buffering", "no") // proxies that gather answers would keep the events
		b = x.events.Here(b)
	}
	_ = to.SetWriteDeadline(time.Now().Add(streamWrite)) // where that is not offered, the server has its own
	if _, err := x.w.Write(b); err != nil {
		return false
	}
	return to.Flush() == nil
}

// streamRefused tells a client why it gets no events. Browsers do not come back by themselves then.
func streamRefused(w http.ResponseWriter, r *http.Request, info *protocol.ErrorInfo) {
	h := w.Header()
	allowOrigin(h, r)
	h.Add("Access-Control-Expose-Headers", "X-Ably-Errorcode, X-Ably-Errormessage")
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Ably-Errorcode", strconv.Itoa(info.Code))
	h.Set("X-Ably-Errormessage", info.Message)
	status := info.StatusCode
	if status < 400 {
		status = http.StatusBadRequest
	}
	w.WriteHeader(status)
	b, _ := json.Marshal(map[string]any{"error": info}) // numbers and a text always have a JSON form
	_, _ = w.Write(b)                                   // whoever asked may have gone
}
