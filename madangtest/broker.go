package madangtest

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"

	"madang"
)

// TestBroker checks what the comments of [madang.Broker] promise. setup makes the ground of one subtest (a server, a
// database, a key prefix nobody else uses) and returns what makes brokers that are nodes of it. The suite starts and
// closes them.
func TestBroker(t *testing.T, setup func(t *testing.T) (newNode func() madang.Broker)) {
	for _, c := range []struct {
		name string
		run  func(*testing.T, func() *node)
	}{
		{"Positions", testPositions},
		{"Order", testOrder},
		{"Batch", testBatch},
		{"Faithful", testFaithful},
		{"SubscribeThenPublish", testSubscribeThenPublish},
		{"Unsubscribe", testUnsubscribe},
		{"Apps", testApps},
		{"Close", testClose},
		{"History", testHistory},
		{"HistoryPages", testHistoryPages},
		{"HistoryAndDeliveries", testHistoryAndDeliveries},
		{"RetentionCount", testRetentionCount},
		{"RetentionAge", testRetentionAge},
		{"RetentionNone", testRetentionNone},
		{"PresenceHistory", testPresenceHistory},
		{"PresenceAge", testPresenceAge},
		{"Asides", testAsides},
		{"Lost", testLost},
		{"PresenceIsNotLost", testPresenceIsNotLost},
	} {
		t.Run(c.name, func(t *testing.T) {
			newBroker := setup(t)
			c.run(t, func() *node { return startNode(t, newBroker()) })
		})
	}
}

// A node is a broker and what it has delivered.
type node struct {
	madang.Broker
	t *testing.T

	mu  sync.Mutex
	got map[madang.Channel][]*madang.Event
}

func startNode(t *testing.T, b madang.Broker) *node {
	t.Helper()
	n := &node{Broker: b, t: t, got: map[madang.Channel][]*madang.Event{}}
	if err := b.Start(t.Context(), n); err != nil {
		t.Fatalf("start: %v", err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return n
}

// Receive implements [madang.Receiver].
func (n *node) Receive(e *madang.Event) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.got[e.Channel] = append(n.got[e.Channel], e)
}

// events returns what was delivered of a channel.
func (n *node) events(c madang.Channel) []*madang.Event {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]*madang.Event(nil), n.got[c]...)
}

// data returns the messages' data.
func data(es []*madang.Event) []string {
	out := make([]string, 0, len(es))
	for _, e := range es {
		out = append(out, string(e.Message.Data))
	}
	return out
}

// await waits for count deliveries of a channel and returns them.
func (n *node) await(c madang.Channel, count int) []*madang.Event {
	n.t.Helper()
	eventually(n.t, fmt.Sprintf("%d deliveries of %s", count, c), func() bool { return len(n.events(c)) >= count })
	return n.events(c)
}

func (n *node) subscribe(cs ...madang.Channel) {
	n.t.Helper()
	if err := n.Subscribe(context.Background(), cs...); err != nil {
		n.t.Fatalf("subscribe: %v", err)
	}
}

// publish publishes one message and returns its position.
func (n *node) publish(c madang.Channel, text string, keep madang.Retention) madang.Position {
	n.t.Helper()
	pos, err := n.Publish(context.Background(), []*madang.Event{message(c, text)}, keep)
	if err != nil || len(pos) != 1 {
		n.t.Fatalf("publish: %d positions, %v", len(pos), err)
	}
	return pos[0]
}

func message(c madang.Channel, text string) *madang.Event {
	m := &madang.Message{Channel: c, Name: "m", Type: madang.Text, Data: []byte(text)}
	return &madang.Event{Kind: madang.MessageEvent, Channel: c, Message: m}
}

func channel(name string) madang.Channel { return madang.Channel{App: "app", Name: name} }

// grows fails the test unless the positions are of one epoch and strictly grow.
func grows(t *testing.T, ps []madang.Position) {
	t.Helper()
	for i := 1; i < len(ps); i++ {
		if ps[i].Epoch != ps[0].Epoch || ps[i].Offset <= ps[i-1].Offset {
			t.Fatalf("position %d is %v, after %v", i, ps[i], ps[i-1])
		}
	}
}

func positions(es []*madang.Event) []madang.Position {
	out := make([]madang.Position, 0, len(es))
	for _, e := range es {
		out = append(out, e.Pos)
	}
	return out
}

func testPositions(t *testing.T, newNode func() *node) {
	n, c := newNode(), channel("positions")
	n.subscribe(c)
	var want []madang.Position
	for i := range 20 {
		want = append(want, n.publish(c, strconv.Itoa(i), madang.Retention{}))
	}
	grows(t, want)
	if want[0].Epoch == "" || want[0].Offset == 0 {
		t.Errorf("the first position is %v; a zero means none", want[0])
	}
	for i, e := range n.await(c, len(want)) {
		if e.Pos != want[i] || e.Message.Pos != want[i] {
			t.Errorf("delivery %d carries %v and %v, but Publish said %v", i, e.Pos, e.Message.Pos, want[i])
		}
	}
}

