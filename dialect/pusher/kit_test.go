package pusher_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"madang"
	"madang/dialect/pusher"
	"madang/internal/convention"
	"madang/internal/memnet"
	"madang/madangtest"
)

// apps are those of the tests.
func apps() *madang.Apps {
	app := func(id string, r madang.Rules) madang.App {
		return madang.App{ID: id, Keys: []madang.Key{{Name: id + "-key", Secret: id + "-secret"}}, Rules: r}
	}
	return madang.NewApps(
		app("main", madang.Rules{ClientEvents: true}),
		app("quiet", madang.Rules{}),
		app("counted", madang.Rules{SubscriptionCount: true}),
		app("small", madang.Rules{ClientEvents: true, ClientEventRate: 3, MaxEvent: 20, MaxMembers: 2, MaxMember: 20}),
		app("one", madang.Rules{MaxConns: 1}),
		app("home", madang.Rules{Origins: []string{"https://home.example"}}),
	)
}

// A node is a Server under test, its hub and the way to it.
type node struct {
	told   *atomic.Int64 // the newest number of subscribers that a backend is told
	hub    *madang.Hub
	server *pusher.Server
	l      *memnet.Listener
	http   *http.Server
	served chan struct{}

	cluster *madangtest.Cluster // that it belongs to
}

// A setting changes how nodes are made.
type setting struct {
	hub    madang.Config
	pusher pusher.Config
	misses chan madang.Channel
	bare   bool // without a mux
	alone  bool // one node, to which everything is delivered at once
}

// start makes nodes that hear each other. It must be called in a bubble.
func start(t *testing.T, n int, change func(*setting)) []*node {
	t.Helper()
	nodes, _ := startMortal(t, n, change)
	return nodes
}

// startMortal is start, and returns what kills a node.
func startMortal(t *testing.T, n int, changes ...func(*setting)) (nodes []*node, kill func(int)) {
	t.Helper()
	tenants := apps()
	s := setting{pusher: pusher.Defaults(), misses: make(chan madang.Channel, 100)}
	s.hub = madang.Config{
		Guards:   map[string]madang.Guard{pusher.GuardName: pusher.NewGuard(tenants)},
		Policies: []madang.Policy{pusher.NewPolicy(tenants)}, Retention: s.pusher.Retain,
	}
	for _, change := range changes {
		if change != nil {
			change(&s)
		}
	}
	cluster := &madangtest.Cluster{}
	if s.alone {
		cluster.Hubs = []*madang.Hub{alone(t, s.hub)}
	} else {
		cluster = madangtest.StartCluster(t, n, s.hub, nil)
	}
	for _, hub := range cluster.Hubs {
		srv, err := pusher.New(hub, s.pusher, pusher.Options{Apps: tenants})
		if err != nil {
			t.Fatal(err)
		}
		srv.OnCacheMiss(func(c madang.Channel) { s.misses <- c })
		mux := http.NewServeMux()
		for pattern, h := range srv.Routes() {
			mux.Handle(pattern, h)
		}
		told := new(atomic.Int64)
		srv.OnSubscriptionCount(func(_ madang.Channel, n int) { told.Store(int64(n)) })
		x := &node{told: told, hub: hub, server: srv, l: memnet.Listen(0), http: &http.Server{Handler: mux}, served: make(chan struct{}), cluster: cluster}
		if s.bare {
			x.http.Handler = srv
		}
		go func() {
			defer close(x.served)
			_ = x.http.Serve(x.l) // it always ends with an error: that it was closed
		}()
		t.Cleanup(func() {
			if err := x.http.Close(); err != nil {
				t.Error(err)
			}
			<-x.served
		})
		nodes = append(nodes, x)
	}
	return nodes, cluster.Kill
}

// alone starts a hub of its own.
func alone(t *testing.T, cfg madang.Config) *madang.Hub {
	t.Helper()
	h := madang.New(cfg)
	if err := h.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// in runs a test in fake time with one node.
func in(t *testing.T, change func(*setting), f func(*testing.T, *node)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { f(t, start(t, 1, change)[0]) })
}

// A peer is a client.
type peer struct {
	madangtest.Peer
	t   *testing.T
	nc  net.Conn
	app string
	id  string
}

// open opens a WebSocket at a target, with one more line in its header if there is one, and returns what came.
func (n *node) open(t *testing.T, target string, line ...string) (*peer, []string) {
	t.Helper()
	driver := madangtest.WebSocket{Target: func(params string) string { return params }}
	x := &peer{t: t}
	dial := func(ctx context.Context) (nc net.Conn, err error) {
		x.nc, err = n.l.Dial(ctx)
		return &labelled{x.nc, strings.Join(line, "")}, err
	}
	p, err := driver.Open(t.Context(), dial, target)
	if err != nil {
		t.Fatalf("%s: %v", target, err)
	}
	t.Cleanup(func() { _ = p.Close() })
	x.Peer = p
	return x, x.heard()
}

