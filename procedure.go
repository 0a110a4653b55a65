package madang

import (
	"context"
	"fmt"
)

// A Procedure answers a named call of a client: an emit with an acknowledgement, a request. Features are sets of
// procedures. Arg and reply are raw JSON. An error that is not one of the core's sentinels reaches the client as an
// internal error without its text.
type Procedure func(ctx context.Context, c *Conn, arg []byte) (reply []byte, err error)

// Handle registers a procedure under a name. It must be called before Start, and panics if the name is taken: two
// features that answer the same call are a mistake in the assembly.
func (h *Hub) Handle(name string, p Procedure) {
	if _, taken := h.procedures[name]; taken {
		panic(fmt.Sprintf("madang: procedure %q is registered twice", name))
	}
	h.procedures[name] = p
}

// Procedures returns the registered names.
func (h *Hub) Procedures() []string {
	names := make([]string, 0, len(h.procedures))
	for n := range h.procedures {
		names = append(names, n)
	}
	return names
}
