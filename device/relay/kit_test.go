package relay_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"madang"
	"madang/device"
	"madang/device/pairing"
	"madang/device/relay"
	"madang/madangtest"
	"madang/store/memory"
)

const app = "app1"

// A world is some nodes on one store. What one publishes reaches each of them at a time of its own.
type world struct {
	t       testing.TB
	store   *memory.Devices
	cluster *madangtest.Cluster
	nodes   []*node
	mu      sync.Mutex
	locked  map[string]bool
	skew    time.Duration // of the clock
}

// A node is a hub with devices.
type node struct {
	*world
	hub    *madang.Hub
	device *relay.Feature
}

func newWorld(t testing.TB, nodes int) *world {
	t.Helper()
	return newWorldOn(t, nodes, memory.NewDevices())
}

func newWorldOn(t testing.TB, nodes int, store *memory.Devices) *world {
	t.Helper()
	w := &world{t: t, store: store, locked: map[string]bool{}}
	var mu sync.Mutex
	r := rand.New(rand.NewPCG(1, 2))
	each := func(f func(*madang.Observer)) {
		for _, n := range w.nodes {
			f(n.device.Observer())
		}
	}
	w.cluster = madangtest.StartCluster(t, nodes, madang.Config{
		Policies: []madang.Policy{relay.Policy(), madang.PolicyFunc(w.admit)}, Lease: 900 * time.Millisecond,
		Observers: []*madang.Observer{{
			Closed: func(c *madang.Conn, why madang.CloseReason) { each(func(o *madang.Observer) { o.Closed(c, why) }) },
			Left:   func(ch madang.Channel, m madang.Member) { each(func(o *madang.Observer) { o.Left(ch, m) }) },
			Lent: func(s *madang.Subscription) {
				for _, n := range w.nodes {
					if n.hub == s.Conn().Hub() {
						n.device.Observer().Lent(s)
					}
				}
			},
			Vacated: func(ch madang.Channel) { each(func(o *madang.Observer) { o.Vacated(ch) }) },
		}},
	}, func() time.Duration {
		mu.Lock()
		defer mu.Unlock()
		return time.Duration(r.IntN(300)) * time.Microsecond
	})
	for _, h := range w.cluster.Hubs {
		f, err := relay.Open(h, relay.Defaults(), relay.Deps{
			Store: w.store, Key: make([]byte, pairing.MinKey), Now: w.now,
			Sign:   func(_ context.Context, c device.Claims) (string, error) { return "signed " + c.ID, nil },
			Locked: func(_ context.Context, _, person string) (bool, error) { return w.isLocked(person), nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		w.nodes = append(w.nodes, &node{world: w, hub: h, device: f})
	}
	for _, n := range w.nodes {
		if err := n.device.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := n.device.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	return w
}

// admit lets clients of other protocols into their channels: a connection of nobody says by its proof who it is.
func (w *world) admit(ctx context.Context, r madang.AccessRequest) (*madang.Grant, error) {
	if !relay.IsTongue(r.Channel) {
		return nil, nil
	}
	who := r.Principal
	if r.Proof != nil {
		who = relay.Speaker(app, r.Proof.Signature)
	}
	g, err := w.nodes[0].device.Admit(ctx, who, r.Action, r.Channel)
	if g != nil {
		g.By = who
	}
	return g, err
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Now().Add(w.skew)
}

func (w *world) isLocked(person string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.locked[person]
}

// node returns one of the nodes, counted around.
func (w *world) node(i int) *node { return w.nodes[i%len(w.nodes)] }

// A client is one connection and what it has heard.
type client struct {
	*madang.Conn
	n *node

	mu     sync.Mutex
	heard  []heard
	closed []madang.CloseReason
	line   *madang.Line
}

type heard struct {
	name string
	data json.RawMessage
}

// lines is a dialect of one line for each event: the name, a space, the data.
type lines struct{}

func (lines) Encode(dst []byte, e *madang.Event) ([]byte, error) {
	if e.Message == nil {
		return dst, nil
	}
	return fmt.Appendf(dst, "%s %s", e.Message.Name, e.Message.Data), nil
}

// Flush implements madang.Link.
func (c *client) Flush(b *madang.Batch) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range b.Len() {
		name, data, _ := strings.Cut(string(b.Unit(i)), " ")
		c.heard = append(c.heard, heard{name, json.RawMessage(data)})
	}
	return b.Len(), nil
}

func (c *client) Farewell(madang.CloseReason) []byte { return nil }

type link struct{ *client }

func (link) Close(madang.CloseReason) {}

// Disconnect implements madang.Owner.
func (c *client) Disconnect(why madang.CloseReason) { c.line.Close(why) }

// Describe implements madang.Described.
func (c *client) Describe() madang.Description {
	return madang.Description{Dialect: "lines", Remote: "192.0.2.9:4711"}
}

// Closed implements madang.Owner.
func (c *client) Closed(why madang.CloseReason) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = append(c.closed, why)
}

func (c *client) ended() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.closed) > 0
}

