package ably

import (
	"cmp"
	"crypto/rand"
	"crypto/subtle"
	"encoding/binary"
	"net/http"
	"strconv"
	"strings"
	"time"

	"madang"
	"madang/dialect/ably/protocol"
	"madang/dialect/ably/shape"
	"madang/dialect/ably/token"
	"madang/internal/convention"
	"madang/internal/socket"
	"madang/internal/ws"
)

// An arrival is a client at its handshake.
type arrival struct {
	srv        *Server
	sock       socket.Conn
	buffered   []byte
	wire       wire
	app        *madang.App
	details    *token.Details
	claimed    string // the client id that it says it has
	remote     string
	echo       bool
	heartbeats bool
}

// ServeHTTP implements http.Handler. Whatever is wrong, the client is let in first and told then: it would take a refused
// handshake for a broken network.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !ws.IsUpgrade(r) {
		http.Error(w, "this is the address of WebSocket clients", http.StatusUpgradeRequired)
		return
	}
	if key := r.URL.Query().Get("upgrade"); key != "" && s.session(idOf(key)) == nil && s.forward(w, r, key) {
		return
	}
	s.welcome(w, r)
}

// welcome lets a client in over a WebSocket of this node.
func (s *Server) welcome(w http.ResponseWriter, r *http.Request) {
	up, err := ws.Upgrade(w, r, ws.UpgradeOptions{})
	if err != nil {
		return
	}
	s.arrive(s.pool.Take(up.Conn), up.Buffered, r, wire{binary: r.URL.Query().Get("format") == "msgpack"})
}

// arrive lets a client in over what it has for a socket, or tells it there why not.
func (s *Server) arrive(sock socket.Conn, buffered []byte, r *http.Request, w wire) {
	q := r.URL.Query()
	a := &arrival{
		srv: s, sock: sock, buffered: buffered, wire: w,
		claimed: q.Get("clientId"), remote: strings.Clone(s.o.Remote(r)), echo: q.Get("echo") != "false", heartbeats: q.Get("heartbeats") == "true",
	}
	if _, polls := sock.(*pipe); polls { // it sees no pings
		a.heartbeats = true
	}
	var err error
	a.details, err = authenticate(background(), s.o.Authority, madang.Credentials{
		Guard: GuardName, Header: r.Header.Get, Query: q.Get, Remote: s.o.Remote(r),
	})
	if err != nil {
		a.turnAway(shape.InfoOf(err))
		return
	}
	if a.app = s.o.Apps.ByID(a.details.App); a.app == nil {
		a.turnAway(shape.Info(shape.CodeNotFound, "There is no such app."))
		return
	}
	if !convention.OriginAllowed(a.app.Rules.Origins, r.Header.Get("Origin")) {
		a.turnAway(shape.Info(shape.CodeUnauthorized, "The app does not allow connections from this origin."))
		return
	}
	if key := q.Get("upgrade"); key != "" {
		if info := a.upgrade(key); info != nil {
			a.turnAway(info)
		}
		return
	}
	key := cmp.Or(q.Get("resume"), q.Get("recover"))
	if key == "" {
		a.begin(nil)
	} else if info := a.resume(key); info != nil {
		a.begin(info)
	}
}

// turnAway tells a client why it may not stay. A token that a new one would cure is no reason to give up.
func (a *arrival) turnAway(info *protocol.ErrorInfo) {
	p := &protocol.Frame{Action: protocol.Error, Error: info}
	if e := (&token.Error{Code: info.Code}); e.Renewable() || info.StatusCode >= 500 {
		p.Action = protocol.Disconnected
	}
	out := ws.AppendClose(a.wire.unit(p), ws.CodeNormal, "")
	if _, again, err := a.sock.TryWrite(out); err != nil || again {
		a.sock.Close() // a fresh connection without room for two small frames
		return
	}
	a.sock.CloseWrite()
	a.sock.Run(nil, parting{a.sock, time.AfterFunc(closeTime, a.sock.Close)})
}

// A parting waits for the end of a connection that has been said goodbye to.
type parting struct {
	socket.Conn
	timer *time.Timer
}

// Handle implements socket.Handler.
func (p parting) Handle([]byte) (stay, ok bool) { return false, true }

// End implements socket.Handler.
func (p parting) End(error) {
	p.timer.Stop()
	p.Close()
}

