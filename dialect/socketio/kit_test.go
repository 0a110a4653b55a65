package socketio_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"madang"
	"madang/dialect/socketio"
	"madang/dialect/socketio/internal/siotest"
	"madang/madangtest"
)

// A node is a Server under test, its hub and the way to it.
type node struct {
	*siotest.Net
	hub *madang.Hub
	io  *socketio.Server
	log *logged
}

// at is where clients of revision 4 find it.
const at = "/socket.io/?EIO=4"

// start makes a Server on a hub of its own.
func start(t testing.TB, change func(*socketio.Config)) *node {
	t.Helper()
	return serve(t, madangtest.NewCluster(t, 1, madang.Config{Guards: guards()})[0], change)
}

// alone is start with the broker of a single process, which has told everybody when a publication returns.
func alone(t testing.TB, change func(*socketio.Config)) *node {
	t.Helper()
	hub := madang.New(madang.Config{Guards: guards()})
	if err := hub.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := hub.Close(); err != nil {
			t.Error(err)
		}
	})
	return serve(t, hub, change)
}

// serve makes a Server on a hub.
func serve(t testing.TB, hub *madang.Hub, change func(*socketio.Config)) *node {
	t.Helper()
	cfg := socketio.Defaults()
	if change != nil {
		change(&cfg)
	}
	n := &node{hub: hub, log: &logged{}}
	var err error
	if n.io, err = socketio.New(hub, cfg, socketio.Options{Log: slog.New(slog.NewTextHandler(n.log, nil))}); err != nil {
		t.Fatal(err)
	}
	n.Net = siotest.Serve(t, n.io)
	return n
}

// join opens a WebSocket, joins the root namespace and returns the socket's id as well.
func (n *node) join(t testing.TB) (c *siotest.Socket, id string) {
	t.Helper()
	c = n.Session(t, at, nil)
	return c, idOf(t, c.Join(t, "", ""))
}

// idOf returns the id in an answer to CONNECT.
func idOf(t testing.TB, answer string) string {
	t.Helper()
	_, id, ok := strings.Cut(answer, `"sid":"`)
	id, _, _ = strings.Cut(id, `"`)
	if !ok {
		t.Fatalf("not connected: %s", answer)
	}
	return id
}

// want fails the test unless these packets come next.
func want(t testing.TB, c *siotest.Socket, packets ...string) {
	t.Helper()
	for _, p := range packets {
		if got := c.Next(t); got != p {
			t.Fatalf("received %s, want %s", got, p)
		}
	}
}

// logged keeps what a Server logs.
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

// guards has one for tests: the token "alice" is good for ever, "bob:5" for five seconds, others are not.
func guards() map[string]madang.Guard {
	born := map[string]time.Time{}
	var mu sync.Mutex
	return map[string]madang.Guard{"api": madang.GuardFunc(func(_ context.Context, cr madang.Credentials) (*madang.Principal, error) {
		mu.Lock()
		defer mu.Unlock()
		name, life, limited := strings.Cut(cr.Token, ":")
		p := &madang.Principal{App: cr.App, Guard: "api", User: strings.Clone(name[:min(len(name), 8)])}
		if limited {
			d, err := time.ParseDuration(life)
			if err != nil {
				return nil, &madang.Refusal{Code: "token_invalid", Text: "아니요", Err: madang.ErrUnauthenticated}
			}
			if born[cr.Token].IsZero() {
				born[cr.Token] = time.Now()
			}
			p.Expires = born[cr.Token].Add(d)
			if !time.Now().Before(p.Expires) {
				return nil, &madang.Refusal{Code: "token_expired", Text: "만료", Err: madang.ErrUnauthenticated}
			}
		}
		if name == "" {
			return nil, &madang.Refusal{Code: "token_missing", Text: "없음", Err: madang.ErrUnauthenticated}
		}
		if name == "mallory" {
			return nil, errors.New("the database is away")
		}
		return p, nil
	})}
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

// text binds an event's first argument.
func text(e *socketio.Event) string {
	var s string
	if e.Bind(&s) != nil {
		return ""
	}
	return s
}
