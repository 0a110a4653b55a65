// Package nodecall lets nodes of a cluster ask each other: one sends a request to another node by name and waits for its
// answer. Both travel as messages of reserved channels, so that nothing but a broker is needed.
//
//	$call/name/node   requests to that node, and answers to what it has asked
//
// A request is delivered at most once. Whoever asks learns of an answer, of an error of the other side, or that none came in
// time; in the last case it may have been carried out.
package nodecall

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"madang"
)

// MaxData is the largest request and the largest answer in bytes.
const MaxData = 4 << 20

// Times that nodes are thought about.
const (
	nodesTime = time.Second     // how long a list of living nodes is good for
	muteTime  = 5 * time.Second // how long a node is not asked that has not answered
)

// maxServing is how many requests of others are answered at once. Others are refused: whoever asks has its own way then.
const maxServing = 256

// ErrNoAnswer says that a node is not there, or did not answer in time.
var ErrNoAnswer = errors.New("the node does not answer")

// A Func answers a request of another node. Its error is told as a text.
type Func func(ctx context.Context, from madang.NodeID, data []byte) ([]byte, error)

// A Caller is one node's end of a service. It must be opened on every node that asks or answers.
type Caller struct {
	hub   *madang.Hub
	name  string
	log   *slog.Logger
	serve Func
	wait  time.Duration

	mu      sync.Mutex
	ear     *madang.Listener
	next    uint64
	calls   map[uint64]chan envelope
	serving int
	mute    map[madang.NodeID]time.Time // until when
	nodes   []madang.NodeID
	listed  time.Time
}

// An envelope is what stands beside the data of a request or an answer.
type envelope struct {
	From   madang.NodeID `json:"from"`
	Number uint64        `json:"n"`
	Answer bool          `json:"answer,omitempty"`
	Fault  string        `json:"fault,omitempty"`
	data   []byte
}

// New returns a Caller of a service. Wait is how long an answer may take. Open makes it ready.
func New(hub *madang.Hub, name string, wait time.Duration, log *slog.Logger, serve Func) *Caller {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Caller{hub: hub, name: name, wait: wait, log: log, serve: serve, calls: map[uint64]chan envelope{}, mute: map[madang.NodeID]time.Time{}}
}

// Open begins to hear other nodes; the hub must be running. It does nothing where that has been done.
func (c *Caller) Open(ctx context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ear != nil {
		return nil
	}
	l, err := c.hub.Listen(ctx, c.channel(c.hub.Node()), c.hear)
	if err != nil {
		return fmt.Errorf("listen for requests of other nodes: %w", err)
	}
	c.ear = l
	return nil
}

// Close ends the hearing.
func (c *Caller) Close() {
	c.mu.Lock()
	ear := c.ear
	c.ear = nil
	c.mu.Unlock()
	if ear != nil {
		ear.Close()
	}
}

func (c *Caller) channel(n madang.NodeID) madang.Channel {
	return madang.Channel{Name: "$call/" + c.name + "/" + string(n)}
}

// Call asks another node. It fails with [ErrNoAnswer] at once if that is known not to be there.
func (c *Caller) Call(ctx context.Context, to madang.NodeID, data []byte) ([]byte, error) {
	if err := c.Open(ctx); err != nil {
		return nil, err
	}
	if !c.alive(ctx, to) {
		return nil, fmt.Errorf("ask node %s: %w", to, ErrNoAnswer)
	}
	reply := make(chan envelope, 1)
	c.mu.Lock()
	c.next++
	n := c.next
	c.calls[n] = reply
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.calls, n)
	}()
	wait, done := context.WithTimeout(ctx, c.wait)
	defer done()
	if err := c.send(wait, to, envelope{Number: n, data: data}); err != nil {
		return nil, fmt.Errorf("ask node %s: %w", to, err)
	}
	select {
	case e := <-reply:
		if e.Fault != "" {
			return nil, fmt.Errorf("node %s: %s", to, e.Fault)
		}
		return e.data, nil
	case <-ctx.Done(): // a client that goes away says nothing about the node, whose other clients want it to be asked
		return nil, fmt.Errorf("ask node %s: %w", to, ctx.Err())
	case <-wait.Done():
		if err := ctx.Err(); err != nil { // both, at the same moment
			return nil, fmt.Errorf("ask node %s: %w", to, err)
		}
		c.mu.Lock()
		c.mute[to] = time.Now().Add(muteTime)
		c.mu.Unlock()
		return nil, fmt.Errorf("ask node %s: %w", to, ErrNoAnswer)
	}
}