func testOrder(t *testing.T, newNode func() *node) {
	const publishers, each = 8, 60
	nodes := []*node{newNode(), newNode()}
	cs := []madang.Channel{channel("order1"), channel("order2")}
	for _, n := range nodes {
		n.subscribe(cs...)
	}
	var wg sync.WaitGroup
	for p := range publishers {
		wg.Go(func() {
			for i := range each {
				keep := madang.Retention{Count: 1 + (p+i)%3}
				_, err := nodes[p%2].Publish(context.Background(), []*madang.Event{message(cs[i%2], fmt.Sprint(p, i))}, keep)
				if err != nil {
					t.Errorf("publish: %v", err)
				}
			}
		})
	}
	wg.Wait()
	for _, c := range cs {
		first := nodes[0].await(c, publishers*each/2)
		second := nodes[1].await(c, publishers*each/2)
		grows(t, positions(first))
		grows(t, positions(second))
		if len(first) != publishers*each/2 || len(second) != len(first) {
			t.Fatalf("%s: %d and %d deliveries of %d", c, len(first), len(second), publishers*each/2)
		}
		next := map[string]int{}
		for i, text := range data(first) {
			if other := string(second[i].Message.Data); other != text {
				t.Fatalf("%s: the nodes disagree at %d: %q and %q", c, i, text, other)
			}
			var p string
			var k int
			if _, err := fmt.Sscan(text, &p, &k); err != nil {
				t.Fatalf("delivered %q", text)
			}
			if k < next[p] {
				t.Fatalf("%s: publisher %s: %d after %d", c, p, k, next[p])
			}
			next[p] = k
		}
	}
}

func testBatch(t *testing.T, newNode func() *node) {
	n := newNode()
	a, b := channel("batch1"), channel("batch2")
	n.subscribe(a, b)
	es := []*madang.Event{message(a, "1"), message(b, "2"), message(a, "3"), message(b, "4"), message(a, "5")}
	ps, err := n.Publish(context.Background(), es, madang.Retention{Count: 10})
	if err != nil || len(ps) != len(es) {
		t.Fatalf("publish: %d positions, %v", len(ps), err)
	}
	for c, want := range map[madang.Channel][]int{a: {0, 2, 4}, b: {1, 3}} {
		got := n.await(c, len(want))
		grows(t, positions(got))
		for i, k := range want {
			if string(got[i].Message.Data) != strconv.Itoa(k+1) || got[i].Pos != ps[k] {
				t.Errorf("%s: delivery %d is %q at %v, want %d at %v", c, i, got[i].Message.Data, got[i].Pos, k+1, ps[k])
			}
		}
	}
	if ps, err := n.Publish(context.Background(), nil, madang.Retention{}); err != nil || len(ps) != 0 {
		t.Errorf("nothing published: %v, %v", ps, err)
	}
}

func testSubscribeThenPublish(t *testing.T, newNode func() *node) {
	a, b := newNode(), newNode()
	for i := range 50 {
		c := channel("fresh" + strconv.Itoa(i))
		b.subscribe(c)
		a.publish(c, "x", madang.Retention{})
		if got := data(b.await(c, 1)); len(got) != 1 {
			t.Fatalf("%d deliveries of one message", len(got))
		}
	}
	c := channel("fresh0")
	b.subscribe(c) // again
	a.publish(c, "y", madang.Retention{})
	a.publish(c, "z", madang.Retention{})
	if got := data(b.await(c, 3)); fmt.Sprint(got) != "[x y z]" {
		t.Errorf("subscribed twice, delivered %q", got)
	}
}

func testApps(t *testing.T, newNode func() *node) {
	a, b := newNode(), newNode()
	// Pairs that a careless key would confuse.
	cs := []madang.Channel{
		{App: "a", Name: "room"}, {App: "b", Name: "room"}, {App: "", Name: "room"},
		{App: "a", Name: "b:c"}, {App: "a:b", Name: "c"}, {App: "a/b", Name: "c"}, {App: "a", Name: "b/c"},
		{App: "a", Name: "{b}"}, {App: "a", Name: "b*"}, {App: "a", Name: "bx"}, {App: "A", Name: "room"},
	}
	for _, c := range cs {
		b.subscribe(c)
	}
	for i, c := range cs {
		a.publish(c, strconv.Itoa(i), madang.Retention{Count: 5})
	}
	for i, c := range cs {
		if got := data(b.await(c, 1)); fmt.Sprint(got) != fmt.Sprintf("[%d]", i) {
			t.Errorf("%q: delivered %q, want %d alone", c, got, i)
		}
		page, err := a.History(context.Background(), c, madang.HistoryQuery{})
		if got := data(page.Events); err != nil || fmt.Sprint(got) != fmt.Sprintf("[%d]", i) {
			t.Errorf("%q: history %q, %v, want %d alone", c, got, err, i)
		}
	}
}
