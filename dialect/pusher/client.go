package pusher

import (
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"madang"
	"madang/internal/beats"
	"madang/internal/socket"
	"madang/internal/ws"
)

// closeTime is how long a client may take to answer a close frame.
const closeTime = 5 * time.Second

// A client is one connection: the hub's Link, the owner of its Conn, and what takes in what comes over its socket.
type client struct {
	srv    *Server
	tenant *tenant
	line   *madang.Line
	conn   *madang.Conn
	sock   socket.Conn
	parser ws.Parser
	held   madang.Held // of input that is not whole yet
	from   origin

	// Of whoever handles input, one at a time.
	second int64 // of the client events counted in events
	events int

	mu      sync.Mutex
	present []presence // the presence channels it is in
	waiting bool       // the hub had something before there was a socket
	closed  bool       // Close was called

	last     atomic.Int64 // when it was heard, on the clock of the heartbeats
	asked    atomic.Bool  // it has not answered yet
	handling atomic.Bool  // something that it sent is being handled

	turn beats.Turn // of being asked whether it is there, or of having to have answered
}

// begin answers the WebSocket's handshake and connects.
func (c *client) begin(w http.ResponseWriter, r *http.Request) {
	s := c.srv
	up, err := ws.Upgrade(w, r, ws.UpgradeOptions{})
	if err != nil {
		c.line.Drop(madang.CloseGone)
		return
	}
	sock := s.pool.Take(up.Conn)
	c.parser.MaxMessage = s.cfg.MaxFrame
	c.mu.Lock()
	c.sock = sock
	closed, waiting := c.closed, c.waiting
	c.mu.Unlock()
	if closed { // the hub is going away
		sock.Close()
		return
	}
	if waiting {
		c.line.Ready()
	}
	// Held: nothing may come before the first message.
	conn, err := c.line.Connect(r.Context(), madang.ConnRequest{Dialect: dialect{}, Owner: c, Principal: c.tenant.visitor, Held: true})
	if err != nil {
		c.line.Close(madang.CloseDrain)
		sock.Run(up.Buffered, c)
		return
	}
	c.mu.Lock()
	c.conn = conn // before anything is read
	c.mu.Unlock()
	c.line.Send(s.established(conn.ID()))
	conn.Open()
	c.heard()
	s.beats.Set(c, s.cfg.PingInterval)
	sock.Run(up.Buffered, c)
}

// Handle implements socket.Handler.
func (c *client) Handle(b []byte) (stay, ok bool) {
	c.heard()
	c.handling.Store(true)
	err := c.parser.Feed(b, c.message)
	c.held.Set(c.line, c.parser.Held())
	c.handling.Store(false)
	c.heard()
	if err == nil {
		return false, true
	}
	if bad, ok := errors.AsType[*ws.CloseError](err); ok {
		c.line.Send(ws.AppendClose(nil, bad.Code, bad.Text))
	}
	c.line.Close(madang.CloseGone)
	return false, false
}

// End implements socket.Handler.
func (c *client) End(err error) {
	if err != nil { // else it was us who stopped reading
		c.sock.Close()
		c.line.Drop(madang.CloseGone)
	}
}

// message takes one message.
func (c *client) message(m ws.Message) error {
	switch m.Op {
	case ws.Ping:
		c.line.Send(ws.AppendFrame(nil, ws.Pong, m.Data))
		return nil
	case ws.Pong:
		return nil
	case ws.Close:
		// It leaves its channels now, not when the connection has ended: whoever asks next must not find it there.
		if c.conn != nil {
			c.Park(madang.CloseGone)
			c.conn.Close(madang.CloseGone)
		}
		code, _ := m.CloseReason()
		return &ws.CloseError{Code: code, Text: ""} // said back, as RFC 6455 §5.5.1 wants it
	}
	if c.conn != nil { // else it came too late, and is about to be told
		c.take(m.Data)
	}
	return nil
}

// Flush implements madang.Link.
func (c *client) Flush(b *madang.Batch) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sock == nil || c.closed {
		c.waiting = true
		return 0, nil
	}
	n, again, err := c.sock.TryWrite(b.Bytes())
	if err != nil || !again {
		return b.Len(), err
	}
	units, rest := b.Cut(n)
	b.Keep(len(rest))
	c.sock.Finish(rest, func(err error) {
		if err != nil {
			c.line.Drop(madang.CloseGone)
			return
		}
		c.line.Ready()
	})
	return units, nil
}

// Farewell implements madang.Link.
func (c *client) Farewell(r madang.CloseReason) []byte {
	if r == madang.CloseGone {
		return nil
	}
	return endingOf(r).closing()
}

// Close implements madang.Link.
func (c *client) Close(r madang.CloseReason) {
	c.mu.Lock()
	sock, closed := c.sock, c.closed
	c.closed = true
	c.mu.Unlock()
	if closed {
		return
	}
	c.srv.beats.End(c)
	c.tenant.conns.Add(-1)
	if sock == nil {
		return
	}
	switch r {
	case madang.CloseSlow: // half a frame may be out, and no words fit behind it
		sock.Abort()
	case madang.CloseGone:
		sock.Close()
	default: // the farewell is out; the client's answer, or its end, ends it
		sock.CloseWrite()
		time.AfterFunc(closeTime, sock.Close)
	}
}

// Disconnect implements madang.Owner.
func (c *client) Disconnect(r madang.CloseReason) { c.line.Close(r) }

// Describe implements madang.Described.
func (c *client) Describe() madang.Description {
	return madang.Description{Dialect: "pusher", Remote: c.from.remote}
}

// Park implements madang.Parker: the subscriptions are about to end, and those who stay are counted.
func (c *client) Park(madang.CloseReason) {
	c.mu.Lock()
	conn := c.conn
	c.mu.Unlock()
	if conn == nil || !c.tenant.app.Rules.SubscriptionCount {
		return
	}
	for _, sub := range conn.Subscriptions() {
		c.srv.counts.changed(sub.Channel(), c.tenant.app)
	}
}

// Closed implements madang.Owner.
func (c *client) Closed(madang.CloseReason) {}

// Revoked implements madang.Revoker: a right has expired, or was not given again at a sign-in.
func (c *client) Revoked(ch madang.Channel) {
	c.leave(ch)
	c.line.Send(refusedUnit(ch.Name, refusalOf(madang.ErrForbidden)))
	c.srv.counts.changed(ch, c.tenant.app)
}
