package socketio_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"madang"
	"madang/dialect/socketio"
	"madang/dialect/socketio/internal/siotest"
	"madang/madangtest"
)

// A cluster is two Servers whose hubs hear each other, with two clients on each.
type cluster struct {
	nodes   []*node
	clients []*siotest.Socket
	ids     []string
}

func newCluster(t *testing.T) *cluster {
	c := &cluster{}
	for _, hub := range madangtest.NewCluster(t, 2, madang.Config{}) {
		n := serve(t, hub, nil)
		n.io.On("join", func(s *socketio.Socket, e *socketio.Event) error {
			if err := s.Join(text(e)); err != nil {
				return err
			}
			return e.Ack()
		})
		n.io.On("done", func(_ *socketio.Socket, e *socketio.Event) error { return e.Ack() })
		c.nodes = append(c.nodes, n)
	}
	for i := range 4 {
		s, id := c.nodes[i/2].join(t)
		c.clients, c.ids = append(c.clients, s), append(c.ids, id)
	}
	return c
}

func (c *cluster) join(t *testing.T, room string, clients ...int) {
	t.Helper()
	for _, i := range clients {
		c.clients[i].Send(`420["join","` + room + `"]`)
		want(t, c.clients[i], "430[]")
	}
}

// heard emits "end" to everybody from the node that emitted before, and checks who heard what until then.
func (c *cluster) heard(t *testing.T, from *node, per ...[]string) {
	t.Helper()
	if err := from.io.Emit("end"); err != nil {
		t.Fatal(err)
	}
	for i, s := range c.clients {
		var got []string
		for p := s.Next(t); p != `42["end"]`; p = s.Next(t) {
			got = append(got, p)
		}
		// What goes to several rooms travels on another channel than what goes to one: no order between them.
		slices.Sort(got)
		slices.Sort(per[i])
		if !slices.Equal(got, per[i]) {
			t.Errorf("client %d heard %q, want %q", i, got, per[i])
		}
	}
}

func TestRoomsReachAcrossNodesEachSocketOnce(t *testing.T) {
	c := newCluster(t)
	c.join(t, "a", 0, 2)
	c.join(t, "b", 2, 3)
	n := c.nodes[0].io
	emit := func(b socketio.Broadcast, word string) {
		t.Helper()
		if err := b.Emit("w", word); err != nil {
			t.Fatal(err)
		}
	}
	emit(n.To("a"), "a")
	emit(n.To("a", "b"), "union")
	emit(n.To("a").In("b").Except("b"), "a-b")
	emit(n.To("a", "b").Except(c.ids[2]), "not 2")
	emit(n.Of("/").Except("a"), "outside a")
	emit(n.To(c.ids[3]), "only 3")
	emit(n.To(c.ids[1]), "only 1")
	emit(n.To("nobody"), "none")
	w := func(words ...string) (all []string) {
		for _, word := range words {
			all = append(all, `42["w","`+word+`"]`)
		}
		return all
	}
	// The emits above took two ways to the other node; asking is what makes sure that all of them have arrived.
	ctx, done := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer done()
	if _, err := n.Of("/").All().EmitWithAck(ctx, "settle"); err == nil {
		t.Fatal("somebody has answered")
	}
	for i, s := range c.clients {
		var got []string
		for p := s.Next(t); p[:3] != "420"; p = s.Next(t) {
			if p[:2] == "42" && p[2] != '[' {
				break
			}
			got = append(got, p)
		}
		slices.Sort(got)
		all := [][]string{
			w("a", "union", "a-b", "not 2"), w("outside a", "only 1"),
			w("a", "union"), w("union", "not 2", "outside a", "only 3"),
		}[i]
		slices.Sort(all)
		if !slices.Equal(got, all) {
			t.Errorf("client %d heard %q, want %q", i, got, all)
		}
	}
}

