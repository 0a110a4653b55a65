package ably_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"madang"
	"madang/dialect/ably"
	"madang/dialect/ably/protocol"
	"madang/dialect/ably/token"
	"madang/internal/memnet"
	"madang/internal/ws"
	"madang/madangtest"
)

const rootKey = "main.root:main-secret"

func apps() *madang.Apps {
	return madang.NewApps(
		madang.App{ID: "main", Keys: []madang.Key{{Name: "root", Secret: "main-secret"}, {Name: "reader", Secret: "reader-secret"}}},
		madang.App{ID: "small", Keys: []madang.Key{{Name: "small-root", Secret: "small-secret"}}, Rules: madang.Rules{MaxConns: 2, MaxMembers: 1}},
		madang.App{ID: "home", Keys: []madang.Key{{Name: "home-root", Secret: "home-secret"}}, Rules: madang.Rules{Origins: []string{"https://home.example"}}},
	)
}

// A node is a Server under test, its hub and the way to it.
type node struct {
	hub       *madang.Hub
	server    *ably.Server
	authority *token.Authority
	l         *memnet.Listener
	cluster   *madangtest.Cluster // that it belongs to
}

// start makes nodes that hear each other. It must be called in a bubble.
func start(t *testing.T, n int, change func(*ably.Config, *madang.Config)) (nodes []*node, kill func(int)) {
	t.Helper()
	return startRevoking(t, n, nil, change)
}

