package socketio

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"madang"
	"madang/dialect/socketio/carrier"
	"madang/dialect/socketio/engineio"
	"madang/dialect/socketio/packet"
)

// A Socket is one client in one namespace. Its methods may be called by any goroutine.
type Socket struct {
	id        string
	ns        *Namespace
	client    *client
	conn      *madang.Conn
	wire      dialect
	handshake *Handshake
	recovered bool
	pid       string          // names the socket for recovery; empty: it cannot be recovered
	seen      uint64          // a stamp: the client cannot have missed anything older
	refused   *madang.Refusal // why its events are refused, in mode per-event
	lapsed    atomic.Bool     // its token expired, in mode per-event
	final     atomic.Bool     // it was ended on purpose, by either side: it cannot be recovered
	fate      *fate           // of a socket that can be recovered

	mu        sync.Mutex
	data      any
	handlers  map[string]EventHandler
	leaving   []func(madang.CloseReason)
	life      *life // nil before somebody asks for it
	greeted   bool  // its CONNECT has been answered, and no DISCONNECT was sent
	dismissed bool  // it is being disconnected: its CONNECT must not be answered any more
	ended     bool
}

// A life is a socket's context.
type life struct {
	context.Context
	end context.CancelFunc
}

// ID returns the socket's public name. Other sockets may send to it as to a room.
func (s *Socket) ID() string { return s.id }

// Namespace returns where the socket is connected.
func (s *Socket) Namespace() *Namespace { return s.ns }

// Handshake returns what the client said when it connected.
func (s *Socket) Handshake() *Handshake { return s.handshake }

// Conn returns the hub's connection. In a middleware there is none yet.
func (s *Socket) Conn() *madang.Conn { return s.conn }

// Session returns what carries the socket, and the client's sockets in other namespaces. Ending it closes the client's
// connection without DISCONNECT, after which clients come back by themselves.
func (s *Socket) Session() *carrier.Session { return s.client.session }

// User returns who is connected: what the namespace's guard learned. It is never nil; without a guard it is nobody.
func (s *Socket) User() *madang.Principal {
	if s.conn == nil {
		return &madang.Principal{}
	}
	return s.conn.Principal()
}

// Recovered reports whether the client took up an earlier connection, with its id, rooms and data.
func (s *Socket) Recovered() bool { return s.recovered }

// Recoverable reports whether the client can take up this connection when it has lost it.
func (s *Socket) Recoverable() bool { return s.pid != "" }

// Data returns what SetData was given.
func (s *Socket) Data() any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.data
}

// SetData keeps a value with the socket.
func (s *Socket) SetData(v any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.data = v
}

// Context returns a context that ends with the socket.
func (s *Socket) Context() context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.life == nil {
		ctx, end := context.WithCancel(context.Background())
		s.life = &life{ctx, end}
		if s.ended {
			end()
		}
	}
	return s.life.Context
}

// On registers a handler for this socket alone. It goes before the namespace's.
func (s *Socket) On(event string, f EventHandler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.handlers == nil {
		s.handlers = map[string]EventHandler{}
	}
	s.handlers[event] = f
}

// OnDisconnect adds a function that is called, on a goroutine of its own, when the socket has ended.
func (s *Socket) OnDisconnect(f func(madang.CloseReason)) {
	s.mu.Lock()
	ended := s.ended
	if !ended {
		s.leaving = append(s.leaving, f)
	}
	s.mu.Unlock()
	if ended {
		go s.left([]func(madang.CloseReason){f}, madang.CloseNormal)
	}
}

// Join puts the socket into rooms. It hears what is sent to them from the return on.
func (s *Socket) Join(rooms ...string) error { return s.enter(context.Background(), rooms) }

func (s *Socket) enter(ctx context.Context, rooms []string) error {
	for _, r := range rooms {
		if r == s.id {
			continue // it hears its own name without a room
		}
		sub, err := s.ns.srv.hub.Subscribe(ctx, s.conn, RoomChannel(s.ns.srv.cfg.App, s.ns.name, r), madang.Messages)
		if err != nil {
			return err
		}
		sub.Open()
	}
	return nil
}

// leaveTime is how long a socket that leaves a room waits for what its own node has just sent there.
const leaveTime = time.Second

// Leave takes the socket out of rooms. What was sent to them before on this node still arrives: where Redis joins several nodes, Leave
// waits until it has come back from there, a second at most.
func (s *Socket) Leave(rooms ...string) {
	ctx, done := context.WithTimeout(context.Background(), leaveTime)
	defer done()
	for _, r := range rooms {
		c := RoomChannel(s.ns.srv.cfg.App, s.ns.name, r)
		_ = s.ns.srv.hub.CatchUp(ctx, c) // late is better than never
		s.conn.Unsubscribe(c)
	}
}

