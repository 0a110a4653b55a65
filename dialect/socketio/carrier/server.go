package carrier

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"madang"
	"madang/dialect/socketio/engineio"
	"madang/internal/beats"
	"madang/internal/convention"
	"madang/internal/forward"
	"madang/internal/socket"
	"madang/internal/ws"
)

// A Handler is what a session is for.
type Handler interface {
	// Receive takes one message. Text data is the message without Engine.IO's type. data is only the handler's until
	// the next Settle returns, and if that says so, until the Work that follows. An error ends the session as a
	// broken protocol. Receive and Settle are called by one goroutine at a time, and must not wait.
	Receive(data []byte, binary bool) error
	// Settle follows when everything that came in one piece has been received. It reports whether this goroutine is
	// the one to work on it.
	Settle() (mine bool)
	// Work follows Settle, and may wait: for user code if it is this goroutine's turn, else for whoever's it is to
	// catch up. If user code needs later bytes of the same session, [Session.Fork] lets them be read meanwhile.
	Work(mine bool)
	// Closed says that the session has ended. It may be called by any goroutine, and must not wait.
	Closed(madang.CloseReason)
}

// Options are what a Server works with.
type Options struct {
	Config Config
	Hub    *madang.Hub
	// Open makes the handler of a new session. It may send; the client gets that after the handshake.
	Open func(*Session, *http.Request) Handler
	// Allow refuses requests before a session begins: 403 with the error's text. It may be nil.
	Allow func(*http.Request) error
	// Remote returns the client's address; nil: the one of the connection.
	Remote func(*http.Request) string
	Log    *slog.Logger
}

// A Server keeps the Engine.IO sessions of one path. It is an [http.Handler].
type Server struct {
	cfg       Config
	o         Options
	cors      *cors
	deflater  *ws.Deflater // nil: no compression
	inflater  *ws.Inflater
	pool      socket.Pool
	beats     *beats.Queue[Session] // of heartbeats
	forwarder *forward.Forwarder    // of requests whose session another node keeps

	mu       sync.Mutex
	sessions map[string]*Session
}

// New returns a Server.
func New(o Options) (*Server, error) {
	if err := o.Config.Validate(); err != nil {
		return nil, err
	}
	c, err := newCORS(o.Config.CORS)
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: o.Config, o: o, cors: c, sessions: map[string]*Session{}, inflater: &ws.Inflater{}}
	s.beats = beats.New(func(k *Session) *beats.Turn { return &k.turn }, (*Session).beatTime)
	s.cfg.Path = strings.TrimSuffix(s.cfg.Path, "/")
	if s.cfg.PerMessageDeflate {
		if s.deflater, err = ws.NewDeflater(deflateLevel); err != nil {
			return nil, err
		}
	}
	if s.o.Log == nil {
		s.o.Log = slog.New(slog.DiscardHandler)
	}
	if s.o.Remote == nil {
		s.o.Remote = func(r *http.Request) string { return r.RemoteAddr }
	}
	s.forwarder = forward.New(forward.Options{
		Hub: o.Hub, Service: "socketio" + s.cfg.Path, Serve: http.HandlerFunc(s.serveOther), Log: s.o.Log,
	})
	return s, nil
}

// Deflater returns the compressor of WebSocket messages, or nil.
func (s *Server) Deflater() *ws.Deflater { return s.deflater }

// Path returns where the server listens, without a slash at the end.
func (s *Server) Path() string { return s.cfg.Path }

// Len returns how many sessions there are.
func (s *Server) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sessions)
}

func (s *Server) session(sid string) *Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sessions[sid]
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.cors.header(w.Header(), r)
	if s.cors.preflight(w, r) {
		return
	}
	q := r.URL.Query()
	upgrade := ws.IsUpgrade(r)
	transport := q.Get("transport")
	if !slices.Contains(s.cfg.Transports, transport) {
		s.refuse(w, r, engineio.UnknownTransport, "")
		return
	}
	if sid := q.Get("sid"); sid != "" || q.Has("sid") {
		s.resume(w, r, sid, transport, upgrade)
		return
	}
	s.handshake(w, r, q, upgrade)
}

// resume serves a request of a session that exists, here or elsewhere.
func (s *Server) resume(w http.ResponseWriter, r *http.Request, sid, transport string, upgrade bool) {
	k := s.session(sid)
	if k == nil && s.forward(w, r, sid) {
		return
	}
	s.serveSession(w, r, k, transport, upgrade)
}

