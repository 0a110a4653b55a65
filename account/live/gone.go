package live

import (
	"sync"
	"time"
)

// goneFor is how long it is remembered at least that a sign-in ended so that its connections come back.
const goneFor = time.Minute

// gone remembers sign-ins that go on in another way: a connection that is found by one of them a moment too late ends like
// the others. It holds two generations.
type gone struct {
	mu         sync.Mutex
	turned     time.Time
	young, old map[key]struct{}
}

func newGone() *gone { return &gone{young: map[key]struct{}{}, old: map[key]struct{}{}} }

func (g *gone) add(now time.Time, all ...key) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if now.Sub(g.turned) >= goneFor {
		g.young, g.old, g.turned = map[key]struct{}{}, g.young, now
	}
	for _, k := range all {
		g.young[k] = struct{}{}
	}
}

func (g *gone) has(k key) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, young := g.young[k]
	_, old := g.old[k]
	return young || old
}
