package madang

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
)

// An Owner is the dialect's side of a connection: it is told when the hub wants the connection to end, and that it has.
type Owner interface {
	// Disconnect ends the connection in the dialect's own words; it calls Conn.Close or Line.Close when it has said
	// them. The hub calls it on a goroutine of its own.
	Disconnect(CloseReason)
	// Closed says that the connection has ended. It is called once.
	Closed(CloseReason)
}

// A Revoker is an Owner that wants to know when a subscription ends although the client did not ask for it: its grant
// has expired, or was not given again on a renewal.
type Revoker interface{ Revoked(Channel) }

// A Parker is an Owner that wants to know that its connection's line is lost before the connection's subscriptions end:
// it can put another connection of the same name in its place, that nothing is missed by a client who will come back.
type Parker interface {
	Owner
	Park(CloseReason)
}

// A Conn is one authenticated connection. A dialect calls its methods when the client asks for something, and every
// call asks the policies first. Methods may be called at once from several goroutines.
type Conn struct {
	id      ConnID
	number  uint64 // on this node; with others of its client: theirs
	hub     *Hub
	line    *Line
	dialect Dialect
	owner   Owner
	who     atomic.Pointer[Principal]
	held    atomic.Bool // emits pass it by: it is about to be told from a record
	expired atomic.Bool

	mu      sync.Mutex
	closed  bool
	done    chan struct{} // made when somebody asks for it
	entered []Channel
	untold  map[Channel]bool // those of whose entering nobody could be told, and whether it was the user's first; usually nil
	bucket  bucket

	deadline *deadline // of its principal; the hub's
	release  func()    // ends the hearing of what is sent to connections of the node that named it; nil: that is this one
}

// A Described is an Owner that can say where its connection comes from, for lists that people read.
type Described interface {
	Owner
	Describe() Description
}

// A Description says what a connection is to people.
type Description struct {
	Dialect string // socketio, pusher, ably
	Remote  string // address of the client; empty: not known
}

// A ConnRequest is what a dialect asks for when a client connects.
type ConnRequest struct {
	Dialect     Dialect
	Credentials Credentials
	Owner       Owner
	ID          ConnID     // to take up an earlier connection's name (recovery); empty: a new one
	Replace     bool       // take the name even from a connection that still has it
	Principal   *Principal // who it is, when that is known already; the guard is not asked
	Held        bool       // begin held: see Conn.Open

	// With is another connection of the same client on the same line: whoever leaves that one out of a message leaves this
	// one out as well. Nil: none.
	With *Conn
}

// Authenticate asks the guard that the credentials name.
func (h *Hub) Authenticate(ctx context.Context, cr Credentials) (*Principal, error) {
	name := cr.Guard
	if name == "" {
		name = "api"
	}
	g, ok := h.cfg.Guards[name]
	if !ok {
		return nil, fmt.Errorf("guard %q is not configured: %w", name, ErrUnauthenticated)
	}
	p, err := g.Authenticate(ctx, cr)
	if err != nil {
		return nil, fmt.Errorf("guard %q: %w", name, err)
	}
	return p, nil
}

// Connect authenticates a connection on the line and takes it into the hub.
func (k *Line) Connect(ctx context.Context, r ConnRequest) (*Conn, error) {
	p := r.Principal
	if p == nil {
		var err error
		if p, err = k.hub.Authenticate(ctx, r.Credentials); err != nil {
			return nil, err
		}
	}
	h := k.hub
	c := &Conn{id: r.ID, number: h.numbers.Add(1), hub: h, line: k, dialect: r.Dialect, owner: r.Owner}
	if r.With != nil {
		c.number = r.With.number
	}
	if c.id == "" {
		c.id = h.NewConnID()
	}
	if n, ok := NodeOf(c.id); ok && n != h.node && r.ID != "" {
		var err error
		if c.release, err = h.Adopt(ctx, n); err != nil {
			return nil, err
		}
	}
	c.held.Store(r.Held)
	c.who.Store(p) // before anybody can find the connection
	s := h.connShard(c.id)
	s.mu.Lock()
	if _, taken := s.m[c.id]; taken && !r.Replace {
		s.mu.Unlock()
		c.disown()
		return nil, fmt.Errorf("connect %s: this connection is still here: %w", c.id, ErrInvalid)
	}
	s.m[c.id] = c
	s.mu.Unlock()
	if !k.addConn(c) {
		h.forget(c)
		c.disown()
		return nil, fmt.Errorf("connect: %w", ErrClosed)
	}
	c.setPrincipal(p)
	h.observe(func(o *Observer) {
		if o.Connected != nil {
			o.Connected(c)
		}
	})
	return c, nil
}

// NewConnID returns a fresh, unguessable name for a connection.
func (h *Hub) NewConnID() ConnID {
	b := make([]byte, 0, 40)
	b = append(append(b, h.node...), '.')
	return ConnID(strconv.AppendUint(b, random(), 10))
}

func (h *Hub) forget(c *Conn) {
	s := h.connShard(c.id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.m[c.id] == c {
		delete(s.m, c.id)
	}
}

// ID returns the connection's name.
func (c *Conn) ID() ConnID { return c.id }

// Hub returns the hub.
func (c *Conn) Hub() *Hub { return c.hub }

// Line returns the line that carries the connection.
func (c *Conn) Line() *Line { return c.line }

// Principal returns who is connected. It changes with Renew.
func (c *Conn) Principal() *Principal { return c.who.Load() }

// Owner returns what the dialect gave to Connect.
func (c *Conn) Owner() Owner { return c.owner }

// Open lets emits reach a connection that began held.
func (c *Conn) Open() { c.held.Store(false) }

// Expired reports whether the principal's time is over: the connection may do nothing until it is renewed.
func (c *Conn) Expired() bool { return c.expired.Load() }

// Done returns a channel that is closed when the connection has ended.
func (c *Conn) Done() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done == nil {
		c.done = make(chan struct{})
		if c.closed {
			close(c.done)
		}
	}
	return c.done
}

