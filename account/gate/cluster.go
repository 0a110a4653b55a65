package gate

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"madang"
)

// rightsChannel is where nodes tell each other whose rights have changed.
const rightsChannel = "$account/rights"

// tellTimeout bounds how long telling the others may take when whoever made the change has gone away.
const tellTimeout = 5 * time.Second

// A Hub is how nodes hear each other. [madang.Hub] is one.
type Hub interface {
	Listen(context.Context, madang.Channel, func(*madang.Event)) (*madang.Listener, error)
	Publish(context.Context, ...*madang.Message) ([]madang.Position, error)
}

// A Change says whose rights may be others than before.
type Change struct {
	App    string `json:"app"`
	Person int64  `json:"person,omitempty"` // 0: anybody's of the app
}

// cluster is what a Gate has while it is started.
type cluster struct {
	mu       sync.Mutex
	hub      Hub
	listener *madang.Listener
}

// Start begins to hear of changes on other nodes, and with that to remember. The hub must be running.
func (g *Gate) Start(ctx context.Context, h Hub) error {
	l, err := h.Listen(ctx, madang.Channel{Name: rightsChannel}, g.hear)
	if err != nil {
		return fmt.Errorf("gate: listen for changes of rights: %w", err)
	}
	g.cluster.mu.Lock()
	g.cluster.hub, g.cluster.listener = h, l
	g.cluster.mu.Unlock()
	g.cache.clear(true)
	return nil
}

// Close ends what Start began. The Gate answers as before, but remembers nothing more.
func (g *Gate) Close() error {
	g.cache.clear(false)
	g.cluster.mu.Lock()
	l := g.cluster.listener
	g.cluster.hub, g.cluster.listener = nil, nil
	g.cluster.mu.Unlock()
	if l != nil {
		l.Close()
	}
	return nil
}

// hear forgets what another node has changed.
func (g *Gate) hear(e *madang.Event) {
	if e.Message == nil {
		return
	}
	var c Change
	if err := json.Unmarshal(e.Message.Data, &c); err != nil {
		g.log.Error("what another node tells of changed rights cannot be read; everything that was remembered is forgotten", "error", err)
		g.cache.reset()
		return
	}
	g.apply(c)
}

// apply forgets what a change is about.
func (g *Gate) apply(c Change) {
	if c.Person == 0 {
		g.cache.reset()
	} else {
		all := make([]Holder, len(g.config.Guards))
		for i, guard := range g.config.Guards {
			all[i] = Holder{App: c.App, Guard: guard, Person: c.Person}
		}
		g.cache.forget(all...)
	}
	g.changed(c)
}

// tell forgets what a change is about here, and lets the other nodes know. That they could not be told is no error of the
// change, which was made: they are wrong until what they remember is too old.
func (g *Gate) tell(ctx context.Context, c Change) {
	g.apply(c)
	g.cluster.mu.Lock()
	h := g.cluster.hub
	g.cluster.mu.Unlock()
	if h == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tellTimeout)
	defer cancel()
	b, err := json.Marshal(c)
	if err == nil {
		_, err = h.Publish(ctx, &madang.Message{Channel: madang.Channel{Name: rightsChannel}, Data: b, Type: madang.JSON, Transient: true})
	}
	if err != nil {
		g.log.ErrorContext(ctx, "other nodes could not be told of changed rights; they will know when what they remember is too old",
			"app", c.App, "person", c.Person, "ttl", g.config.TTL, "error", err)
	}
}
