package socketio

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"madang"
	"madang/dialect/socketio/carrier"
	"madang/dialect/socketio/engineio"
	"madang/dialect/socketio/packet"
)

// maxWaiting is how many packets of one client may wait for its handlers; reading stops until there are fewer, and until
// they hold no more than the largest message may.
const maxWaiting = 1024

// errProtocol is what a client did that the protocol answers with the end of the whole connection.
var errProtocol = errors.New("socket.io: protocol error")

// A client is one session and the sockets that it carries, one for each namespace it has joined.
type client struct {
	srv     *Server
	session *carrier.Session
	hs      *Handshake
	hsTaken bool // by the socket of the first namespace; others get a copy
	parser  packet.Parser
	asm     *packet.Assembler // nil before the first binary packet
	parts   madang.Held       // of a packet whose binary frames are still to come

	mu       sync.Mutex
	room     *sync.Cond       // waits for fewer waiting packets; nil before somebody does
	waiting  []packet.Message // for their handlers
	weight   int              // of waiting, in bytes
	counted  int              // so much of it the hub knows of
	working  bool             // somebody runs handlers
	sockets  []*Socket        // connected ones
	sentAway []string         // namespaces whose socket the server has disconnected
	timer    *time.Timer      // until the first namespace is joined
	closed   bool
	finish   func() // takes nothing more; called when nobody runs handlers
}

// open makes the handler of a new session.
func (s *Server) open(k *carrier.Session, r *http.Request) carrier.Handler {
	c := &client{srv: s, session: k, hs: newHandshake(r, s.remote(r), s.hub.Now())}
	c.parser.Limits = packet.Limits{MaxAttachments: s.cfg.MaxAttachments, MaxBytes: s.cfg.MaxPayload}
	if k.Version() == engineio.V3 { // protocol 4: the client is in the root namespace without asking
		c.waiting = []packet.Message{{Packet: packet.Packet{Type: packet.Connect, Namespace: packet.Root}}}
		go c.Work(c.Settle())
		return c
	}
	c.timer = time.AfterFunc(s.cfg.ConnectTimeout, c.idle)
	return c
}

// idle ends a session that has not joined a namespace.
func (c *client) idle() {
	c.mu.Lock()
	none := len(c.sockets) == 0
	c.mu.Unlock()
	if none {
		c.session.End(madang.CloseTimeout)
	}
}