// Close ends the connection: what it was sent is still delivered, it leaves its channels and presence sets.
// The line goes on for the others that it carries.
func (c *Conn) Close(r CloseReason) {
	c.line.removeConn(c)
	c.finish(r)
}

// Kick asks the dialect to end the connection in its own words.
func (c *Conn) Kick(r CloseReason) {
	if c.owner != nil {
		go c.owner.Disconnect(r)
		return
	}
	c.Close(r)
}

// finish is the end of a connection, whichever way it came.
func (c *Conn) finish(r CloseReason) {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return
	}
	c.closed = true
	if c.done != nil {
		close(c.done)
	}
	entered := c.entered
	c.entered = nil
	c.mu.Unlock()
	c.hub.forget(c)
	c.disown()
	for _, s := range c.Subscriptions() {
		s.leave()
	}
	if c.hub.stays(r) {
		entered = nil
	}
	for _, ch := range entered {
		if err := c.hub.depart(c.hub.life, ch, c.id, nil); err != nil {
			c.hub.log.Warn("leaving a presence set failed", "conn", c.id, "channel", ch.String(), "error", err)
		}
	}
	c.hub.observe(func(o *Observer) {
		if o.Closed != nil {
			o.Closed(c, r)
		}
	})
	if c.owner != nil {
		c.owner.Closed(r)
	}
}

// disown ends what Adopt has begun. It may ask the broker, for which nobody waits here.
func (c *Conn) disown() {
	if c.release != nil {
		go c.release()
	}
}

// allow checks what every call has in common, then asks the policies.
func (c *Conn) allow(ctx context.Context, r AccessRequest) (*Grant, error) {
	if err := c.live(); err != nil {
		return nil, err
	}
	r.Principal, r.Conn = c.who.Load(), c.id
	return c.hub.Authorize(ctx, r)
}

// live refuses calls of a connection that has ended or whose credentials have expired.
func (c *Conn) live() error {
	if c.Ended() {
		return fmt.Errorf("connection %s: %w", c.id, ErrClosed)
	}
	if c.expired.Load() {
		return fmt.Errorf("connection %s: its credentials have expired: %w", c.id, ErrUnauthenticated)
	}
	return nil
}

// Ended reports whether the connection has ended. An observer that takes connections down when they come and strikes them
// off when they close asks it after it took one down: the end may have come first.
func (c *Conn) Ended() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}

// Spend takes one message from the connection's allowance; [ErrTooMany] when it is used up. A dialect calls it once for
// each thing that the client asks for, whatever it then does about it, so that nothing is charged twice.
func (c *Conn) Spend() error {
	lim := &c.hub.limits
	if lim.MessageRate <= 0 {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.bucket.take(c.hub.now(), lim.MessageRate, max(lim.MessageBurst, lim.MessageRate)) {
		return fmt.Errorf("connection %s: more than %d messages per second: %w", c.id, lim.MessageRate, ErrTooMany)
	}
	return nil
}

// Publish publishes as this connection. The sender is the principal, whatever m says.
func (c *Conn) Publish(ctx context.Context, m *Message) (Position, error) {
	if err := m.Channel.Validate(); err != nil {
		return Position{}, err
	}
	if n, most := m.size(), c.hub.limits.MaxMessage; n > most {
		return Position{}, fmt.Errorf("publish %s: %d bytes, more than %d: %w", m.Channel, n, most, ErrInvalid)
	}
	in, _ := c.subscription(m.Channel)
	if _, err := c.allow(ctx, AccessRequest{Action: ActPublish, Channel: m.Channel, Name: m.Name, Subscribed: in != nil}); err != nil {
		return Position{}, err
	}
	m.Sender = Sender{Conn: c.id, User: c.Principal().User}
	pos, err := c.hub.Publish(ctx, m)
	if err != nil {
		return Position{}, err
	}
	return pos[0], nil
}

// Call runs the procedure of that name.
func (c *Conn) Call(ctx context.Context, name string, arg []byte) ([]byte, error) {
	p, ok := c.hub.procedures[name]
	if !ok {
		return nil, fmt.Errorf("call %q: no such procedure: %w", name, ErrNotFound)
	}
	if err := c.live(); err != nil {
		return nil, err
	}
	at := Channel{App: c.Principal().App, Name: name}
	if _, err := c.allow(ctx, AccessRequest{Action: ActCall, Channel: at}); err != nil {
		return nil, err
	}
	reply, err := run(ctx, p, c, arg)
	if _, ours := errors.AsType[*panicError](err); ours {
		c.hub.log.Error("a procedure has failed", "procedure", name, "conn", c.id, "error", err)
	}
	return reply, err
}

// run lets a procedure answer.
func run(ctx context.Context, p Procedure, c *Conn, arg []byte) (reply []byte, err error) {
	defer caught(&err)
	return p(ctx, c, arg)
}

// History returns a page of a channel's stream.
func (c *Conn) History(ctx context.Context, ch Channel, q HistoryQuery) (Page, error) {
	if err := ch.Validate(); err != nil {
		return Page{}, err
	}
	if _, err := c.allow(ctx, AccessRequest{Action: ActHistory, Channel: ch}); err != nil {
		return Page{}, err
	}
	return c.hub.broker.History(ctx, ch, q)
}

// Subscriptions returns those of this connection that have not ended.
func (c *Conn) Subscriptions() []*Subscription {
	all := c.line.subscriptions()
	return slices.DeleteFunc(all, func(s *Subscription) bool { return s.conn != c || s.end.Load() != openEnd })
}
