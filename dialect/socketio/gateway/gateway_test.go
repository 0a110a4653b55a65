package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"madang"
	"madang/dialect/socketio"
	"madang/dialect/socketio/gateway"
	"madang/dialect/socketio/internal/siotest"
)

// start serves a namespace /chat whose guard takes tokens that are user ids.
func start(t *testing.T, change func(*madang.Hub, *gateway.Options)) (*siotest.Net, *socketio.Namespace) {
	t.Helper()
	guard := madang.GuardFunc(func(_ context.Context, c madang.Credentials) (*madang.Principal, error) {
		if c.Token == "" {
			return nil, &madang.Refusal{Code: "token_missing", Text: "none", Err: madang.ErrUnauthenticated}
		}
		return &madang.Principal{App: c.App, User: c.Token}, nil
	})
	calls := madang.PolicyFunc(func(_ context.Context, r madang.AccessRequest) (*madang.Grant, error) {
		if r.Action == madang.ActCall && r.Channel.Name != "closed" {
			return &madang.Grant{}, nil
		}
		return nil, nil
	})
	hub := madang.New(madang.Config{Guards: map[string]madang.Guard{"api": guard}, Policies: []madang.Policy{calls}})
	hub.Handle("echo", func(_ context.Context, c *madang.Conn, arg []byte) ([]byte, error) {
		if arg == nil {
			arg = []byte(`"none"`)
		}
		return fmt.Appendf(nil, `{"user":%q,"arg":%s}`, c.Principal().User, arg), nil
	})
	hub.Handle("silent", func(context.Context, *madang.Conn, []byte) ([]byte, error) { return nil, nil })
	hub.Handle("closed", func(context.Context, *madang.Conn, []byte) ([]byte, error) { return []byte("1"), nil })
	hub.Handle("fail", func(_ context.Context, _ *madang.Conn, arg []byte) ([]byte, error) {
		if string(arg) == `"code"` {
			return nil, &madang.Refusal{Code: "own_code", Text: "own text", Err: madang.ErrForbidden}
		}
		return nil, errors.New("inner detail")
	})
	var o gateway.Options
	if change != nil {
		change(hub, &o)
	}
	if err := hub.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := hub.Close(); err != nil {
			t.Error(err)
		}
	})
	io, err := socketio.New(hub, socketio.Defaults(), socketio.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ns := io.Of("/chat")
	ns.Guard(socketio.NamespaceConfig{Guard: "api"})
	if err := gateway.Bind(ns, hub, o); err != nil {
		t.Fatal(err)
	}
	return siotest.Serve(t, io), ns
}

// join connects a user to /chat.
func join(t *testing.T, n *siotest.Net) *siotest.Socket {
	t.Helper()
	c := n.Session(t, "/socket.io/?EIO=4&transport=websocket", nil)
	if got := c.Join(t, "/chat", `{"token":"kim"}`); !strings.HasPrefix(got, `40/chat,{"sid":`) {
		t.Fatalf("answer to CONNECT: %s", got)
	}
	return c
}

func TestCalls(t *testing.T) {
	n, ns := start(t, nil)
	ns.On("own", func(_ *socketio.Socket, e *socketio.Event) error { return e.Ack("mine") })
	c := join(t, n)
	for _, x := range []struct{ send, want string }{
		{`42/chat,1["echo",{"a":"가"},2]`, `43/chat,1[{"user":"kim","arg":{"a":"가"}}]`},
		{`42/chat,2["echo"]`, `43/chat,2[{"user":"kim","arg":"none"}]`},
		{`42/chat,3["silent",1]`, `43/chat,3[]`},
		{`42/chat,4["closed"]`, `43/chat,4[{"error":{"code":"forbidden","message":"Forbidden resource"}}]`},
		{`42/chat,5["fail"]`, `43/chat,5[{"error":{"code":"internal","message":"Internal server error"}}]`},
		{`42/chat,6["fail","code"]`, `43/chat,6[{"error":{"code":"own_code","message":"own text"}}]`},
		{`42/chat,7["own"]`, `43/chat,7["mine"]`},
		{`42/chat,["fail","code"]`, `42/chat,["exception",{"status":"error","message":"own text","code":"own_code"}]`},
	} {
		c.Send(x.send)
		if got := c.Next(t); got != x.want {
			t.Errorf("%s: %s, want %s", x.send, got, x.want)
		}
	}
	// Events that nobody knows, and replies that nobody waits for, are not answered.
	c.Send(`42/chat,8["unknown"]`, `42/chat,["echo",1]`, `42/chat,9["silent"]`)
	if got := c.Next(t); got != `43/chat,9[]` {
		t.Errorf("next is %s", got)
	}
}

func TestChosenEvents(t *testing.T) {
	n, _ := start(t, func(_ *madang.Hub, o *gateway.Options) { o.Events = []string{"silent"} })
	c := join(t, n)
	c.Send(`42/chat,1["echo",1]`, `42/chat,2["silent"]`)
	if got := c.Next(t); got != `43/chat,2[]` {
		t.Errorf("next is %s", got)
	}
	hub := madang.New(madang.Config{})
	io, err := socketio.New(hub, socketio.Defaults(), socketio.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := gateway.Bind(io.Of("/"), hub, gateway.Options{Events: []string{"none"}}); !errors.Is(err, madang.ErrNotFound) {
		t.Errorf("an event without a procedure: %v", err)
	}
}

// TestWelcome checks that the first event waits until the connection has been welcomed.
func TestWelcome(t *testing.T) {
	welcomed := make(chan string, 1)
	n, _ := start(t, func(h *madang.Hub, o *gateway.Options) {
		o.Welcome = func(ctx context.Context, c *madang.Conn) error {
			s, err := h.Subscribe(ctx, c, madang.UserChannel(c.Principal().App, c.Principal().User), madang.Messages)
			if err != nil {
				return err
			}
			s.Open()
			welcomed <- c.Principal().User
			return nil
		}
		h.Handle("tell", func(ctx context.Context, c *madang.Conn, arg []byte) ([]byte, error) {
			to := madang.UserChannel(c.Principal().App, c.Principal().User)
			_, err := h.Publish(ctx, &madang.Message{Channel: to, Name: "told", Data: arg})
			return nil, err
		})
	})
	c := join(t, n)
	c.Send(`42/chat,1["tell",{"a":1}]`)
	c.Until(t, `42/chat,["told",{"a":1}]`)
	if u := <-welcomed; u != "kim" {
		t.Errorf("welcomed %q", u)
	}
}

// TestNotWelcome checks how a connection ends that cannot be welcomed: by DISCONNECT if that is for good, else in a way
// after which the client comes back.
func TestNotWelcome(t *testing.T) {
	for _, err := range []error{madang.ErrForbidden, errors.New("the store is away")} {
		n, _ := start(t, func(_ *madang.Hub, o *gateway.Options) {
			o.Welcome = func(context.Context, *madang.Conn) error { return err }
		})
		c := n.Session(t, "/socket.io/?EIO=4&transport=websocket", nil)
		c.Send(`40/chat,{"token":"kim"}`)
		if got := c.Next(t); !strings.HasPrefix(got, `40/chat,{"sid":`) {
			t.Fatalf("answer to CONNECT: %s", got)
		}
		if errors.Is(err, madang.ErrForbidden) {
			if got := c.Next(t); got != `41/chat,` {
				t.Errorf("%v: next is %q", err, got)
			}
			continue
		}
		if end := c.Ended(t); end == nil {
			t.Errorf("%v: the connection goes on", err)
		}
	}
}
