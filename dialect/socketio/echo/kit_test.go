package echo_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"madang"
	"madang/dialect/socketio"
	"madang/dialect/socketio/echo"
	"madang/dialect/socketio/internal/siotest"
	"madang/madangtest"
)

// Where clients find the server, of Engine.IO 3 and 4.
const (
	v3 = "/socket.io/?EIO=3"
	v4 = "/socket.io/?EIO=4"
)

// A node is a server under test.
type node struct {
	*siotest.Net
	hub     *madang.Hub
	io      *socketio.Server
	backend *backend
	log     *logged
	cluster *madangtest.Cluster // nil: it is alone
}

// options change what start makes.
type options struct {
	rules  *madang.Rules
	hooks  echo.Hooks
	change func(*socketio.Config)
}

func start(t testing.TB, o options) *node {
	t.Helper()
	return startAll(t, 1, o)[0]
}

// startAll makes nodes of one cluster, with one backend.
func startAll(t testing.TB, count int, o options) (all []*node) {
	t.Helper()
	rules := madang.Rules{ClientEvents: true}
	if o.rules != nil {
		rules = *o.rules
	}
	apps := madang.NewApps(madang.App{ID: "app", Rules: rules})
	b := &backend{gates: map[string]chan struct{}{}}
	cfg := madang.Config{Policies: []madang.Policy{echo.Policy(apps), b}}
	var hubs []*madang.Hub
	var cluster *madangtest.Cluster
	if count > 1 {
		cluster = madangtest.StartCluster(t, count, cfg, nil)
		hubs = cluster.Hubs
	} else {
		hubs = []*madang.Hub{alone(t, cfg)}
	}
	for _, hub := range hubs {
		cfg := socketio.Defaults()
		cfg.App = "app"
		if o.change != nil {
			o.change(&cfg)
		}
		n := &node{hub: hub, backend: b, log: &logged{}, cluster: cluster}
		log := slog.New(slog.NewTextHandler(n.log, nil))
		var err error
		if n.io, err = socketio.New(hub, cfg, socketio.Options{Log: log}); err != nil {
			t.Fatal(err)
		}
		if err := echo.Bind(n.io.Of("/"), echo.Options{Apps: apps, Hooks: o.hooks, Log: log}); err != nil {
			t.Fatal(err)
		}
		n.Net = siotest.Serve(t, n.io)
		all = append(all, n)
	}
	return all
}

// alone starts the hub of a server that is no cluster: what it publishes it has heard when that returns.
func alone(t testing.TB, cfg madang.Config) *madang.Hub {
	t.Helper()
	hub := madang.New(cfg)
	if err := hub.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := hub.Close(); err != nil {
			t.Errorf("close the hub: %v", err)
		}
	})
	return hub
}

// A backend decides as the user's own would: the Authorization header names the user ("7" is a number), who may not go
// where the channel's name has "secret", and only for ten seconds into presence channels with "short". A channel with a gate waits for it.
type backend struct {
	mu    sync.Mutex
	asked []madang.AccessRequest
	now   int // at once
	most  int
	gates map[string]chan struct{}
}

// downError is what a backend that cannot be reached is reported with.
type downError struct{ error }

func (downError) Status() int { return 0 }

func (b *backend) Authorize(ctx context.Context, r madang.AccessRequest) (*madang.Grant, error) {
	if r.Action != madang.ActSubscribe || r.Proof == nil {
		return nil, nil
	}
	b.mu.Lock()
	b.asked = append(b.asked, r)
	b.now++
	b.most = max(b.most, b.now)
	gate := b.gates[r.Channel.Name]
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.now--
	}()
	if gate != nil {
		select {
		case <-gate:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	switch name := r.Channel.Name; {
	case strings.Contains(name, "secret"):
		return nil, madang.ErrForbidden
	case strings.Contains(name, "down"):
		return nil, downError{errors.New("connection refused")}
	case strings.Contains(name, "broken"):
		panic("a policy's mistake")
	case strings.Contains(name, "nobody"), !strings.HasPrefix(name, "presence-"):
		return &madang.Grant{}, nil
	}
	var end time.Time
	if strings.Contains(r.Channel.Name, "short") {
		end = time.Now().Add(10 * time.Second)
	}
	who := strings.TrimPrefix(http(r.Proof, "Authorization"), "Bearer ")
	m := &madang.Member{User: who, Data: []byte(`{"name":"` + who + `"}`)}
	if json.Valid([]byte(who)) {
		m.RawUser = []byte(who)
	}
	return &madang.Grant{Member: m, Expires: end}, nil
}

// http returns a header of a proof.
func http(p *madang.Proof, key string) string { return strings.Join(p.Header[key], ", ") }

// requests returns what the backend was asked so far.
func (b *backend) requests() []madang.AccessRequest {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]madang.AccessRequest(nil), b.asked...)
}

