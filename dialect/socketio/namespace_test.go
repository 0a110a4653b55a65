package socketio_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"madang/dialect/socketio"
)

func TestDynamicNamespacesComeAndGo(t *testing.T) {
	n := start(t, nil)
	tenants := n.io.OfMatch(regexp.MustCompile(`^/tenant-\d+$`))
	tenants.OnConnection(func(s *socketio.Socket) {
		if err := s.Join("all"); err != nil {
			t.Error(err)
		}
	})
	tenants.On("hello", func(s *socketio.Socket, e *socketio.Event) error { return e.Ack(s.Namespace().Name()) })

	c := n.Session(t, at, nil)
	c.Join(t, "/tenant-1", "")
	c.Join(t, "/tenant-2", "")
	c.Send(`42/tenant-1,7["hello"]`)
	want(t, c, `43/tenant-1,7["/tenant-1"]`)
	if err := n.io.Of("/tenant-2").To("all").Emit("only two"); err != nil {
		t.Fatal(err)
	}
	want(t, c, `42/tenant-2,["only two"]`)
	if got := c.Join(t, "/tenant-x", ""); got != `44/tenant-x,{"message":"Invalid namespace"}` {
		t.Fatalf("a name that does not match: %s", got)
	}
	c.Send("41/tenant-1,", "41/tenant-2,")
	eventually(t, "the empty namespaces are forgotten", func() bool { return slices.Equal(n.io.Namespaces(), []string{"/"}) })
}

func TestRefusedClientsLeaveNoDynamicNamespaceBehind(t *testing.T) {
	n := start(t, nil)
	n.io.OfFunc(func(name string, h *socketio.Handshake) bool { return h.Query().Get("may") == "1" }).
		Use(func(context.Context, *socketio.Socket) error { return errors.New("no") })
	c := n.Session(t, at+"&may=1", nil)
	for i := range 50 {
		name := fmt.Sprintf("/n%d", i)
		if got := c.Join(t, name, ""); got != "44"+name+`,{"message":"no"}` {
			t.Fatal(got)
		}
	}
	eventually(t, "none is kept", func() bool { return slices.Equal(n.io.Namespaces(), []string{"/"}) })
	if got := n.Session(t, at, nil).Join(t, "/n1", ""); !strings.Contains(got, "Invalid namespace") {
		t.Fatalf("who may not: %s", got)
	}
}

func TestMiddlewaresRunInOrderUntilOneRefuses(t *testing.T) {
	n := start(t, nil)
	var ran []int
	for i := range 3 {
		n.io.Use(func(_ context.Context, s *socketio.Socket) error {
			ran = append(ran, i)
			if s.Conn() != nil {
				t.Error("a middleware's socket is connected already")
			}
			if i == 1 && s.Handshake().Query().Get("fail") != "" {
				return &socketio.ConnectError{Message: "거절", Data: map[string]int{"code": 4001}}
			}
			return nil
		})
	}
	connected := 0
	n.io.OnConnection(func(*socketio.Socket) { connected++ })

	c := n.Session(t, at+"&fail=1", nil)
	if got, want := c.Join(t, "", ""), `44{"message":"\uac70\uc808","data":{"code":4001}}`; got != want {
		t.Fatalf("refused with %s, want %s", got, want)
	}
	if !slices.Equal(ran, []int{0, 1}) || connected != 0 {
		t.Fatalf("ran %v, %d connected", ran, connected)
	}
	ran = nil
	n.join(t)
	if !slices.Equal(ran, []int{0, 1, 2}) {
		t.Fatalf("ran %v", ran)
	}
}

func TestRefusalsOfProtocol4AreTheDataOrTheMessage(t *testing.T) {
	n := start(t, nil)
	n.io.Of("/data").Use(func(context.Context, *socketio.Socket) error {
		return &socketio.ConnectError{Message: "m", Data: []string{"d"}}
	})
	n.io.Of("/text").Use(func(context.Context, *socketio.Socket) error { return errors.New("in words") })
	n.io.Of("/query").OnConnection(func(s *socketio.Socket) { _ = s.Emit("auth", s.Handshake().Auth) })
	c := n.Session(t, "/socket.io/?EIO=3", nil)
	want(t, c, "40")
	if got := c.Join(t, "/data", ""); got != `44/data,["d"]` {
		t.Error(got)
	}
	if got := c.Join(t, "/text", ""); got != `44/text,"in words"` {
		t.Error(got)
	}
	c.Send("40/query?token=a%2Bb&x=1,")
	want(t, c, "40/query,", `42/query,["auth",{"token":"a+b","x":"1"}]`)
}

func TestOneClientIsInSoManyNamespacesOnly(t *testing.T) {
	n := start(t, func(c *socketio.Config) { c.MaxNamespaces = 2 })
	for _, name := range []string{"/a", "/b", "/c"} {
		n.io.Of(name)
	}
	c := n.Session(t, at, nil)
	c.Join(t, "/a", "")
	c.Join(t, "/b", "")
	if got := c.Join(t, "/c", ""); got != `44/c,{"message":"Too many namespaces"}` {
		t.Fatal(got)
	}
	c.Send("41/a,")
	if got := c.Join(t, "/c", ""); !strings.HasPrefix(got, "40/c,{") {
		t.Fatalf("after one was left: %s", got)
	}
}

func TestBreakingTheRulesClosesTheWholeConnection(t *testing.T) {
	for name, packets := range map[string][]string{
		"an event before CONNECT":              {`42["x"]`},
		"CONNECT again":                        {"40", "40"},
		"an event for another namespace":       {"40", `42/other,["x"]`},
		"an event for one that it has left":    {"40", "40/other", "41/other,", `42/other,["x"]`},
		"an acknowledgement of what it left":   {"40", "40/other", "41/other,", `43/other,1["x"]`},
		"CONNECT_ERROR":                        {"40", `44{"message":"x"}`},
		"an event without a name":              {"40", "42[]"},
		"a reserved name":                      {"40", `42["disconnect"]`},
		"auth that is no object":               {"40[]"},
		"text between the parts of a packet":   {"40", `451-["x",{"_placeholder":true,"num":0}]`, `42["x"]`},
		"more attachments than are taken":      {"40", `4511-["x"]`},
		"a placeholder of a part there is not": {"40", `42["x"`},
	} {
		t.Run(name, func(t *testing.T) {
			n := start(t, nil)
			n.io.Of("/other")
			n.io.On("x", func(*socketio.Socket, *socketio.Event) error { return nil })
			bystander, _ := n.join(t)
			c := n.Session(t, at, nil)
			c.Send(packets...)
			c.Ended(t)
			if err := n.io.Emit("alive"); err != nil {
				t.Fatal(err)
			}
			want(t, bystander, `42["alive"]`)
		})
	}
}

// What was on its way when the server disconnected a socket is no offence: the client's other namespaces must not pay.
func TestAnEventOnItsWayToALeftNamespaceIsForgiven(t *testing.T) {
	n := start(t, nil)
	n.io.Of("/out").OnConnection(func(s *socketio.Socket) { s.Disconnect(false) })
	n.io.On("ping", func(_ *socketio.Socket, e *socketio.Event) error { return e.Ack() })
	c := n.Session(t, at, nil)
	c.Join(t, "", "")
	c.Send("40/out", `42/out,["x"]`)
	c.Until(t, "41/out,")
	c.Send(`43/out,1[]`, "41/out,", `420["ping"]`)
	want(t, c, "430[]")
	c.Join(t, "/out", "")
}