// alive reports whether a node may answer.
func (c *Caller) alive(ctx context.Context, n madang.NodeID) bool {
	c.mu.Lock()
	now := time.Now()
	for m, until := range c.mute {
		if now.After(until) {
			delete(c.mute, m)
		}
	}
	_, mute := c.mute[n]
	fresh, nodes := now.Sub(c.listed) < nodesTime, c.nodes
	c.mu.Unlock()
	if mute || fresh {
		return !mute && slices.Contains(nodes, n)
	}
	nodes, err := c.hub.Nodes(ctx)
	if err != nil {
		return false
	}
	c.mu.Lock()
	c.nodes, c.listed = nodes, now
	c.mu.Unlock()
	return slices.Contains(nodes, n)
}

func (c *Caller) send(ctx context.Context, to madang.NodeID, e envelope) error {
	if len(e.data) > MaxData {
		return fmt.Errorf("%d bytes, more than %d: %w", len(e.data), MaxData, madang.ErrInvalid)
	}
	e.From = c.hub.Node()
	head, err := json.Marshal(e)
	if err == nil {
		_, err = c.hub.Publish(ctx, &madang.Message{Channel: c.channel(to), Data: e.data, Type: madang.Binary, Extras: head, Transient: true})
	}
	return err
}

// hear takes what other nodes send.
func (c *Caller) hear(event *madang.Event) {
	m := event.Message
	if m == nil {
		return
	}
	var e envelope
	if err := json.Unmarshal(m.Extras, &e); err != nil {
		c.log.Error("what another node has sent cannot be read", "channel", event.Channel.String(), "error", err)
		return
	}
	e.data = m.Data
	c.mu.Lock()
	reply := c.calls[e.Number]
	if e.Answer {
		delete(c.calls, e.Number) // the first counts
		c.mu.Unlock()
		if reply != nil {
			reply <- e
		}
		return
	}
	full := c.serving >= maxServing
	if !full {
		c.serving++
	}
	c.mu.Unlock()
	if full {
		go c.answer(e, nil, fmt.Errorf("%d requests are being answered: %w", maxServing, madang.ErrTooMany))
		return
	}
	go func() {
		defer func() {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.serving--
		}()
		ctx, done := context.WithTimeout(context.Background(), c.wait)
		defer done()
		data, err := c.carryOut(ctx, e)
		c.answer(e, data, err)
	}()
}

// carryOut lets the service answer; what panics is an error.
func (c *Caller) carryOut(ctx context.Context, e envelope) (data []byte, err error) {
	defer func() {
		if v := recover(); v != nil {
			c.log.Error("answering another node panicked", "service", c.name, "panic", fmt.Sprint(v))
			err = errors.New("answering panicked")
		}
	}()
	return c.serve(ctx, e.From, e.data)
}

func (c *Caller) answer(to envelope, data []byte, fault error) {
	e := envelope{Number: to.Number, Answer: true, data: data}
	if fault != nil {
		e.Fault, e.data = fault.Error(), nil
	}
	ctx, done := context.WithTimeout(context.Background(), c.wait)
	defer done()
	if err := c.send(ctx, to.From, e); err != nil {
		c.log.Warn("another node could not be answered", "node", to.From, "error", err)
	}
}