// dial connects to an app.
func (n *node) dial(t *testing.T, app string, line ...string) *peer {
	t.Helper()
	p, got := n.open(t, "/app/"+app+"-key?protocol=7&client=js&version=8.6.0&flash=false", line...)
	p.app = app
	if len(got) != 1 {
		t.Fatalf("connecting: %q", got)
	}
	var f struct{ Event, Data string }
	var d struct {
		SocketID        string `json:"socket_id"`
		ActivityTimeout int    `json:"activity_timeout"`
	}
	if json.Unmarshal([]byte(got[0]), &f) != nil || json.Unmarshal([]byte(f.Data), &d) != nil ||
		f.Event != "pusher:connection_established" || d.ActivityTimeout != 30 {
		t.Fatalf("connecting: %s", got[0])
	}
	p.id = d.SocketID
	return p
}

// heard returns what has come, when everything has come to rest.
func (p *peer) heard() []string {
	synctest.Wait()
	return p.Received()
}

// say sends texts and returns what comes then.
func (p *peer) say(texts ...string) []string {
	p.t.Helper()
	for _, text := range texts {
		if err := p.Send(text); err != nil {
			p.t.Fatalf("send %.100s: %v", text, err)
		}
	}
	return p.heard()
}

// sendFrame sends a frame as it is, whose mask changes nothing.
func (p *peer) sendFrame(first byte, payload string) []string {
	p.t.Helper()
	frame := append([]byte{first, 0x80 | byte(len(payload)), 0, 0, 0, 0}, payload...)
	if _, err := p.nc.Write(frame); err != nil {
		p.t.Fatal(err)
	}
	return p.heard()
}

// sign returns auth for a channel.
func (p *peer) sign(channel, data string) string {
	return p.app + "-key:" + convention.Sign(p.app+"-secret", convention.ChannelText(p.id, channel, []byte(data)))
}

// userAuth returns auth for a sign-in.
func (p *peer) userAuth(userData string) string {
	return p.app + "-key:" + convention.Sign(p.app+"-secret", convention.UserText(p.id, userData))
}

// subscribe subscribes, signed as the kind of the channel and the data ask for it.
func (p *peer) subscribe(channel, data string) []string {
	p.t.Helper()
	auth := ""
	if k := convention.KindOf(channel); k == convention.Private || k == convention.Presence {
		auth = p.sign(channel, data)
	}
	return p.say(subscription(channel, auth, data))
}

func subscription(channel, auth, data string) string {
	m := map[string]string{"channel": channel, "auth": auth}
	if data != "" {
		m["channel_data"] = data
	}
	b, _ := json.Marshal(map[string]any{"event": "pusher:subscribe", "data": m})
	return string(b)
}

func unsubscription(channel string) string {
	return fmt.Sprintf(`{"event":"pusher:unsubscribe","data":{"channel":%q}}`, channel)
}

// signin signs in with user_data.
func (p *peer) signin(userData string) []string {
	p.t.Helper()
	b, _ := json.Marshal(map[string]any{"event": "pusher:signin", "data": map[string]string{"auth": p.userAuth(userData), "user_data": userData}})
	return p.say(string(b))
}

// want fails the test unless exactly this has come.
func want(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("%s:\n%s\nwant:\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// publish publishes on the server's own authority.
func (n *node) publish(t *testing.T, app, channel, name, data string, skip ...string) {
	t.Helper()
	m := &madang.Message{Name: name, Channel: pusher.Channel(app, channel)}
	m.Data, m.Type = convention.FromText(data)
	if len(skip) > 0 {
		m.Skip = madang.ConnID(skip[0])
	}
	if _, err := n.hub.Publish(t.Context(), m); err != nil {
		t.Fatal(err)
	}
}

func succeeded(channel string) string {
	return `{"event":"pusher_internal:subscription_succeeded","channel":"` + channel + `","data":"{}"}`
}

// A labelled connection adds a line to the header of the request that it begins with.
type labelled struct {
	net.Conn
	line string
}

func (c *labelled) Write(b []byte) (int, error) {
	n := len(b)
	if head, rest, ok := bytes.Cut(b, []byte("\r\n\r\n")); ok && c.line != "" {
		b = slices.Concat(head, []byte("\r\n"+c.line+"\r\n\r\n"), rest)
		c.line = ""
	}
	_, err := c.Conn.Write(b)
	return n, err
}

// stall makes the client stop or go on reading.
func (p *peer) stall(on bool) { p.nc.(*memnet.Conn).Stall(on) }
