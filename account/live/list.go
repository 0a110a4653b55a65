package live

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"madang"
)

const (
	// askChannel is where nodes ask each other for somebody's connections.
	askChannel = "$account/connections"
	// answerTime is how long nodes that do not answer are waited for.
	answerTime = 2 * time.Second
	// MaxListed is how many of somebody's connections a node lists.
	MaxListed = 200
)

// answerChannel is where a node hears the answers to what it asked.
func answerChannel(n madang.NodeID) string { return askChannel + "/" + string(n) }

// A Connection is one of somebody's, as they see it in a list.
type Connection struct {
	SignIn  string        `json:"sign_in"` // what it rests on: the ID of a [signin.SignIn]
	ID      madang.ConnID `json:"id"`
	Node    madang.NodeID `json:"node"`
	Dialect string        `json:"dialect"` // socketio, pusher, ably; empty: not known
	Address string        `json:"address"` // of the network; empty: not known
	Since   time.Time     `json:"since"`
}

// A question asks for somebody's connections.
type question struct {
	Number uint64        `json:"number"`
	Node   madang.NodeID `json:"node"` // that asks
	App    string        `json:"app"`
	Person int64         `json:"person"`
}

// An answer is what one node has.
type answer struct {
	Number uint64        `json:"number"`
	Node   madang.NodeID `json:"node"`
	List   []Connection  `json:"list"`
}

// asks are the questions of this node that wait for answers.
type asks struct {
	mu   sync.Mutex
	last uint64
	m    map[uint64]chan answer
}

// Connections returns somebody's connections on all nodes, the newest first, and at most MaxListed of each node. When a node
// does not answer in time those of the others come with an error.
func (l *Live) Connections(ctx context.Context, app string, person int64) ([]Connection, error) {
	c := l.cluster.Load()
	if c == nil {
		return l.here(app, person, ""), nil
	}
	all := l.here(app, person, c.hub.Node())
	others, err := l.elsewhere(ctx, c, app, person)
	all = append(all, others...)
	newestFirst(all)
	return all, err
}

// Count returns what says how many connections of this node rest on a sign-in of an app: all that there are, where there is one
// node.
func (l *Live) Count(app string) func(signIn string) int {
	return func(signIn string) int { return len(l.index.of(key{app, signIn})) }
}

// here lists somebody's connections on this node.
func (l *Live) here(app string, person int64, node madang.NodeID) []Connection {
	var all []Connection
	h := holder{app, strconv.FormatInt(person, 10)}
	for _, c := range l.index.ofPerson(h) {
		e, _ := l.index.entry(c)
		var d madang.Description
		if o, ok := c.Owner().(madang.Described); ok {
			d = o.Describe()
		}
		for _, v := range e.all() {
			if v.holder() == h {
				all = append(all, Connection{SignIn: v.signIn, ID: c.ID(), Node: node, Dialect: d.Dialect, Address: d.Remote, Since: e.since})
			}
		}
	}
	newestFirst(all)
	return all[:min(len(all), MaxListed)]
}

func newestFirst(all []Connection) {
	slices.SortFunc(all, func(a, b Connection) int {
		return cmp.Or(b.Since.Compare(a.Since), cmp.Compare(a.ID, b.ID), cmp.Compare(a.SignIn, b.SignIn))
	})
}

// elsewhere asks the other nodes.
func (l *Live) elsewhere(ctx context.Context, c *cluster, app string, person int64) ([]Connection, error) {
	nodes, err := c.hub.Nodes(ctx)
	if err != nil {
		return nil, fmt.Errorf("live: which nodes are there: %w", err)
	}
	waiting := map[madang.NodeID]bool{}
	for _, n := range nodes {
		if n != c.hub.Node() {
			waiting[n] = true
		}
	}
	if len(waiting) == 0 {
		return nil, nil
	}
	number, answers := l.asks.add(len(waiting))
	defer l.asks.remove(number)
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	if err := c.tell(ctx, askChannel, question{number, c.hub.Node(), app, person}); err != nil {
		return nil, fmt.Errorf("live: ask the other nodes for connections: %w", err)
	}
	var all []Connection
	for len(waiting) > 0 {
		select {
		case a := <-answers:
			if waiting[a.Node] {
				delete(waiting, a.Node)
				all = append(all, a.List...)
			}
		case <-ctx.Done():
			return all, fmt.Errorf("live: %d of %d nodes did not say which connections they have: %w", len(waiting), len(nodes), ctx.Err())
		}
	}
	return all, nil
}

// asked answers another node.
func (l *Live) asked(e *madang.Event) {
	c := l.cluster.Load()
	var q question
	if c == nil || e.Message == nil || json.Unmarshal(e.Message.Data, &q) != nil || q.Node == c.hub.Node() {
		return
	}
	go func() { // the receiver must not wait for the broker
		a := answer{q.Number, c.hub.Node(), l.here(q.App, q.Person, c.hub.Node())}
		if err := c.tell(context.Background(), answerChannel(q.Node), a); err != nil {
			l.log.Warn("somebody's connections could not be told to the node that asked", "node", q.Node, "error", err)
		}
	}()
}

// answered takes another node's answer.
func (l *Live) answered(e *madang.Event) {
	var a answer
	if e.Message == nil || json.Unmarshal(e.Message.Data, &a) != nil {
		return
	}
	l.asks.mu.Lock()
	defer l.asks.mu.Unlock()
	select {
	case l.asks.m[a.Number] <- a:
	default: // nobody waits any more
	}
}

// add makes a question that gets so many answers.
func (q *asks) add(answers int) (uint64, chan answer) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.m == nil {
		q.m = map[uint64]chan answer{}
	}
	q.last++
	c := make(chan answer, answers)
	q.m[q.last] = c
	return q.last, c
}

func (q *asks) remove(number uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.m, number)
}
