package socketio

import (
	"context"
	"sync"

	"madang"
)

// A Middleware is asked before a socket is connected. Its error is told to the client as connect_error: with the data of
// a [*ConnectError], else with the error's text alone.
type Middleware func(context.Context, *Socket) error

// An EventHandler takes one event of a client. Handlers of one socket run one after another, in the order of its events.
// An error is told to the client: see [Socket.Exception].
type EventHandler func(*Socket, *Event) error

// A Namespace is a set of sockets with handlers of its own.
type Namespace struct {
	srv    *Server
	name   string
	parent *Namespace // of a dynamic one: whose handlers count too
	cfg    NamespaceConfig
	all    madang.Channel
	rec    *recorder // nil: no recovery
	pins   int       // clients that are about to join; the server's lock guards it

	mu          sync.RWMutex
	middlewares []Middleware
	handlers    map[string]EventHandler
	fallback    EventHandler
	connection  []func(*Socket)
	revoked     []func(*Socket, madang.Channel)
	missed      []func(*Socket, []madang.Channel)
	shape       Shape              // nil: none of its own
	sockets     map[string]*Socket // by id
}

func newNamespace(s *Server, name string, parent *Namespace) *Namespace {
	n := &Namespace{
		srv: s, name: name, parent: parent, cfg: s.cfg.Namespaces[name], all: NamespaceChannel(s.cfg.App, name),
		handlers: map[string]EventHandler{}, sockets: map[string]*Socket{},
	}
	if n.cfg.Mode == "" {
		n.cfg.Mode = Reject
	}
	if parent != nil && n.cfg.Guard == "" {
		n.cfg = parent.cfg
	}
	if s.cfg.Recovery.MaxDisconnectionDuration > 0 {
		n.rec = newRecorder(s, s.cfg.Recovery)
	}
	return n
}

// Name returns the namespace's name, which begins with a slash.
func (n *Namespace) Name() string { return n.name }

// Channel returns the channel that all sockets of the namespace subscribe to.
func (n *Namespace) Channel() madang.Channel { return n.all }

// Guard makes the namespace ask a guard about each client that connects.
func (n *Namespace) Guard(c NamespaceConfig) {
	if c.Mode == "" {
		c.Mode = Reject
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cfg = c
}

func (n *Namespace) config() NamespaceConfig {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.cfg
}

// Use adds a middleware. They run in the order in which they were added.
func (n *Namespace) Use(f Middleware) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.middlewares = append(n.middlewares, f)
}

// On registers the handler of an event. A later one replaces it.
func (n *Namespace) On(event string, f EventHandler) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.handlers[event] = f
}

// OnAny registers the handler of events that have none.
func (n *Namespace) OnAny(f EventHandler) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.fallback = f
}

// OnConnection adds a function that is called for each socket that has connected, before its first event.
func (n *Namespace) OnConnection(f func(*Socket)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.connection = append(n.connection, f)
}

// NoRecovery keeps clients of the namespace from taking up their connections again, whatever the configuration says: for what
// must not arrive late. Call it before clients come.
func (n *Namespace) NoRecovery() { n.rec = nil }

// OnRevoked adds a function that is called when a socket loses a subscription that it did not give up itself: its grant has
// ended, or was not given again with a new token.
func (n *Namespace) OnRevoked(f func(*Socket, madang.Channel)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.revoked = append(n.revoked, f)
}

// OnMissed adds a function that is called when a socket may have missed something for good: in the channels that it subscribes
// to, or, if there are none, of what was sent to several rooms at once. With such a function nothing else is done about it.
// Without one see [Socket.Restart].
func (n *Namespace) OnMissed(f func(*Socket, []madang.Channel)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.missed = append(n.missed, f)
}

// handler returns who takes an event, or nil.
func (n *Namespace) handler(event string) EventHandler {
	n.mu.RLock()
	f := n.handlers[event]
	fallback := n.fallback
	n.mu.RUnlock()
	if f == nil && n.parent != nil {
		f = n.parent.handler(event)
	}
	if f == nil {
		f = fallback
	}
	return f
}

func (n *Namespace) chain() (all []Middleware) {
	if n.parent != nil {
		all = n.parent.chain()
	}
	n.mu.RLock()
	defer n.mu.RUnlock()
	return append(all, n.middlewares...)
}

func (n *Namespace) connected() (all []func(*Socket)) {
	if n.parent != nil {
		all = n.parent.connected()
	}
	n.mu.RLock()
	defer n.mu.RUnlock()
	return append(all, n.connection...)
}

func (n *Namespace) revokers() (all []func(*Socket, madang.Channel)) {
	if n.parent != nil {
		all = n.parent.revokers()
	}
	n.mu.RLock()
	defer n.mu.RUnlock()
	return append(all, n.revoked...)
}

func (n *Namespace) missers() (all []func(*Socket, []madang.Channel)) {
	if n.parent != nil {
		all = n.parent.missers()
	}
	n.mu.RLock()
	defer n.mu.RUnlock()
	return append(all, n.missed...)
}

// Socket returns a socket of this node, or nil.
func (n *Namespace) Socket(id string) *Socket {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.sockets[id]
}

// Sockets returns the sockets of this node.
func (n *Namespace) Sockets() []*Socket {
	n.mu.RLock()
	defer n.mu.RUnlock()
	all := make([]*Socket, 0, len(n.sockets))
	for _, s := range n.sockets {
		all = append(all, s)
	}
	return all
}

// Len returns how many sockets of this node are connected.
func (n *Namespace) Len() int {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return len(n.sockets)
}

func (n *Namespace) add(s *Socket) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.sockets[s.id] = s
}

func (n *Namespace) remove(s *Socket) {
	n.mu.Lock()
	if n.sockets[s.id] == s {
		delete(n.sockets, s.id)
	}
	n.mu.Unlock()
	n.srv.vacated(n)
}