// startRevoking is start with what remembers revocations; nil: each node for itself.
func startRevoking(t *testing.T, n int, r token.Revocations, change func(*ably.Config, *madang.Config)) (nodes []*node, kill func(int)) {
	t.Helper()
	tenants, cfg := apps(), ably.Defaults()
	keys, err := token.FromApps(tenants, map[string]token.Rights{
		"main.reader": {Capability: `{"open:*":["subscribe"]}`, Revocable: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	guard := ably.NewGuard(token.New(token.Config{Keys: keys})) // renewals come with what is proved already
	hub := madang.Config{Guards: map[string]madang.Guard{ably.GuardName: guard}, Policies: []madang.Policy{ably.NewPolicy()}}
	if change != nil {
		change(&cfg, &hub)
	}
	hub.Retention = cfg.Retain
	cluster := madangtest.StartCluster(t, n, hub, nil)
	for _, h := range cluster.Hubs {
		authority := token.New(token.Config{Keys: keys, Revocations: r})
		s, err := ably.New(h, cfg, ably.Options{Apps: tenants, Authority: authority})
		if err != nil {
			t.Fatal(err)
		}
		mux := http.NewServeMux()
		for pattern, handler := range s.Routes() {
			mux.Handle(pattern, handler)
		}
		if err := s.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		x := &node{hub: h, server: s, authority: authority, l: memnet.Listen(0), cluster: cluster}
		served, srv := make(chan struct{}), &http.Server{Handler: mux}
		go func() {
			defer close(served)
			_ = srv.Serve(x.l) // it always ends with an error: that it was closed
		}()
		t.Cleanup(func() {
			if err := srv.Close(); err != nil {
				t.Error(err)
			}
			<-served
		})
		nodes = append(nodes, x)
	}
	return nodes, cluster.Kill
}

// in runs a test in fake time with one node.
func in(t *testing.T, change func(*ably.Config, *madang.Config), f func(*testing.T, *node)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		nodes, _ := start(t, 1, change)
		f(t, nodes[0])
	})
}

// A frame is a message as a client sees it.
type frame map[string]any

// num returns a number of a frame, or 0.
func (f frame) num(key string) int {
	n, _ := f[key].(float64)
	return int(n)
}

func (f frame) str(key string) string {
	s, _ := f[key].(string)
	return s
}

// code returns the code of a frame's error, or 0.
func (f frame) code() int {
	e, _ := f["error"].(map[string]any)
	return frame(e).num("code")
}

// list returns the messages or members of a frame.
func (f frame) list(key string) (all []frame) {
	l, _ := f[key].([]any)
	for _, v := range l {
		all = append(all, v.(map[string]any))
	}
	return all
}

// A peer is a client that speaks JSON.
type peer struct {
	madangtest.Peer
	t       *testing.T
	nc      net.Conn
	id, key string
}

// open opens a WebSocket with a query and returns what came.
func (n *node) open(t *testing.T, query string, origin ...string) (*peer, []frame) {
	t.Helper()
	x := &peer{t: t}
	dial := func(ctx context.Context) (nc net.Conn, err error) {
		x.nc, err = n.l.Dial(ctx)
		return &labelled{x.nc, "Origin: " + strings.Join(origin, "")}, err
	}
	p, err := madangtest.WebSocket{Target: func(q string) string { return "/?" + q }}.Open(t.Context(), dial, query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	t.Cleanup(func() { _ = p.Close() })
	x.Peer = p
	return x, x.heard()
}

// dial connects, with more of a query.
func (n *node) dial(t *testing.T, more ...string) *peer {
	t.Helper()
	p, got := n.open(t, strings.Join(append([]string{"v=6&key=" + rootKey}, more...), "&"))
	if len(got) == 0 || got[0].num("action") != 4 {
		t.Fatalf("connecting: %v", got)
	}
	d := frame(got[0]["connectionDetails"].(map[string]any))
	p.id, p.key = got[0].str("connectionId"), d.str("connectionKey")
	return p
}

// heard returns what has come, when everything has come to rest. The end of the connection is {"end": code}.
func (p *peer) heard() (all []frame) {
	p.t.Helper()
	synctest.Wait()
	for _, line := range p.Received() {
		f := frame{}
		if rest, ok := strings.CutPrefix(line, "end"); ok {
			f["end"] = strings.TrimSpace(rest)
		} else if err := json.Unmarshal(p.text(line), &f); err != nil {
			p.t.Fatalf("%q: %v", line, err)
		}
		all = append(all, f)
	}
	return all
}

// text returns a line as JSON, whichever form it came in.
func (p *peer) text(line string) []byte {
	p.t.Helper()
	digits, binary := strings.CutPrefix(line, "binary ")
	if !binary {
		return []byte(line)
	}
	b, err := hex.DecodeString(digits)
	if err == nil {
		b, err = protocol.ToJSON(b)
	}
	if err != nil {
		p.t.Fatalf("%q: %v", line, err)
	}
	return b
}

// packed is a message as MessagePack, for say.
func packed(text string) string {
	return "binary " + hex.EncodeToString(protocol.FromJSON(nil, []byte(text)))
}

// say sends messages and returns what comes then.
func (p *peer) say(texts ...string) []frame {
	p.t.Helper()
	for _, text := range texts {
		if err := p.Send(text); err != nil {
			p.t.Fatalf("send %.100s: %v", text, err)
		}
	}
	return p.heard()
}

// one sends a message, to which there must be one answer, with an action.
func (p *peer) one(action int, text string) frame {
	p.t.Helper()
	got := p.say(text)
	if len(got) != 1 || got[0].num("action") != action {
		p.t.Fatalf("%.200s:\n%v\nwant one of action %d", text, got, action)
	}
	return got[0]
}

func (p *peer) attach(channel string, more ...string) frame {
	p.t.Helper()
	got := p.say(fmt.Sprintf(`{"action":10,"channel":%q%s}`, channel, strings.Join(more, "")))
	if len(got) == 0 || got[0].num("action") != 11 {
		p.t.Fatalf("attaching: %v", got)
	}
	return got[0]
}

// texts returns the data of the messages among frames.
func texts(frames []frame) (all []string) {
	for _, f := range frames {
		for _, m := range f.list("messages") {
			all = append(all, m.str("data"))
		}
	}
	return all
}

func wantTexts(t *testing.T, what string, got []frame, want ...string) {
	t.Helper()
	if !slices.Equal(texts(got), want) {
		t.Fatalf("%s: %v, want %q", what, got, want)
	}
}

// publish publishes texts in the channel room.
func (n *node) publish(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		ch := madang.Channel{App: "main", Name: "room"}
		if _, err := n.hub.Publish(t.Context(), &madang.Message{Channel: ch, Name: "n", Data: []byte(text), Type: madang.Text}); err != nil {
			t.Fatal(err)
		}
	}
	synctest.Wait()
}

// abort ends the connection as a broken network does.
func (p *peer) abort() {
	p.nc.(*memnet.Conn).Abort()
	synctest.Wait()
}

// sendFrame sends a frame as it is, whose mask changes nothing.
func (p *peer) sendFrame(op ws.OpCode, payload []byte) []frame {
	p.t.Helper()
	b := ws.AppendHeader(nil, op, false, len(payload))
	b[1] |= 0x80
	if _, err := p.nc.Write(slices.Concat(b, []byte{0, 0, 0, 0}, payload)); err != nil {
		p.t.Fatal(err)
	}
	return p.heard()
}

const second = time.Second

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
