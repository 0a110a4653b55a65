package chat_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"madang"
	"madang/chat"
	"madang/madangtest"
	"madang/store/memory"
	"madang/store/sqlite"
)

// stores runs a test with each store.
func stores(t *testing.T, test func(*testing.T, chat.Store)) {
	t.Run("memory", func(t *testing.T) { test(t, memory.NewChat()) })
	t.Run("sqlite", func(t *testing.T) { test(t, database(t)) })
}

func database(t testing.TB) chat.Store {
	t.Helper()
	c := sqlite.Defaults()
	c.Path = filepath.Join(t.TempDir(), "madang.db")
	s, err := sqlite.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s.Chat()
}

// A world is some nodes on one store. What one publishes reaches each of them at a time of its own.
type world struct {
	t     testing.TB
	store chat.Store
	mem   *madang.Memory

	retention func(madang.Channel) madang.Retention

	nodes []*node
	spots sync.Map // by the text of a message, which most of its readers hear alike
}

// A spot is where a message stands.
type spot struct {
	Room string `json:"room"`
	Seq  int64  `json:"seq"`
}

// spotOf reads it from a message as a client hears it.
func (w *world) spotOf(data json.RawMessage) spot {
	text := string(data)
	if known, ok := w.spots.Load(text); ok {
		return known.(spot)
	}
	var m spot
	if err := json.Unmarshal(data, &m); err != nil {
		w.t.Fatal(err)
	}
	w.spots.Store(text, m)
	return m
}

// A node is a hub with chat.
type node struct {
	*world
	hub  *madang.Hub
	chat *chat.Feature
}

func newWorld(t testing.TB, store chat.Store, nodes int, change ...func(*chat.Config)) *world {
	t.Helper()
	w := &world{t: t, store: store, mem: madang.NewMemory()}
	for range nodes {
		w.add(change...)
	}
	return w
}

// add starts another node.
func (w *world) add(change ...func(*chat.Config)) {
	w.t.Helper()
	n := w.prepare(nil, change...)
	if err := n.chat.Start(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// prepare makes a node whose chat has not been started. wrap may put something around its broker.
func (w *world) prepare(wrap func(madang.Broker) madang.Broker, change ...func(*chat.Config)) *node {
	w.t.Helper()
	c := chat.Defaults()
	c.UnknownUsers, c.ChooseIDs = true, true
	for _, f := range change {
		f(&c)
	}
	var mu sync.Mutex
	r := rand.New(rand.NewPCG(1, uint64(len(w.nodes))))
	broker := madangtest.Later(w.mem.Broker(), func() time.Duration {
		mu.Lock()
		defer mu.Unlock()
		if r.IntN(16) > 0 {
			return 0
		}
		return time.Duration(r.IntN(300)) * time.Microsecond
	})
	if wrap != nil {
		broker = wrap(broker)
	}
	seen := &madang.Observer{}
	n := &node{world: w}
	n.hub = madang.New(madang.Config{
		Broker: broker, Presence: w.mem, Policies: []madang.Policy{madang.PolicyFunc(n.byToken), madang.PolicyFunc(n.byName)},
		Observers: []*madang.Observer{seen}, Lease: 900 * time.Millisecond, Retention: w.retention,
	})
	var err error
	n.chat, err = chat.Open(n.hub, w.store, c, chat.WithLog(slog.New(slog.DiscardHandler)), chat.WithLease(time.Second))
	if err != nil {
		w.t.Fatal(err)
	}
	*seen = *n.chat.Observer()
	if err := n.hub.Start(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		if err := errors.Join(n.chat.Close(), n.hub.Close()); err != nil {
			w.t.Error(err)
		}
	})
	w.nodes = append(w.nodes, n)
	return n
}

func (n *node) byName(ctx context.Context, r madang.AccessRequest) (*madang.Grant, error) {
	return n.chat.Authorize(ctx, r)
}

// byToken takes the token that comes with a subscription, which is a user's id.
func (n *node) byToken(ctx context.Context, r madang.AccessRequest) (*madang.Grant, error) {
	if r.Proof == nil {
		return nil, nil
	}
	return n.chat.Admit(ctx, who(r.Proof.Header["Authorization"][0]), r.Channel)
}

func who(id string) *madang.Principal {
	return &madang.Principal{App: "app1", Guard: "api", User: id, Name: "Name of " + id}
}

// A client is one connection and what it has heard.
type client struct {
	*madang.Conn
	n *node

	mu     sync.Mutex
	heard  []heard
	parsed int                // of heard
	rooms  map[string][]int64 // seqs in the order in which they were first heard
	seen   map[spot]bool
}

type heard struct {
	name string
	data json.RawMessage
}

// String shows an event in a test's log.
func (h heard) String() string { return h.name + " " + string(h.data) }

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

// connect lets a user in, and welcomes them.
func (n *node) connect(id string) *client {
	n.t.Helper()
	c := n.arrive(id)
	if err := n.chat.Welcome(n.t.Context(), c.Conn); err != nil {
		n.t.Fatalf("welcome %s: %v", id, err)
	}
	return c
}

// arrive lets a user in without a welcome.
func (n *node) arrive(id string) *client {
	n.t.Helper()
	c := &client{n: n, rooms: map[string][]int64{}, seen: map[spot]bool{}}
	line, err := n.hub.Open(link{c})
	if err == nil {
		c.Conn, err = line.Connect(n.t.Context(), madang.ConnRequest{Dialect: lines{}, Principal: who(id)})
	}
	if err != nil {
		n.t.Fatalf("connect %s: %v", id, err)
	}
	return c
}

// all returns what has been heard under some names.
func (c *client) all(names ...string) []heard {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []heard
	for _, h := range c.heard {
		if slices.Contains(names, h.name) {
			out = append(out, h)
		}
	}
	return out
}

// wait waits until an event of that name with these words in its data has been heard.
func (c *client) wait(name string, words ...string) heard {
	c.n.t.Helper()
	var found heard
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

// call calls a procedure that must succeed, and reads its reply.
func call[T any](c *client, name, arg string) T {
	c.n.t.Helper()
	reply, err := c.Call(c.n.t.Context(), name, []byte(arg))
	if err != nil {
		c.n.t.Fatalf("%s %s: %v", name, arg, err)
	}
	var v T
	if err := json.Unmarshal(reply, &v); err != nil {
		c.n.t.Fatalf("%s %s: reply %s: %v", name, arg, reply, err)
	}
	return v
}

// room makes a public room of the first user with the others in it.
func (n *node) room(id string, members ...string) {
	n.t.Helper()
	_, err := n.chat.CreateRoom(n.t.Context(), who(members[0]), chat.RoomSpec{ID: id, Kind: chat.RoomPublic, Members: members[1:]})
	if err != nil {
		n.t.Fatal(err)
	}
}

// seqs returns the seqs of a room's messages as a client heard them, without repetitions.
func (c *client) seqs(room string) []int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	for ; c.parsed < len(c.heard); c.parsed++ {
		h := c.heard[c.parsed]
		if h.name != "message.created" {
			continue
		}
		if m := c.n.spotOf(h.data); !c.seen[m] {
			c.seen[m] = true
			c.rooms[m.Room] = append(c.rooms[m.Room], m.Seq)
		}
	}
	return slices.Clone(c.rooms[room])
}

// upTo returns 1, 2, …, n.
func upTo(n int) []int64 {
	var out []int64
	for i := range n {
		out = append(out, int64(i+1))
	}
	return out
}

// eventually waits until ok holds.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}