// gate makes authorizations for a channel wait until the returned function is called.
func (b *backend) gate(channel string) (open func()) {
	c := make(chan struct{})
	b.mu.Lock()
	defer b.mu.Unlock()
	b.gates[channel] = c
	return func() { close(c) }
}

// A client is one Echo, written by hand.
type client struct {
	*siotest.Socket
	n    *node
	id   string
	user string
}

// connect connects a user; target is v3 or v4.
func (n *node) connect(t testing.TB, target, user string) *client {
	t.Helper()
	c := &client{Socket: n.Session(t, target, nil), n: n, user: user}
	if target == v3 {
		want(t, c, "40")
		c.id = c.SID
		return c
	}
	_, id, _ := strings.Cut(c.Join(t, "", ""), `"sid":"`)
	c.id, _, _ = strings.Cut(id, `"`)
	return c
}

// subscribe asks for a channel.
func (c *client) subscribe(channel string) {
	c.Send(`42["subscribe",{"channel":` + quote(channel) + `,"auth":{"headers":{"Authorization":"Bearer ` + c.user + `"}}}]`)
}

func (c *client) unsubscribe(channel string) {
	c.Send(`42["unsubscribe",{"channel":` + quote(channel) + `,"auth":{}}]`)
}

func (c *client) whisper(channel, event, data string) {
	c.Send(`42["client event",{"channel":` + quote(channel) + `,"event":` + quote(event) + `,"data":` + data + `}]`)
}

// joined subscribes and waits until it has; what comes before is dropped.
func (c *client) joined(t testing.TB, channel string) *client {
	t.Helper()
	c.subscribe(channel)
	if strings.HasPrefix(channel, "presence-") {
		c.Until(t, `42["presence:subscribed","`+channel+`"`)
		return c
	}
	eventually(t, "it is in "+channel, func() bool { return c.in(channel) })
	return c
}

// in reports whether the client subscribes to a channel.
func (c *client) in(channel string) bool {
	conn := c.n.hub.Conn(madang.ConnID(c.id))
	if conn == nil {
		return false
	}
	for _, s := range conn.Subscriptions() {
		if s.Channel().Name == channel {
			return true
		}
	}
	return false
}

// away cuts the connection and waits until the server has noticed.
func (c *client) away(t testing.TB) {
	t.Helper()
	conn := c.n.hub.Conn(madang.ConnID(c.id))
	c.Drop()
	<-conn.Done()
}

// publish publishes JSON in a channel, on the server's authority.
func (n *node) publish(t testing.TB, channel, event, data string) {
	t.Helper()
	n.send(t, &madang.Message{Channel: madang.Channel{App: "app", Name: channel}, Name: event, Data: []byte(data)})
}

func (n *node) send(t testing.TB, m *madang.Message) {
	t.Helper()
	if _, err := n.hub.Publish(t.Context(), m); err != nil {
		t.Fatal(err)
	}
}

// want fails the test unless these packets come next.
func want(t testing.TB, c *client, packets ...string) {
	t.Helper()
	for _, p := range packets {
		if got := c.Next(t); got != p {
			t.Fatalf("%s received %s, want %s", c.user, got, p)
		}
	}
}

// quiet fails the test unless nothing has come that was sent before now.
func quiet(t testing.TB, c *client) {
	t.Helper()
	c.Send(`42["subscribe",{"channel":"$probe"}]`)
	want(t, c, `42["subscription_error","$probe",403]`)
}

func quote(s string) string {
	b, _ := json.Marshal(s) // a string always has a JSON form
	return string(b)
}

// eventually waits until ok holds.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// logged keeps what a server logs.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