// serveSession serves a request of a session of this node, or of none.
func (s *Server) serveSession(w http.ResponseWriter, r *http.Request, k *Session, transport string, upgrade bool) {
	switch {
	case k == nil, !k.mayBe(r):
		s.refuse(w, r, engineio.UnknownSID, "")
	case upgrade && transport == webSocket:
		s.upgrade(w, r, k)
	case upgrade, transport != polling, !k.isPolling():
		s.refuse(w, r, engineio.BadRequest, "")
	case r.Method == http.MethodGet:
		k.servePoll(w, r)
	case r.Method == http.MethodPost:
		k.servePost(w, r)
	default:
		s.refuse(w, r, engineio.BadRequest, "")
	}
}

// handshake begins a session.
func (s *Server) handshake(w http.ResponseWriter, r *http.Request, q url.Values, upgrade bool) {
	if r.Method != http.MethodGet {
		s.refuse(w, r, engineio.BadHandshakeMethod, "")
		return
	}
	if (q.Get("transport") == webSocket) != upgrade {
		s.refuse(w, r, engineio.BadRequest, "")
		return
	}
	v := engineio.Version(0)
	switch q.Get("EIO") {
	case "4":
		v = engineio.V4
	case "3":
		if s.cfg.AllowEIO3 {
			v = engineio.V3
		}
	}
	if v == 0 {
		s.refuse(w, r, engineio.UnsupportedProtocolVersion, "")
		return
	}
	if origin := r.Header.Get("Origin"); !convention.OriginAllowed(s.cfg.Origins, origin) {
		s.o.Log.Debug("a page of an origin that may not connect was refused", "origin", origin, "remote", s.o.Remote(r))
		s.refuse(w, r, engineio.Forbidden, "")
		return
	}
	if s.o.Allow != nil {
		if err := s.o.Allow(r); err != nil {
			s.refuse(w, r, engineio.Forbidden, err.Error())
			return
		}
	}
	k := &Session{srv: s, version: v, b64: q.Has("b64") && q.Get("b64") != "0", deflate: s.deflater != nil}
	line, err := s.o.Hub.Open(k)
	if err != nil {
		s.unavailable(w, err)
		return
	}
	k.line = line
	if k.sid = s.newSID(); v == engineio.V3 {
		k.sid = string(s.o.Hub.NewConnID()) // it is the connection's public name as well, so more is asked of requests
		k.owner = fingerprint(s.o.Remote(r), r)
	}
	if upgrade {
		s.beginWebSocket(w, r, k)
		return
	}
	s.beginPolling(w, r, k)
}

// newSID returns a session's id: the name of this node, by which others find it, and what makes it a secret.
func (s *Server) newSID() string {
	var b [15]byte
	_, _ = rand.Read(b[:]) // never fails
	return string(s.o.Hub.Node()) + "." + base64.RawURLEncoding.EncodeToString(b[:])
}

// fingerprint is what else a request must have in common with the one that began its session, where the session's id
// is no secret: the client's address and its browser. Other programs name themselves differently, or not at all, in
// requests and in WebSockets, so only their address counts.
func fingerprint(remote string, r *http.Request) string {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		host = remote
	}
	if agent := r.UserAgent(); strings.HasPrefix(agent, "Mozilla/") {
		return host + "\x00" + agent
	}
	return host
}

func (s *Server) add(k *Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions[k.sid] = k
}

func (s *Server) forget(k *Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sessions, k.sid)
}

// refuse answers with one of Engine.IO's errors.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, code engineio.ErrorCode, text string) {
	h := w.Header()
	if ws.IsUpgrade(r) { // a WebSocket client reads no body; the reason is for whoever looks at the wire
		if text == "" {
			text = code.Message()
		}
		h.Set("Content-Type", "text/html")
		h.Set("Connection", "close")
		w.WriteHeader(code.Status())
		_, _ = w.Write([]byte(text))
		return
	}
	h.Set("Content-Type", "application/json")
	w.WriteHeader(code.Status())
	_, _ = w.Write(engineio.AppendError(nil, code, text)) // the client may be gone; nothing follows from that
}

// unavailable answers when this node takes no sessions.
func (s *Server) unavailable(w http.ResponseWriter, err error) {
	text := "this server takes no more connections; try again"
	if errors.Is(err, madang.ErrClosed) {
		text = "this server is going away; try again"
	}
	h := w.Header()
	h.Set("Retry-After", "1")
	h.Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = w.Write(engineio.AppendError(nil, engineio.BadRequest, text))
}

// cookie sets the session's cookie, if one is wanted.
func (s *Server) cookie(h http.Header, k *Session) {
	c := s.cfg.Cookie
	if c.Name == "" {
		return
	}
	same, _ := c.sameSite() // validated
	cookie := http.Cookie{
		Name: c.Name, Value: k.sid, Path: c.Path, HttpOnly: c.HTTPOnly, Secure: c.Secure, SameSite: same,
	}
	h.Add("Set-Cookie", cookie.String())
}