// arrive lets somebody in, and welcomes them.
func (n *node) arrive(p *madang.Principal) (*client, error) {
	n.t.Helper()
	c := &client{n: n}
	var err error
	if c.line, err = n.hub.Open(link{c}); err == nil {
		c.Conn, err = c.line.Connect(n.t.Context(), madang.ConnRequest{Dialect: lines{}, Principal: p, Owner: c})
	}
	if err != nil {
		n.t.Fatal(err)
	}
	return c, n.device.Welcome(n.t.Context(), c.Conn)
}

func (n *node) connect(p *madang.Principal) *client {
	n.t.Helper()
	c, err := n.arrive(p)
	if err != nil {
		n.t.Fatalf("welcome %s: %v", p.User, err)
	}
	return c
}

func person(id string) *madang.Principal {
	return &madang.Principal{App: app, Guard: "web", User: id, Name: "Name of " + id}
}

// shows returns who shows a token that was signed.
func shows(token string) *madang.Principal {
	id := strings.TrimPrefix(token, "signed ")
	return &madang.Principal{App: app, Guard: relay.GuardToken, User: "token:" + id, Claims: []byte(`{"jti":"` + id + `"}`)}
}

// box registers and connects a hub with a lamp and a lock.
func (n *node) box(serial string) *client {
	n.t.Helper()
	if _, err := n.device.Service().Register(n.t.Context(), app, serial, "현관"); err != nil {
		n.t.Fatal(err)
	}
	c := n.connect(relay.HubPrincipal(app, serial))
	c.call("device.hello", `{"devices":[{"id":"lamp","name":"거실 등","capabilities":["switch"],"reported":{"on":false},"version":1},
		{"id":"door","name":"현관문","capabilities":["lock"]}]}`, nil)
	return c
}

// call calls a procedure that must succeed, and reads its reply.
func (c *client) call(name, arg string, reply any) {
	c.n.t.Helper()
	if err := c.try(name, arg, reply); err != nil {
		c.n.t.Fatalf("%s %s: %v", name, arg, err)
	}
}

func (c *client) try(name, arg string, reply any) error {
	b, err := c.Call(c.n.t.Context(), name, []byte(arg))
	if err == nil && reply != nil {
		err = json.Unmarshal(b, reply)
	}
	return err
}

// all returns what has been heard under a name.
func (c *client) all(name string) (out []heard) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, h := range c.heard {
		if h.name == name {
			out = append(out, h)
		}
	}
	return out
}

// wait waits until an event of that name with these words in its data has been heard.
func (c *client) wait(name string, words ...string) (found heard) {
	c.n.t.Helper()
	eventually(c.n.t, fmt.Sprintf("%s with %q for %s", name, words, c.Principal().User), func() bool {
		for _, h := range c.all(name) {
			if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(string(h.data), w) }) {
				found = h
				return true
			}
		}
		return false
	})
	return found
}

// pair pairs a person with a hub, and returns the token.
func (c *client) pair(box *client) string {
	c.n.t.Helper()
	n, serial := len(box.all("code")), cmp.Or(strings.TrimPrefix(box.Principal().User, "hub:"), "box1")
	c.call("device.code", `{"hub":"`+serial+`"}`, nil)
	eventually(c.n.t, "a code", func() bool { return len(box.all("code")) > n })
	var code string
	if err := json.Unmarshal(box.all("code")[n].data, &code); err != nil {
		c.n.t.Fatal(err)
	}
	var paired struct{ Token string }
	c.call("device.check", `{"hub":"`+serial+`","code":"`+code+`"}`, &paired)
	return paired.Token
}

func fails(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("the error is %v, want %v", err, want)
	}
}

// eventually waits until ok holds.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// clusters runs a test on one node and on three.
func clusters(t *testing.T, test func(*testing.T, *world)) {
	for _, n := range []int{1, 3} {
		t.Run(fmt.Sprint(n), func(t *testing.T) { test(t, newWorld(t, n)) })
	}
}