// Receive implements carrier.Handler. Acknowledgements are taken at once, because a handler may be waiting for one;
// all else waits for its turn.
func (c *client) Receive(data []byte, binary bool) error {
	m, complete, err := c.packet(data, binary)
	if c.asm != nil {
		c.parts.Set(c.session.Line(), c.asm.Held())
	}
	if err != nil || !complete {
		return err
	}
	if t := m.Packet.Type.Plain(); t == packet.Ack {
		return c.ack(m)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.finish != nil {
		return nil
	}
	if c.working { // whoever it is will still be at it when the memory that m lies in is used for something else
		m.Packet.Data = bytes.Clone(m.Packet.Data)
	}
	c.waiting = append(c.waiting, m)
	c.weight += weight(m)
	return nil
}

// weight is what a packet holds in memory, but for a few words.
func weight(m packet.Message) int {
	n := len(m.Packet.Data)
	for _, part := range m.Parts {
		n += len(part)
	}
	return n
}

// count tells the hub how much waits; the lock is held.
func (c *client) count() {
	if c.weight != c.counted {
		c.session.Line().Hold(c.weight - c.counted)
		c.counted = c.weight
	}
}

// full reports whether so much waits that nothing more is let in; the lock is held.
func (c *client) full() bool { return len(c.waiting) > maxWaiting || c.weight > c.srv.cfg.MaxPayload }

func (c *client) packet(data []byte, binary bool) (packet.Message, bool, error) {
	if binary {
		return c.assembler().Binary(data)
	}
	p, err := c.parser.Parse(data)
	if err != nil {
		return packet.Message{}, false, err
	}
	if p.Attachments == 0 && c.asm == nil {
		return packet.Message{Packet: p}, true, nil
	}
	return c.assembler().Text(p)
}

// assembler returns what joins binary packets; most clients never need it.
func (c *client) assembler() *packet.Assembler {
	if c.asm == nil {
		c.asm = &packet.Assembler{Limits: c.parser.Limits}
	}
	return c.asm
}

// Settle implements carrier.Handler.
func (c *client) Settle() (mine bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.working { // else nothing is kept: it is worked on before anything more is read
		c.count()
	}
	mine = !c.working && len(c.waiting) > 0
	c.working = c.working || mine
	return mine
}

// Work implements carrier.Handler: it runs the handlers of what has been received, one after another. What comes
// meanwhile is for the same goroutine, and only so much of it is let in.
func (c *client) Work(mine bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !mine {
		for c.full() && c.working && !c.closed {
			if c.room == nil {
				c.room = sync.NewCond(&c.mu)
			}
			c.room.Wait()
		}
		return
	}
	for len(c.waiting) > 0 {
		m := c.waiting[0]
		c.weight -= weight(m)
		c.waiting[0] = packet.Message{}
		if c.waiting = c.waiting[1:]; len(c.waiting) == 0 {
			c.waiting = nil
		}
		c.mu.Unlock()
		err := c.process(m)
		c.mu.Lock()
		if err != nil {
			c.closed, c.waiting, c.weight = true, nil, 0
			go c.session.End(reasonOf(err))
		}
		if c.weight < c.counted {
			c.count()
		}
		c.moved()
	}
	c.working = false
	c.moved()
	if c.finish != nil {
		c.finish()
	}
}

// Finish lets what has begun come to its end.
func (c *client) Finish(done func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting, c.weight, c.finish = nil, 0, done
	if !c.working {
		done()
	}
}

// moved wakes who waits for fewer waiting packets; the lock is held.
func (c *client) moved() {
	if c.room != nil {
		c.room.Broadcast()
	}
}

// errPanic is what becomes of a handler's panic: the end of its connection.
var errPanic = errors.New("socket.io: a handler panicked")

func reasonOf(err error) madang.CloseReason {
	if errors.Is(err, errPanic) {
		return madang.CloseError
	}
	return madang.CloseProtocol
}

// process handles one packet. An error ends the session.
func (c *client) process(m packet.Message) (err error) {
	defer func() {
		if v := recover(); v != nil {
			c.srv.log.Error("a handler panicked; its connection is closed", "conn", c.ids(), "namespace", m.Packet.Namespace,
				"panic", fmt.Sprint(v), "stack", string(debug.Stack()))
			err = errPanic
		}
	}()
	switch m.Packet.Type.Plain() {
	case packet.Connect:
		return c.connect(m.Packet)
	case packet.Disconnect:
		if s := c.socket(m.Packet.Namespace); s != nil {
			s.close(madang.CloseGone)
		}
		return nil
	case packet.Event:
		s, err := c.addressee(m.Packet.Namespace)
		if s == nil {
			return err
		}
		return s.event(m)
	}
	return fmt.Errorf("%w: packet type %d from a client", errProtocol, m.Packet.Type)
}

// ids returns the names of the client's sockets, for logs.
func (c *client) ids() (all []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.sockets {
		all = append(all, s.id)
	}
	return all
}

func (c *client) ack(m packet.Message) error {
	s, err := c.addressee(m.Packet.Namespace)
	if s == nil {
		return err
	}
	if !m.Packet.HasID {
		return fmt.Errorf("%w: an acknowledgement of nothing", errProtocol)
	}
	s.conn.Answer(m.Packet.ID, bytes.Clone(m.Packet.Data), m.Parts)
	return nil
}

// addressee returns the socket that a packet is for. It is nil without an error if the server has just disconnected it:
// the client cannot have known that.
func (c *client) addressee(namespace string) (*Socket, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.find(namespace); s != nil || slices.Contains(c.sentAway, namespace) {
		return s, nil
	}
	return nil, fmt.Errorf("%w: a packet for %s, which this client has not joined", errProtocol, namespace)
}

// socket returns the client's socket in a namespace, or nil.
func (c *client) socket(namespace string) *Socket {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.find(namespace)
}

// find is socket with the lock held.
func (c *client) find(namespace string) *Socket {
	for _, s := range c.sockets {
		if s.ns.name == namespace {
			return s
		}
	}
	return nil
}

// dismiss notes that the server disconnects a socket, so that what is on its way is no offence.
func (c *client) dismiss(namespace string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !slices.Contains(c.sentAway, namespace) {
		c.sentAway = append(c.sentAway, namespace)
	}
}

// add takes a socket; false if the session has ended.
func (c *client) add(s *Socket) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return false
	}
	if c.timer != nil {
		c.timer.Stop()
		c.timer = nil
	}
	c.sockets = append(c.sockets, s)
	c.sentAway = slices.DeleteFunc(c.sentAway, func(n string) bool { return n == s.ns.name })
	return true
}

func (c *client) remove(s *Socket) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sockets = slices.DeleteFunc(c.sockets, func(o *Socket) bool { return o == s })
}

// Closed implements carrier.Handler. The sockets end with the hub's line.
func (c *client) Closed(madang.CloseReason) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	if c.timer != nil {
		c.timer.Stop()
	}
	c.moved()
}
