package live

import (
	"sync"
	"time"
)

// gone remembers for a while what has come to pass, for connections that are found a moment too late. It holds two generations.
type gone[T comparable] struct {
	keep       time.Duration // at least, and at most twice that
	mu         sync.Mutex
	turned     time.Time
	young, old map[T]struct{}
}

func newGone[T comparable](keep time.Duration) *gone[T] {
	return &gone[T]{keep: keep, young: map[T]struct{}{}, old: map[T]struct{}{}}
}

func (g *gone[T]) add(now time.Time, x T) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.turn(now)
	g.young[x] = struct{}{}
}

func (g *gone[T]) has(now time.Time, x T) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.turn(now)
	_, young := g.young[x]
	_, old := g.old[x]
	return young || old
}

func (g *gone[T]) turn(now time.Time) {
	age := now.Sub(g.turned)
	if age < g.keep {
		return
	}
	if g.old = g.young; age >= 2*g.keep {
		g.old = nil
	}
	g.young, g.turned = map[T]struct{}{}, now
}
