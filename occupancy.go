package madang

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"
)

// occupancyWait is how long a node that does not answer is waited for.
const occupancyWait = 5 * time.Second

// Occupancy returns, for the channels of an app whose names begin with prefix and that somebody subscribes to, how many
// connections do, in the whole cluster. Names that the server has reserved are not among them. When a node does not
// answer in time the counts of the others come with an error.
func (h *Hub) Occupancy(ctx context.Context, app, prefix string) (map[string]int, error) {
	return h.count(ctx, &Control{Op: OpOccupancy, Channels: []Channel{{app, prefix}}, Prefix: true})
}

// OccupancyOf returns how many connections in the whole cluster subscribe to a channel.
func (h *Hub) OccupancyOf(ctx context.Context, c Channel) (int, error) {
	n, err := h.count(ctx, &Control{Op: OpOccupancy, Channels: []Channel{c}})
	return n[c.Name], err
}

// everyConn stands for all connections of an app in an OpOccupancy.
const everyConn = "$conns"

// Connections returns how many connections an app has in the whole cluster. When a node does not answer in time the
// count of the others comes with an error.
func (h *Hub) Connections(ctx context.Context, app string) (int, error) {
	n, err := h.count(ctx, &Control{Op: OpOccupancy, Channels: []Channel{{app, everyConn}}})
	return n[everyConn], err
}

// connsHere counts an app's connections on this node.
func (h *Hub) connsHere(app string) (n int) {
	for i := range h.conns {
		s := &h.conns[i]
		s.mu.RLock()
		for _, c := range s.m {
			if c.Principal().App == app {
				n++
			}
		}
		s.mu.RUnlock()
	}
	return n
}

// count asks all nodes and adds up what they say.
func (h *Hub) count(ctx context.Context, c *Control) (map[string]int, error) {
	nodes, err := h.Nodes(ctx)
	if err != nil {
		return nil, fmt.Errorf("occupancy: which nodes are there: %w", err)
	}
	if len(nodes) <= 1 {
		return h.countHere(c), nil
	}
	ctx, done := context.WithTimeout(ctx, occupancyWait)
	defer done()
	replies := make(chan *Control, len(nodes))
	id := h.asks.add(&ask{sink: func(c *Control) {
		select {
		case replies <- c:
		case <-ctx.Done():
		}
	}})
	defer h.asks.remove(id)
	c.ID, c.From = id, h.node
	to := Channel{Name: allNodes}
	if _, err := h.broker.Publish(ctx, []*Event{{Kind: controlEvent, Channel: to, Control: c}}, Retention{}); err != nil {
		return nil, fmt.Errorf("occupancy: %w", err)
	}
	total := map[string]int{}
	for n := range nodes {
		select {
		case r := <-replies:
			for i, ch := range r.Channels {
				total[ch.Name] += r.Counts[i]
			}
		case <-ctx.Done():
			return total, fmt.Errorf("occupancy: %d of %d nodes answered: %w", n, len(nodes), ctx.Err())
		}
	}
	return total, nil
}

// countHere counts the subscribers on this node.
func (h *Hub) countHere(c *Control) map[string]int {
	counts := map[string]int{}
	if !c.Prefix {
		for _, ch := range c.Channels {
			var n int
			if ch.Name == everyConn {
				n = h.connsHere(ch.App)
			} else {
				n = h.Subscribers(ch)
			}
			if n > 0 {
				counts[ch.Name] = n
			}
		}
		return counts
	}
	app, prefix := c.Channels[0].App, c.Channels[0].Name
	for i := range h.channels {
		s := &h.channels[i]
		s.mu.RLock()
		var here []*channel
		for name, ch := range s.m {
			if name.App == app && strings.HasPrefix(name.Name, prefix) && !name.Reserved() {
				here = append(here, ch)
			}
		}
		s.mu.RUnlock()
		for _, ch := range here {
			n := 0
			ch.conns(func(*Conn) { n++ })
			if n > 0 {
				counts[ch.name.Name] = n
			}
		}
	}
	return counts
}

// answerOccupancy sends what this node counts to the node that asked.
func (h *Hub) answerOccupancy(c *Control) {
	counts := h.countHere(c)
	r := &Control{Op: OpOccupants, ID: c.ID, From: h.node}
	for name := range maps.Keys(counts) {
		r.Channels, r.Counts = append(r.Channels, Channel{c.Channels[0].App, name}), append(r.Counts, counts[name])
	}
	if c.From == h.node {
		h.asks.reply(r)
		return
	}
	to := h.nodeChannel(c.From)
	if _, err := h.broker.Publish(h.life, []*Event{{Kind: controlEvent, Channel: to, Control: r}}, Retention{}); err != nil {
		h.log.Warn("a count could not be sent to the node that asked", "node", c.From, "error", err)
	}
}
