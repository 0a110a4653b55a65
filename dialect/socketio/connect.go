package socketio

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"madang"
	"madang/dialect/socketio/engineio"
	"madang/dialect/socketio/packet"
)

// corkTime is how long a client's connection may be held up by functions that wait for connections.
const corkTime = time.Second

// maxAuth is the largest auth payload in bytes. It is kept as long as the connection lives.
const maxAuth = 16 << 10

// admitTime is how long guard and middlewares may take.
const admitTime = 30 * time.Second

// connect handles a CONNECT: finds the namespace, asks guard and middlewares, and answers.
func (c *client) connect(p packet.Packet) error {
	switch {
	case c.socket(p.Namespace) != nil:
		return fmt.Errorf("%w: %s is joined already", errProtocol, p.Namespace)
	case len(p.Data)+len(p.Query) > maxAuth:
		return fmt.Errorf("%w: an auth payload of %d bytes, more than %d", errProtocol, len(p.Data)+len(p.Query), maxAuth)
	}
	hs := c.handshake()
	hs.Auth = bytes.Clone(p.Data)
	if c.session.Version() == engineio.V3 {
		hs.Auth = queryAuth(p.Query)
	}
	if len(hs.Auth) == 0 {
		hs.Auth = json.RawMessage("{}")
	}
	d := dialect{version: c.session.Version(), namespace: p.Namespace}
	if c.session.Deflate() {
		d.deflater = c.srv.engine.Deflater()
	}
	s := &Socket{client: c, wire: d, handshake: hs}
	if len(c.all()) >= c.srv.cfg.MaxNamespaces {
		s.reject(&ConnectError{Message: "Too many namespaces"}, s.v3())
		return nil
	}
	if s.ns = c.srv.find(p.Namespace, hs); s.ns == nil {
		s.reject(&ConnectError{Message: "Invalid namespace"}, false)
		return nil
	}
	defer c.srv.release(s.ns)
	s.wire.shape = s.ns.shapeInForce()
	ctx, done := context.WithTimeout(context.Background(), admitTime)
	defer done()
	err := s.admit(ctx)
	if err != nil && s.client.session.Line().Gone() {
		return nil // nobody is there to be told
	}
	if errors.Is(err, madang.ErrUnavailable) { // clients take a refusal for final, and come back from a lost connection
		s.ns.srv.log.Warn("a client cannot be let in now; it has to come back", "namespace", s.ns.name, "error", err)
		c.session.End(madang.CloseError)
		return nil
	}
	if err != nil {
		s.reject(connectError(err), s.v3())
	}
	return nil
}

// handshake returns a handshake for the next namespace. They differ in Auth alone, and most clients join one.
func (c *client) handshake() *Handshake {
	if !c.hsTaken {
		c.hsTaken = true
		return c.hs
	}
	hs := *c.hs
	return &hs
}

// queryAuth makes an auth payload of a namespace's query, which is all that clients of protocol 4 have.
func queryAuth(query string) json.RawMessage {
	q, err := url.ParseQuery(query)
	if err != nil || len(q) == 0 {
		return nil
	}
	auth := map[string]string{}
	for k := range q {
		auth[k] = q.Get(k)
	}
	b, _ := json.Marshal(auth) // strings always have a JSON form
	return b
}

// reject answers a CONNECT with a refusal.
func (s *Socket) reject(e *ConnectError, v3 bool) {
	p := packet.Packet{Type: packet.ConnectError, Data: e.payload(v3)}
	s.client.session.Line().Send(s.wire.packet(p, nil))
}

// credentials are what the handshake has for a guard.
func (s *Socket) credentials(token string) madang.Credentials {
	locale := s.handshake.Header("Accept-Language")
	if locale == "" {
		locale = s.ns.srv.cfg.Locale
	}
	query, auth := s.handshake.Query(), s.handshake.param
	return madang.Credentials{
		Guard: s.ns.config().Guard, App: s.ns.srv.cfg.App, Token: token, Header: s.handshake.Header,
		Query: func(key string) string { return cmp.Or(query.Get(key), auth(key)) }, Remote: s.handshake.Address, Locale: locale,
	}
}

// admit lets a socket into its namespace, or returns why not.
func (s *Socket) admit(ctx context.Context) error {
	who, err := s.authenticate(ctx)
	if err != nil {
		return err
	}
	if s.canRecover() {
		if ok, err := s.recover(ctx, who); ok || err != nil {
			return err
		}
	}
	if err := s.middlewares(ctx); err != nil {
		return err
	}
	// The client hears that it is connected when those who wait for connections are done with it: what it asks for then,
	// and what it is told from then on, leaves no gap. Who takes longer, or wants an answer of it, does not hold it up.
	line := s.client.session.Line()
	line.Cork()
	defer line.Uncork()
	defer time.AfterFunc(corkTime, line.Uncork).Stop()
	if err := s.register(ctx, who); err != nil {
		return err
	}
	s.started()
	return nil
}

