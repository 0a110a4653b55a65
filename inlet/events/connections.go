package events

import (
	"sync"

	"madang"
)

// connections counts the connections of each app.
type connections struct {
	mu sync.Mutex
	n  map[string]int
}

func (c *connections) init() { c.n = map[string]int{} }

// add counts a connection that came (1) or went (-1).
func (c *connections) add(conn *madang.Conn, n int) {
	p := conn.Principal()
	if p == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n[p.App] += n; c.n[p.App] == 0 {
		delete(c.n, p.App)
	}
}

// of returns how many an app has.
func (c *connections) of(app string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n[app]
}

// Observer lets the hub tell of connections, for the number that status and connections answer with.
func (a *API) Observer() *madang.Observer {
	return &madang.Observer{
		Connected: func(c *madang.Conn) { a.conns.add(c, 1) },
		Closed:    func(c *madang.Conn, _ madang.CloseReason) { a.conns.add(c, -1) },
	}
}