// Rooms returns the rooms the socket is in, its own among them.
func (s *Socket) Rooms() []string {
	own := RoomChannel(s.ns.srv.cfg.App, s.ns.name, "").Name
	rooms := []string{s.id}
	for _, sub := range s.conn.Subscriptions() {
		if name := sub.Channel().Name; len(name) >= len(own) && name[:len(own)] == own {
			rooms = append(rooms, name[len(own):])
		}
	}
	return rooms
}

// Emit sends an event to this socket.
func (s *Socket) Emit(event string, args ...any) error {
	m, err := message(s.ns, event, args)
	if err != nil {
		return err
	}
	return s.send(m)
}

func (s *Socket) send(m *madang.Message) error {
	if s.pid != "" { // what it may miss has to be recorded
		return s.ns.srv.hub.Emit(context.Background(), madang.Audience{Conns: []madang.ConnID{s.conn.ID()}}, m)
	}
	return s.write(m)
}

// write puts a message into the own log.
func (s *Socket) write(m *madang.Message) error {
	b, err := s.wire.event(nil, m, 0, "")
	if err != nil {
		return err
	}
	s.client.session.Line().Send(b)
	return nil
}

// Tell is Emit for an answer to what the client has just asked for, which is of no use to it once it has been away: it is
// not recorded for recovery, and it is in the socket's own log at the return, before what a subscription brings that is
// opened next.
func (s *Socket) Tell(event string, args ...any) error {
	m, err := message(s.ns, event, args)
	if err != nil {
		return err
	}
	return s.write(m)
}

// Forward sends a message as it is: an event's own arguments, undecoded. The message stays the caller's.
func (s *Socket) Forward(m *madang.Message) error {
	own := *m
	own.Channel = s.ns.all
	return s.send(&own)
}

// Volatile is Emit for an event that may be lost when the client is not ready to take it.
func (s *Socket) Volatile(event string, args ...any) error {
	m, err := message(s.ns, event, args)
	if err != nil {
		return err
	}
	b, err := s.wire.event(nil, m, 0, "")
	if err != nil {
		return err
	}
	s.client.session.Line().SendVolatile(b)
	return nil
}

// EmitWithAck sends an event and waits for the client's answer, or for the end of the context. It may be called in a
// handler of the same socket.
func (s *Socket) EmitWithAck(ctx context.Context, event string, args ...any) (Reply, error) {
	m, err := message(s.ns, event, args)
	if err != nil {
		return Reply{}, err
	}
	s.client.session.Fork()
	s.client.session.Line().Uncork()
	a, err := s.conn.Ask(ctx, m)
	if err != nil {
		return Reply{}, err
	}
	return newReply(a)
}

// To names rooms, of which this socket's client is left out.
func (s *Socket) To(rooms ...string) Broadcast { return s.Broadcast().To(rooms...) }

// Except names rooms whose sockets are left out, as is this one.
func (s *Socket) Except(rooms ...string) Broadcast { return s.Broadcast().Except(rooms...) }

// Broadcast returns all sockets of the namespace but this one.
func (s *Socket) Broadcast() Broadcast { return Broadcast{ns: s.ns, skip: s.conn.ID()} }

// Disconnect ends the socket: the client is told not to come back by itself. With all the whole connection ends, the
// client's other namespaces included.
func (s *Socket) Disconnect(all bool) {
	if all {
		for _, o := range s.client.all() {
			o.leave(madang.CloseNormal)
		}
		s.client.session.End(madang.CloseNormal)
		return
	}
	s.leave(madang.CloseNormal)
}

// leave says DISCONNECT and ends the socket.
func (s *Socket) leave(r madang.CloseReason) {
	s.client.dismiss(s.ns.name)
	s.mu.Lock()
	tell := s.greeted && !s.ended
	s.greeted, s.dismissed = false, true
	s.mu.Unlock()
	s.close(r) // first: the client may come back as soon as it knows
	if tell {
		s.client.session.Line().Send(s.wire.packet(packet.Packet{Type: packet.Disconnect}, nil))
	}
}

// close ends the socket and leaves the client's others alone.
func (s *Socket) close(r madang.CloseReason) {
	s.final.Store(true)
	s.conn.Close(r)
}

func (c *client) all() []*Socket {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.sockets)
}

// v3 reports whether the client speaks protocol 4 over Engine.IO 3.
func (s *Socket) v3() bool { return s.client.session.Version() == engineio.V3 }
