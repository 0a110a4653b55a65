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

// What was told is kept for nodes that are cut off for that long.
const toldCount, toldAge = 1024, 10 * time.Minute

// retellAfter is the pause before what could not be told is told again, and maxUntold how much of it there may be: more becomes
// the word that anybody's rights may have changed.
const retellAfter, maxUntold = time.Second, 1000

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
	untold   map[Change]struct{} // changes that the other nodes do not know yet; nil: none
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
	g.cluster.hub, g.cluster.listener, g.cluster.untold = nil, nil, nil
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

// Retain says how much of what nodes tell each other is to be kept, for those that are cut off meanwhile.
func (g *Gate) Retain(c madang.Channel) madang.Retention {
	if c != (madang.Channel{Name: rightsChannel}) {
		return madang.Retention{}
	}
	return madang.Retention{Count: toldCount, Age: toldAge}
}

// Missed takes it that anybody's rights in an app may have changed, if this node may not have heard of changes in a channel.
func (g *Gate) Missed(app string, c madang.Channel) {
	if c == (madang.Channel{Name: rightsChannel}) {
		g.apply(Change{App: app})
	}
}

// tell forgets what a change is about here, and lets the other nodes know. That they could not be told is no error of the
// change, which was made: they are told as soon as that works.
func (g *Gate) tell(ctx context.Context, c Change) {
	g.apply(c)
	g.cluster.mu.Lock()
	h := g.cluster.hub
	g.cluster.mu.Unlock()
	if h == nil {
		return
	}
	if err := publish(ctx, h, c); err != nil {
		g.log.ErrorContext(ctx, "other nodes could not be told of changed rights; they will be told when that works, and look them up when what they remember is too old",
			"app", c.App, "person", c.Person, "ttl", g.config.TTL, "error", err)
		g.tellLater(c)
	}
}

func publish(ctx context.Context, h Hub, c Change) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tellTimeout)
	defer cancel()
	b, err := json.Marshal(c)
	if err == nil {
		_, err = h.Publish(ctx, &madang.Message{Channel: madang.Channel{Name: rightsChannel}, Data: b, Type: madang.JSON})
	}
	return err
}

// tellLater tells of a change in a while.
func (g *Gate) tellLater(c Change) {
	g.cluster.mu.Lock()
	defer g.cluster.mu.Unlock()
	switch {
	case g.cluster.hub == nil:
		return
	case g.cluster.untold == nil:
		g.cluster.untold = map[Change]struct{}{}
		time.AfterFunc(retellAfter, g.retell)
	case len(g.cluster.untold) >= maxUntold:
		c.Person = 0
	}
	g.cluster.untold[c] = struct{}{}
}

// retell tells what could not be told.
func (g *Gate) retell() {
	g.cluster.mu.Lock()
	all, h := g.cluster.untold, g.cluster.hub
	g.cluster.untold = nil
	g.cluster.mu.Unlock()
	if h == nil {
		return
	}
	failed := false
	for c := range all {
		if !failed {
			failed = publish(context.Background(), h, c) != nil
		}
		if failed { // the rest would have to wait as long to hear the same
			g.tellLater(c)
		}
	}
}