// freshID returns an id for a connection: of the form that the hub's have, and naming the node as they do, but shorter, because
// every message that its client publishes brings it to every subscriber. The connection's key is the secret here.
func (s *Server) freshID() string {
	node, _, _ := strings.Cut(string(s.hub.NewConnID()), ".")
	for {
		var b [4]byte
		_, _ = rand.Read(b[:]) // it never fails
		id := node + "." + strconv.FormatUint(uint64(binary.BigEndian.Uint32(b[:])), 10)
		if s.session(id) == nil { // among a hundred thousand, two would come by the same one
			return id
		}
	}
}

// begin makes a new session; info says why an earlier one was not found.
func (a *arrival) begin(info *protocol.ErrorInfo) {
	srv := a.srv
	s := &session{srv: srv, app: a.app.ID, id: srv.freshID(), remote: a.remote, events: a.wire, binary: a.wire.binary, pings: a.heartbeats,
		echo: a.echo, claimed: a.claimed, attached: map[string]*attachment{}}
	if !srv.enroll(s, a.app) {
		a.turnAway(&protocol.ErrorInfo{Code: shape.CodeRate, StatusCode: 429, Message: "The app has as many connections as it may."})
		return
	}
	s.in.Lock()
	defer s.in.Unlock()
	s.prove(a.details)
	s.renewKey()
	c := a.carrier(s)
	s.carrier = c
	line, err := srv.hub.Open(s)
	if err == nil {
		s.line = line
		s.conn, err = line.Connect(background(), madang.ConnRequest{
			Dialect: s.events, Owner: s, ID: shape.ConnID(s.id, 0), Principal: PrincipalOf(a.details), Held: true,
		})
	}
	if err != nil { // this node is full or going away, and may soon be replaced
		srv.strike(s)
		a.turnAway(shape.Info(shape.CodeUnavailable, "This server takes no more connections now."))
		if line != nil {
			s.mu.Lock()
			s.carrier = nil
			s.mu.Unlock()
			line.Drop(madang.CloseGone)
		}
		return
	}
	line.Send(s.connected(info))
	s.conn.Open()
	a.run(c)
	s.settle()
}

func (a *arrival) carrier(s *session) *carrier {
	c := &carrier{session: s, sock: a.sock}
	c.parser.MaxMessage = a.srv.cfg.MaxFrame
	return c
}

// run starts reading; the session's in is held.
func (a *arrival) run(c *carrier) {
	c.heard()
	if p, ok := a.sock.(*pipe); ok {
		p.bind(c.session.line)
	}
	c.session.schedule()
	a.sock.Run(a.buffered, c)
}

// resume gives a client its earlier connection back, or says why it cannot.
func (a *arrival) resume(key string) *protocol.ErrorInfo {
	s, info := a.earlier(key)
	if s == nil {
		return info
	}
	s.in.Lock()
	defer s.in.Unlock()
	next, info := a.continues(s, key)
	if info != nil {
		return info
	}
	lost := resumeLost()
	if err := s.become(next); err != nil {
		return lost
	}
	s.suspend()
	s.echo = a.echo
	s.renewKey()
	c := a.carrier(s)
	if !s.adopt(c, a, false) {
		return lost
	}
	a.run(c)
	return nil
}

func resumeLost() *protocol.ErrorInfo {
	return shape.Info(codeResumeLost, "The connection is not known here any more; a new one took its place.")
}

// earlier returns the session that a key is of, or why there is none.
func (a *arrival) earlier(key string) (*session, *protocol.ErrorInfo) {
	id, _, ok := strings.Cut(key, "-")
	if !ok || strings.Count(id, ".") != 1 {
		return nil, shape.Info(codeBadResume, "The connection key is malformed.")
	}
	if s := a.srv.session(id); s != nil {
		return s, nil
	}
	return nil, resumeLost()
}

// continues returns who the client of a session is with what it shows now, or why it may not go on with it. The session's in
// is held.
func (a *arrival) continues(s *session, key string) (*token.Details, *protocol.ErrorInfo) {
	s.mu.Lock()
	known := !s.ended && subtle.ConstantTimeCompare([]byte(s.key), []byte(key)) == 1
	s.mu.Unlock()
	if !known || s.app != a.app.ID {
		return nil, resumeLost()
	}
	next, err := a.srv.o.Authority.Renew(s.details, a.details)
	if err != nil || a.claimed != "" && s.details.ClientID != "" && a.claimed != s.details.ClientID {
		return nil, shape.Info(codeOtherClient, "The connection belongs to another client id; a new one took its place.")
	}
	return next, nil
}
