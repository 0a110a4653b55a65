//go:build linux

package load

import (
	"fmt"
	"slices"
	"time"

	"madang/bench/internal/stats"
	"madang/bench/internal/wire"
)

// A Room publishes numbered messages to its members and checks that every
// member gets each of them once, whole and in order.
type Room struct {
	loop       *Loop
	frame      *wire.Numbered
	shape      wire.Shape
	many       wire.Many       // the shape, if it is one
	publishers []*Client       // in turn
	leftOut    bool            // publishers are members, and get nothing of their own
	each       int             // deliveries of one message
	next       []int           // by member: the number that comes next
	sent       []time.Duration // by number: when it was published
	got        int             // deliveries in all
	latency    *stats.Histogram
	again      bool
	fault      error
}

// NewRoom returns the room that members have joined. The publishers take turns;
// when they are more than one, only one message may be in flight, for the order
// of several is the server's. Messages have data of size bytes; their latencies
// are added to latency.
func NewRoom(name string, size int, publishers, members []*Client, latency *stats.Histogram) *Room {
	loop := publishers[0].loop
	r := &Room{
		loop:       loop,
		frame:      loop.protocol.Publish(name, size),
		shape:      loop.protocol.Delivered(name, size),
		publishers: publishers,
		latency:    latency,
		next:       make([]int, len(members)),
		each:       len(members),
	}
	r.many, _ = r.shape.(wire.Many)
	for i, c := range members {
		c.Index = i
		c.Receive = r.receive
	}
	if loop.protocol.LeavesOut() && slices.Contains(members, publishers[0]) {
		r.leftOut = true
		r.each--
	}
	return r
}

// Publish sends the next message.
func (r *Room) Publish() {
	n := len(r.sent)
	if n > wire.MaxNumber {
		return
	}
	r.sent = append(r.sent, r.loop.Now())
	c := r.publishers[n%len(r.publishers)]
	if r.leftOut && r.next[c.Index] == n {
		r.next[c.Index]++ // nothing to wait for: it would not be sent this one
	}
	c.publish(r.frame, n)
}

// Start publishes window messages, then one more whenever one message's worth
// of deliveries has come back, until Stop: window messages stay in flight.
func (r *Room) Start(window int) {
	r.again = true
	for range window {
		r.Publish()
	}
}

// Stop ends what Start began. Messages in flight still arrive.
func (r *Room) Stop() { r.again = false }

// Published returns how many messages were sent.
func (r *Room) Published() int { return len(r.sent) }

// Delivered returns how many deliveries arrived.
func (r *Room) Delivered() int { return r.got }

// Complete reports whether every member has got every message.
func (r *Room) Complete() bool {
	for _, n := range r.next {
		if n != len(r.sent) {
			return false
		}
	}
	return true
}

// Fault returns the first packet that was not the message that had to come.
func (r *Room) Fault() error { return r.fault }

func (r *Room) receive(c *Client, packet []byte) {
	if r.many == nil {
		n, ok := r.shape.Number(packet)
		if !ok || !r.take(c, n) {
			r.complain(c, packet)
		}
		return
	}
	taken := true
	if ok := r.many.Numbers(packet, func(n int) bool { taken = r.take(c, n); return taken }); !ok || !taken {
		r.complain(c, packet)
	}
}

// take counts a message; false if it is not the next one.
func (r *Room) take(c *Client, n int) bool {
	if n != r.next[c.Index] || n >= len(r.sent) {
		return false
	}
	r.next[c.Index]++
	r.got++
	r.latency.Add(r.loop.now - r.sent[n])
	if r.got%r.each == 0 && r.again {
		r.Publish()
	}
	return true
}

func (r *Room) complain(c *Client, packet []byte) {
	if r.fault == nil {
		r.fault = fmt.Errorf("load: a member expected message %d of %d and got %.60q", r.next[c.Index], len(r.sent), packet)
	}
}