func TestASocketBroadcastsToOthersOnly(t *testing.T) {
	c := newCluster(t)
	c.join(t, "a", 0, 1, 2)
	for _, n := range c.nodes {
		n.io.On("tell", func(s *socketio.Socket, e *socketio.Event) error { return s.To("a").Emit("told", text(e)) })
	}
	c.clients[0].Send(`42["tell","hi"]`)
	for _, i := range []int{1, 2} {
		want(t, c.clients[i], `42["told","hi"]`)
	}
	c.heard(t, c.nodes[0], nil, nil, nil, nil)
}

func TestSocketsAreMovedFromAnotherNode(t *testing.T) {
	c := newCluster(t)
	n := c.nodes[0].io
	if err := n.To(c.ids[2]).SocketsJoin("x", "y"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "client 2 is in x", func() bool {
		return slices.Contains(c.nodes[1].io.Of("/").Socket(c.ids[2]).Rooms(), "y")
	})
	if err := n.To("x").Emit("moved"); err != nil {
		t.Fatal(err)
	}
	want(t, c.clients[2], `42["moved"]`)
	if err := n.To("x").SocketsLeave("x"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "client 2 has left x", func() bool {
		return !slices.Contains(c.nodes[1].io.Of("/").Socket(c.ids[2]).Rooms(), "x")
	})
	if err := n.To("y").DisconnectSockets(); err != nil {
		t.Fatal(err)
	}
	want(t, c.clients[2], "41")
	c.clients[3].Send(`420["done"]`)
	want(t, c.clients[3], "430[]") // the others stay
}

func TestAnswersOfSeveralNodesAreCollected(t *testing.T) {
	c := newCluster(t)
	c.join(t, "a", 0, 2, 3)
	got := make(chan []socketio.Reply, 1)
	go func() {
		replies, err := c.nodes[0].io.To("a").EmitWithAck(t.Context(), "how many")
		if err != nil {
			t.Error(err)
		}
		got <- replies
	}()
	for _, i := range []int{0, 2, 3} {
		id := ackID(t, c.clients[i].Next(t))
		c.clients[i].Send("43" + id + "[" + []string{"10", "", "12", "13"}[i] + "]")
	}
	sum := 0
	for _, r := range <-got {
		var n int
		if err := r.Bind(&n); err != nil {
			t.Fatal(err)
		}
		sum += n
		if i := slices.Index(c.ids, r.Socket); i != n-10 {
			t.Errorf("socket %d answered %d", i, n)
		}
	}
	if sum != 35 {
		t.Errorf("the answers add up to %d, want 35", sum)
	}
}

// ackID returns the acknowledgement id of an EVENT.
func ackID(t testing.TB, packet string) string {
	t.Helper()
	i := 2
	for i < len(packet) && packet[i] >= '0' && packet[i] <= '9' {
		i++
	}
	if i == 2 {
		t.Fatalf("%s wants no acknowledgement", packet)
	}
	return packet[2:i]
}

func TestVolatileEventsAreSkippedForWhoCannotTakeThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := start(t, nil)
		p := n.Poll(t, at, nil)
		p.Post(t, "40")
		p.Until(t, "40")
		if err := n.io.Emit("first"); err != nil { // nobody polls: from now on the client is not writable
			t.Fatal(err)
		}
		synctest.Wait()
		if err := n.io.Of("/").Volatile().Emit("lost"); err != nil {
			t.Fatal(err)
		}
		if err := n.io.Emit("last"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got := p.Packets(t); !slices.Equal(got, []string{`42["first"]`, `42["last"]`}) {
			t.Fatalf("polled %q", got)
		}
	})
}

func TestReservedNamesAreNotEmitted(t *testing.T) {
	n := start(t, nil)
	for _, name := range []string{"connect", "disconnect", "connect_error", "disconnecting", "newListener", "removeListener"} {
		if err := n.io.Emit(name); err == nil {
			t.Errorf("%s was emitted", name)
		}
	}
}