// authenticate asks the namespace's guard. In the modes that let everybody in, a refusal is kept for later.
func (s *Socket) authenticate(ctx context.Context) (*madang.Principal, error) {
	cfg := s.ns.config()
	nobody := &madang.Principal{App: s.ns.srv.cfg.App}
	if cfg.Guard == "" {
		return nobody, nil
	}
	var who *madang.Principal
	err := s.ns.srv.hub.Patiently(ctx, func() (err error) {
		who, err = s.ns.srv.hub.Authenticate(ctx, s.credentials(s.handshake.Token()))
		return err
	})
	if err == nil {
		return who, nil
	}
	if cfg.Mode == Reject || errors.Is(err, madang.ErrUnavailable) {
		return nil, err
	}
	s.refused = refusalOf(err)
	return nobody, nil
}

// refusalOf is what a client may know of a guard's error.
func refusalOf(err error) *madang.Refusal {
	if r, ok := errors.AsType[*madang.Refusal](err); ok {
		return r
	}
	code, text := code(err)
	return &madang.Refusal{Code: code, Text: text, Err: madang.ErrUnauthenticated}
}

func (s *Socket) middlewares(ctx context.Context) error {
	for _, f := range s.ns.chain() {
		if err := f(ctx, s); err != nil {
			if _, ok := errors.AsType[*ConnectError](err); !ok {
				return &ConnectError{Message: err.Error()} // as the original: a middleware's own words
			}
			return err
		}
	}
	return nil
}

// register takes the socket into the hub and answers the client.
func (s *Socket) register(ctx context.Context, who *madang.Principal) error {
	var d madang.Dialect = s.wire
	answer := map[string]string{}
	if s.canRecover() {
		if err := s.ns.srv.calls.Open(ctx); err != nil { // other nodes could not ask for it
			s.ns.srv.log.Warn("clients cannot take up their connections on other nodes now", "error", err)
		}
		s.pid, s.seen, s.fate = newPID(s.ns.srv.hub.Node()), s.ns.srv.hub.Stamp(), &fate{live: s}
		d = recoverable{s.wire, s.ns.rec}
		answer["pid"] = s.pid
	}
	err := s.connectAs(ctx, madang.ConnRequest{Dialect: d, Principal: who, ID: s.newID()})
	if err != nil {
		return err
	}
	hub := s.ns.srv.hub
	var sub *madang.Subscription
	err = hub.Patiently(ctx, func() error {
		sub, err = hub.Subscribe(ctx, s.conn, s.ns.all, madang.Messages)
		return err
	})
	if err != nil {
		s.conn.Close(madang.CloseError)
		return err
	}
	answer["sid"] = s.id
	switch {
	case !s.enlist():
	case s.pid == "":
		if s.welcome(answer) {
			sub.Open()
			return nil
		}
	default:
		s.ns.rec.mu.Lock() // nothing may be encoded between the answer and the opening
		welcome := s.welcome(answer)
		sub.OpenSince(hub.Stamp())
		s.ns.rec.mu.Unlock()
		if welcome {
			return nil
		}
	}
	return s.tooLate(ctx)
}

// tooLate returns why a socket has ended before it was welcome.
func (s *Socket) tooLate(ctx context.Context) error {
	s.conn.Close(madang.CloseGone)
	if !s.conn.Expired() {
		return fmt.Errorf("connect: %w", madang.ErrClosed)
	}
	if _, err := s.authenticate(ctx); err != nil { // the guard has the words
		return err
	}
	return fmt.Errorf("connect: the credentials have expired: %w", madang.ErrUnauthenticated)
}

// connectAs makes the socket's connection. The hub may have something to say to its owner at once (a token that has just
// expired), which waits for the lock.
func (s *Socket) connectAs(ctx context.Context, r madang.ConnRequest) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.Owner = owner{s}
	conn, err := s.client.session.Line().Connect(ctx, r)
	if err == nil {
		s.conn, s.id = conn, string(conn.ID())
	}
	return err
}

// canRecover reports whether the client may take up this connection later. Those of protocol 4 do not know how.
func (s *Socket) canRecover() bool { return s.ns.rec != nil && !s.v3() }

// welcome answers the CONNECT, unless the socket has ended already.
func (s *Socket) welcome(answer map[string]string) bool {
	p := packet.Packet{Type: packet.Connect}
	if !s.v3() {
		p.Data, _ = json.Marshal(answer) // strings always have a JSON form
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended || s.dismissed {
		return false
	}
	s.greeted = true
	s.client.session.Line().Send(s.wire.packet(p, nil))
	return true
}

// newID returns the name of a socket: in protocol 4 clients derive it from the session's, else the hub makes one.
func (s *Socket) newID() madang.ConnID {
	switch {
	case !s.v3():
		return ""
	case s.ns.name == packet.Root:
		return madang.ConnID(s.client.session.ID())
	}
	return madang.ConnID(s.ns.name + "#" + s.client.session.ID())
}

// started runs what waits for connections, unless the guard has refused this one.
func (s *Socket) started() {
	if s.refused != nil {
		if s.ns.config().Mode == Disconnect {
			s.leave(madang.CloseDenied)
		}
		return
	}
	for _, f := range s.ns.connected() {
		f(s)
	}
}
